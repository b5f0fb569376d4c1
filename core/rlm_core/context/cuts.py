"""Cuts: lists of `context` that lack something, until the program that was given them has been told.

Whoever prints a list reads its note. A program that goes through one, or counts it, sees nothing, so what
no program has printed is told at the end of its cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from rlm_core.wording import one_line, pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rlm_core.context.results import Results

P = ParamSpec("P")
R = TypeVar("R")
# A loop may get thousands of such lists; the first say it.
_MOST = 10
_CALL_CHARS = 100


@dataclass(slots=True)
class Cut:
    """A list that lacks something: in one sentence, and whether that was printed."""

    sentence: str
    told: bool = False


class Cuts:
    """The cut lists that one program was given and may not have been told of."""

    def __init__(self) -> None:
        self._cuts: dict[str, Cut] = {}
        self._further = 0

    def note(self, method: str, args: Sequence[Any], kwargs: Mapping[str, Any], found: object) -> None:
        """Notes what a method has returned, if it is a list that lacks something."""
        omitted = getattr(found, "omitted", 0)
        if omitted == 0 or not isinstance(found, list):
            return
        listed: Results[Any] = found  # type: ignore[assignment]  # nothing else knows what it omits
        given = ", ".join(
            [*map(_shown, args), *(f"{name}={_shown(value)}" for name, value in kwargs.items())]
        )
        of = "; there are more" if listed.total is None else f" of {listed.total:,}"
        sentence = f"{one_line(f'{method}({given})', _CALL_CHARS)} gave {len(listed):,}{of}."
        if sentence not in self._cuts and len(self._cuts) == _MOST:
            self._further += 1
            return
        listed.cut = self._cuts.setdefault(sentence, Cut(sentence))

    def untold(self) -> list[str]:
        """Returns a sentence for each list that was not printed, and forgets all of them."""
        sentences = [cut.sentence for cut in self._cuts.values() if not cut.told]
        if self._further:
            sentences.append(f"{pluralize(self._further, 'further list lacks', 'further lists lack')} some.")
        self._cuts, self._further = {}, 0
        return sentences


def noted(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Has a method note the lists that it returns."""

    @wraps(method)
    def noting(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        found = method(self, *args, **kwargs)
        self._cuts.note(method.__name__, args, kwargs, found)
        return found

    noting.notes_cuts = True  # type: ignore[attr-defined]  # which tells the guest's `context`
    return noting


def _shown(value: object) -> str:
    """An argument as it was given, or its type."""
    if isinstance(value, str):
        return repr(str.__str__(value)[:_CALL_CHARS])
    plain = isinstance(value, (int, float, bool, type(None), list, tuple))
    return repr(value) if plain else type(value).__name__
