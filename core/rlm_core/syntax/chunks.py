"""Chunking: a text in pieces of bounded size, cut along its own joints."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.symbol_extraction import symbols
from rlm_core.syntax.symbols import walk
from rlm_core.workspace.line_endings import line_ends, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.syntax.language import Language

# Nested definitions deeper than this are cut like prose.
_MAX_DEPTH = 40
LineRange = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text.

    Attributes:
        text: it, with the overlap in front.
        start_line: line of its first character, from 1; of the overlap where there is one.
        end_line: line of its last character.
        overlap: how many characters in front are those at the end of the piece before.
    """

    text: str
    start_line: int
    end_line: int
    overlap: int = 0


def chunks(text: str, language: Language | None, max_chars: int, overlap: int = 0) -> list[Chunk]:
    """Cuts a text into pieces that, joined without their overlaps, are the text.

    A piece ends between definitions; only a definition that is larger than a piece is itself cut:
    between the definitions inside it, then between paragraphs, then lines, then characters. Text
    without a grammar is cut like the inside of a definition.

    Args:
        text: any text.
        language: how to read it, if known.
        max_chars: length of the longest piece, overlap included; at least 1.
        overlap: most characters of the piece before that a piece starts with: whole lines, as many as fit,
            and none where a line was cut.

    Raises:
        QueryError: `max_chars` is below 1, or `overlap` is negative or leaves no room for anything else.
    """
    if max_chars < 1:
        raise QueryError(f"max_chars must be at least 1, not {max_chars}.")
    if not 0 <= overlap < max_chars:
        raise QueryError(f"overlap must be at least 0 and below max_chars={max_chars}, not {overlap}.")
    if len(text) <= max_chars:
        pieces: Iterable[str] = [text] if text else []
    else:
        pieces = _Chunker(text, _definitions(text, language), max_chars - overlap).pieces()
    return list(_with_overlap(pieces, overlap))


def _with_overlap(pieces: Iterable[str], overlap: int) -> Iterator[Chunk]:
    """Puts the end of each piece in front of the next, and counts lines."""
    line = 1
    before = ""
    whole: list[str] = []  # the lines of the piece before that are not cut
    at_start = True
    for piece in pieces:
        if before.endswith("\r") and piece.startswith("\n"):
            line, whole, at_start = line - 1, [], False  # one line end, cut in two
        kept = _last_lines(whole, overlap)
        breaks = line_ends(piece)
        at_end = piece.endswith(("\n", "\r"))
        yield Chunk(kept + piece, line - line_ends(kept), line + breaks - at_end, len(kept))
        line += breaks
        lines = split_lines(piece, keepends=True)
        whole = lines[0 if at_start else 1 :] if at_end else []
        before, at_start = piece, at_end


def _last_lines(lines: list[str], max_chars: int) -> str:
    """As many of the last lines as fit."""
    start = len(lines)
    while start and len(lines[start - 1]) <= max_chars:
        start -= 1
        max_chars -= len(lines[start])
    return "".join(lines[start:])


def _definitions(text: str, language: Language | None) -> list[LineRange]:
    """Line ranges of all definitions (from 0, end exclusive), outer before inner."""
    if language is None or not language.parsable:
        return []
    try:
        tree = symbols(text.encode("utf-8", "surrogatepass"), language)
    except ParseLimitError:
        return []
    ranges = {(symbol.start_line - 1, symbol.end_line) for symbol in walk(tree)}
    return sorted(ranges, key=lambda lines: (lines[0], -lines[1]))


class _Chunker:
    def __init__(self, text: str, definitions: list[LineRange], max_chars: int) -> None:
        self._text = text
        self._lines = split_lines(text, keepends=True)
        self._starts = list(accumulate(map(len, self._lines), initial=0))
        self._definitions = definitions
        self._max = max_chars

    def pieces(self) -> Iterator[str]:
        """Joins neighbouring parts as long as they fit."""
        start = end = 0
        for part_end in self._cut_points():
            if part_end - start > self._max:
                yield self._text[start:end]
                start = end
            end = part_end
        yield self._text[start:end]

    def _cut_points(self) -> Iterator[int]:
        """Where the text may be cut, in order, no two places further apart than a piece may be long."""
        for lines in self._split((0, len(self._lines)), self._definitions, _MAX_DEPTH):
            yield from self._line_ends(lines)

    def _size(self, lines: LineRange) -> int:
        return self._starts[lines[1]] - self._starts[lines[0]]

    def _split(self, lines: LineRange, definitions: list[LineRange], depth: int) -> Iterator[LineRange]:
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

    def _paragraphs(self, lines: LineRange) -> Iterator[LineRange]:
        """Groups of lines that end with the blank lines after them."""
        start = lines[0]
        for number in range(lines[0] + 1, lines[1]):
            if self._lines[number].strip() and not self._lines[number - 1].strip():
                yield start, number
                start = number
        yield start, lines[1]

    def _line_ends(self, lines: LineRange) -> Iterator[int]:
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


def _segments(
    lines: LineRange, definitions: Iterable[LineRange]
) -> Iterator[tuple[LineRange, list[LineRange]]]:
    """Cuts lines into gaps and outermost definitions, each with the definitions inside it.

    Definitions that share a line are one segment.
    """
    at = lines[0]
    outer: LineRange | None = None
    within: list[LineRange] = []
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
