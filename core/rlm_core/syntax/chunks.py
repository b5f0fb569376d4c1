"""Cutting a text into pieces of bounded size, along its own joints."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from rlm_core.errors import QueryError
from rlm_core.syntax.parsing import TangledError
from rlm_core.syntax.symbols import symbols, walk
from rlm_core.workspace.lines import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.syntax.languages import Language

# Nested definitions deeper than this are cut like prose.
_MAX_DEPTH = 40
Range = tuple[int, int]


def chunks(text: str, language: Language | None, max_chars: int) -> list[str]:
    """Cuts a text into pieces that, joined, are the text.

    A piece ends between definitions; only a definition that is larger than a piece is itself cut:
    between the definitions inside it, then between paragraphs, then lines, then characters. Text
    without a grammar is cut like the inside of a definition.

    Args:
        text: any text.
        language: how to read it, if known.
        max_chars: length of the longest piece, at least 1.

    Raises:
        QueryError: `max_chars` is below 1.
    """
    if max_chars < 1:
        raise QueryError(f"max_chars must be at least 1, not {max_chars}.")
    if len(text) <= max_chars:
        return [text] if text else []
    return list(_Cutter(text, _definitions(text, language), max_chars).pieces())


def _definitions(text: str, language: Language | None) -> list[Range]:
    """Line ranges of all definitions (from 0, end exclusive), outer before inner."""
    if language is None or not language.parsable:
        return []
    try:
        tree = symbols(text.encode("utf-8", "surrogatepass"), language)
    except TangledError:
        return []
    ranges = {(symbol.start_line - 1, symbol.end_line) for symbol in walk(tree)}
    return sorted(ranges, key=lambda lines: (lines[0], -lines[1]))


class _Cutter:
    def __init__(self, text: str, definitions: list[Range], max_chars: int) -> None:
        self._text = text
        self._lines = split_lines(text, keepends=True)
        self._starts = list(accumulate(map(len, self._lines), initial=0))
        self._definitions = definitions
        self._max = max_chars

    def pieces(self) -> Iterator[str]:
        """Joins neighbouring parts as long as they fit."""
        start = end = 0
        for part_end in self._ends():
            if part_end - start > self._max:
                yield self._text[start:end]
                start = end
            end = part_end
        yield self._text[start:end]

    def _ends(self) -> Iterator[int]:
        """Where the text may be cut, in order, no two places further apart than a piece may be long."""
        for lines in self._split((0, len(self._lines)), self._definitions, _MAX_DEPTH):
            yield from self._line_ends(lines)

    def _size(self, lines: Range) -> int:
        return self._starts[lines[1]] - self._starts[lines[0]]

    def _split(self, lines: Range, definitions: list[Range], depth: int) -> Iterator[Range]:
        """Cuts lines at the definitions inside; what is still too large, deeper, then at paragraphs."""
        if self._size(lines) <= self._max:
            yield lines
            return
        inside = [found for found in definitions if found != lines] if depth else []
        if not inside:
            yield from self._paragraphs(lines)
            return
        for part, within in _segments(lines, inside):
            yield from self._split(part, within, depth - 1)

    def _paragraphs(self, lines: Range) -> Iterator[Range]:
        """Groups of lines that end with the blank lines after them."""
        start = lines[0]
        for number in range(lines[0] + 1, lines[1]):
            if self._lines[number].strip() and not self._lines[number - 1].strip():
                yield start, number
                start = number
        yield start, lines[1]

    def _line_ends(self, lines: Range) -> Iterator[int]:
        if self._size(lines) <= self._max:
            yield self._starts[lines[1]]
            return
        for number in range(*lines):
            start, end = self._starts[number], self._starts[number + 1]
            while end - start > self._max:
                start += self._max
                # Between \r and \n there is no place to cut, unless nothing longer is allowed.
                if self._max > 1 and self._text[start - 1 : start + 1] == "\r\n":
                    start -= 1
                yield start
            yield end


def _segments(lines: Range, definitions: Iterable[Range]) -> Iterator[tuple[Range, list[Range]]]:
    """Cuts lines into gaps and outermost definitions, each with the definitions inside it.

    Definitions that share a line are one segment.
    """
    at = lines[0]
    outer: Range | None = None
    within: list[Range] = []
    for start, stop in definitions:
        if outer is not None and start < outer[1]:
            outer = (outer[0], max(outer[1], stop))
            within.append((start, stop))
            continue
        if outer is not None:
            yield outer, within
            at = outer[1]
        if at < start:
            yield (at, start), []
        outer, within = (start, stop), []
    if outer is not None:
        yield outer, within
        at = outer[1]
    if at < lines[1]:
        yield (at, lines[1]), []
