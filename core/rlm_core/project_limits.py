"""What a project's file may do to settings: lower the limits that are marked so, and nothing else.

The mark stands at each field of the settings model, so a field that has none is not a project's to set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

_LOWERABLE = object()

# A limit that a project's file may lower, where None means that there is no limit.
Lowerable = Annotated[T, _LOWERABLE]


class Wish(NamedTuple):
    """A setting that a project's file wants to be another than it is.

    Attributes:
        keys: sections and key.
        wanted: what the file says.
        own: what it is without the file.
        verdict: `lowers` a limit, and nothing else is granted; it `raises` one; it is `foreign`, not a
            project's to set; or it would limit what is `uncounted`.
    """

    keys: tuple[str, ...]
    wanted: Any
    own: Any
    verdict: Literal["lowers", "raises", "foreign", "uncounted"]

    @property
    def name(self) -> str:
        """The setting as messages call it."""
        return ".".join(self.keys)


def wishes(asked: BaseModel, own: BaseModel, section: tuple[str, ...] = ()) -> Iterator[Wish]:
    """What a project's file asks for, in the order of the model.

    Args:
        asked: the settings that the file sets; its other fields do not count.
        own: the settings without the file.
        section: where in the settings the two stand.
    """
    for key, field in type(own).model_fields.items():
        if key not in asked.model_fields_set:
            continue
        keys, wanted, present = (*section, key), getattr(asked, key), getattr(own, key)
        if isinstance(present, BaseModel):
            yield from wishes(wanted, present, keys)
        elif wanted == present:
            continue
        elif _LOWERABLE not in field.metadata:
            yield Wish(keys, wanted, present, "foreign")
        else:
            lowers = present is None or wanted < present
            yield Wish(keys, wanted, present, "lowers" if lowers else "raises")


def denials(asked: Sequence[Wish], file: Path) -> Iterator[str]:
    """What to say about a file's wishes that are not granted.

    Values are not quoted: a file of the repository may say anything, and what is said here is believed.
    """
    raising = [f"{wish.name} stays {wish.own:,}" for wish in asked if wish.verdict == "raises"]
    if raising:
        yield f"{file} may lower limits, not raise them: {', '.join(raising)}. Your own rlm.toml may."
    foreign = [wish.name for wish in asked if wish.verdict == "foreign"]
    if foreign:
        yield (
            f"{file} sets what a project may not choose ({', '.join(foreign)}); it is ignored. If you want "
            "it, set it by a flag, in the environment or in your own rlm.toml (rlm-mcp doctor says where)."
        )
    if any(wish.verdict == "uncounted" for wish in asked):
        yield (
            f"{file} limits the cost, which is only counted with prices of your own ([model.prices] in your "
            "own rlm.toml); it is ignored."
        )
