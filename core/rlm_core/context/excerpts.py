"""Excerpts: numbered lines from several places, by file, as `context.show` and `grep(context=)` print them.

The path stands once above a file's windows, and windows that touch are one. Each has a heading with its
lines and what they are in; the number of a line that was asked for itself ends in a colon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_core.wording import comma_list, truncate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LINE_CHARS = 500
_SYMBOLS = 6


@dataclass(slots=True)
class Window:
    """Lines of a file that follow on each other.

    Attributes:
        first: the first one's number.
        last: the last one's.
        marked: numbers of lines that were asked for themselves.
        symbols: what was asked for, or what is around it, in names.
    """

    first: int
    last: int
    marked: set[int] = field(default_factory=set)
    symbols: list[str] = field(default_factory=list)


def merged(windows: Iterable[Window]) -> list[Window]:
    """Returns windows in order, as one where they touch."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.first, window.last)):
        if found and window.first <= found[-1].last + 1:
            found[-1].last = max(found[-1].last, window.last)
            found[-1].marked |= window.marked
            found[-1].symbols += [name for name in window.symbols if name not in found[-1].symbols]
        else:
            found.append(Window(window.first, window.last, set(window.marked), list(window.symbols)))
    return found


def section(path: str, windows: Iterable[Window], line: Callable[[int], str]) -> str:
    """Returns the windows of one file as text.

    Args:
        path: the file.
        windows: in order.
        line: gives a line of it by number.
    """
    parts = [path]
    for window in windows:
        lines = f"{window.first}-{window.last}" if window.last > window.first else f"{window.first}"
        parts.append(f"-- {lines} {comma_list(window.symbols, _SYMBOLS)}".rstrip())
        width = len(str(window.last))
        for number in range(window.first, window.last + 1):
            mark = ":" if number in window.marked else " " if window.marked else ""
            parts.append(f"{number:>{width}}{mark} {truncate(line(number), _LINE_CHARS)}".rstrip())
    return "\n".join(parts)


def of_lines(path: str, lines: Mapping[int, str], marked: Mapping[int, str]) -> str:
    """Returns lines of one file, by number, as text.

    Args:
        path: the file.
        lines: all that are shown.
        marked: those that were asked for, with the name of what each is in.
    """
    single = (
        Window(number, number, {number} if number in marked else set(), _named(marked.get(number, "")))
        for number in lines
    )
    return section(path, merged(single), lines.__getitem__)


def _named(symbol: str) -> list[str]:
    return [symbol] if symbol else []
