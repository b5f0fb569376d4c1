"""Results of `context`: lists that print a row a line and say what they lack, and counts by file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar, overload

from rlm_core.context import excerpts
from rlm_core.context.rows import Hit, Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rlm_core.context.cuts import Cut

T = TypeVar("T")
# What is printed of a list whose length nobody has asked for: how it begins and, a quarter, how it ends.
SHOWN_ITEMS = 60
SHOWN_CHARS = 8000
# How many items a list has where no limit is given.
DEFAULT_LIMIT = 200


class Results(list[T], Generic[T]):
    """A list that prints one item per line and says what it does not contain.

    Attributes:
        note: sentences about what was cut, capped, skipped or guessed; empty when nothing was.
        omitted: how many more items there are; None where there are more and nobody has counted them.
        whole: all items are printed, since their number was asked for; else how the list begins and ends.
        cut: what a program is still to be told about a list that it was given.
    """

    def __init__(
        self, items: Iterable[T] = (), note: str = "", omitted: int | None = 0, *, whole: bool = False
    ) -> None:
        super().__init__(items)
        self.note = note
        self.omitted = omitted
        self.whole = whole
        self.cut: Cut | None = None

    @property
    def total(self) -> int | None:
        """How many items there are with those left out; None where nobody has counted."""
        return None if self.omitted is None else len(self) + self.omitted

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "cut": None}

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, key: slice, /) -> Results[T]: ...
    def __getitem__(self, key: SupportsIndex | slice, /) -> T | Results[T]:
        if isinstance(key, slice):
            part = Results(super().__getitem__(key), self.note, whole=key.stop is not None)
            part.omitted = None if self.omitted is None else self.omitted + len(self) - len(part)
            part.cut = self.cut
            return part
        return super().__getitem__(key)

    def __repr__(self) -> str:
        if self.cut is not None:
            self.cut.told = True
        if self and all(isinstance(item, Hit) and item.before + item.after for item in self):
            lines = self._grouped()
        else:
            lines = [_line(item) for item in self] if self.whole else self._ends()
        if not self:
            lines.append("(nothing)")
        if self.note:
            lines.append(f"({self.note})")
        return "\n".join(lines)

    __str__ = __repr__

    def _grouped(self) -> list[str]:
        """Hits with the lines around them: by file, and as many as fit."""
        hits: list[Any] = list(self) if self.whole else self[:SHOWN_ITEMS]
        while not self.whole and len(hits) > 1 and sum(map(len, _in_files(hits))) > SHOWN_CHARS:
            hits = hits[: len(hits) * 3 // 4]
        more = len(self) - len(hits)
        return [*_in_files(hits), *([f"… {more:,} more, which are [{len(hits)}:]"] if more else [])]

    def _ends(self) -> list[str]:
        """The first and the last items as lines, and between them which are not shown."""
        most = min(len(self), SHOWN_ITEMS)
        first = _fitting((self[at] for at in range(most)), SHOWN_CHARS)
        if len(first) == len(self):
            return first
        first = _fitting((self[at] for at in range(SHOWN_ITEMS * 3 // 4)), SHOWN_CHARS * 3 // 4)
        left = min(len(self) - len(first), SHOWN_ITEMS // 4)
        last = _fitting((self[-at] for at in range(1, left + 1)), SHOWN_CHARS // 4)
        start, end = len(first), len(self) - len(last)
        return [*first, f"… {end - start:,} more, which are [{start}:{end}] …", *reversed(last)]


def _in_files(hits: Iterable[Hit]) -> list[str]:
    """Hits with the lines around them, by file."""
    lines: dict[str, dict[int, str]] = {}
    marked: dict[str, dict[int, str]] = {}
    for hit in hits:
        lines.setdefault(hit.path, {}).update(hit.around)
        marked.setdefault(hit.path, {})[hit.line] = hit.symbol
    return [excerpts.of_lines(path, lines[path], marked[path]) for path in lines]


def _line(item: object) -> str:
    """An item of a list on one line."""
    return item.header if isinstance(item, Slice) else repr(item)


def _fitting(items: Iterable[object], room: int) -> list[str]:
    """As many items as fit, at least one."""
    lines: list[str] = []
    for item in items:
        line = _line(item)
        room -= len(line) + 1
        if room < 0 and lines:
            break
        lines.append(line)
    return lines


class Counts(dict[str, int]):
    """How many there are of something in each file that has any; prints the most first.

    Attributes:
        note: sentences about what was not counted; empty when all was.
    """

    def __init__(self, counts: Iterable[tuple[str, int]] = (), note: str = "") -> None:
        super().__init__(counts)
        self.note = note

    @property
    def total(self) -> int:
        """The sum."""
        return sum(self.values())

    def __repr__(self) -> str:
        ordered = sorted(self.items(), key=lambda item: (-item[1], item[0]))
        lines = [f"{count:,} {path}" for path, count in ordered[:SHOWN_ITEMS]]
        files = "1 file" if len(self) == 1 else f"{len(self):,} files"
        return "\n".join((f"{self.total:,} in {files}", *lines, *self._unshown(ordered[SHOWN_ITEMS:])))

    __str__ = __repr__

    def _unshown(self, rest: Sequence[tuple[str, int]]) -> list[str]:
        more = f"… {sum(count for _, count in rest):,} in {len(rest):,} further files"
        return [*([more] if rest else []), *([f"({self.note})"] if self.note else [])]
