"""Definitions of the workspace's files, parsed when they are asked for, in an LRU cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.lru import WeightedLru
from rlm_core.context.results import Results
from rlm_core.errors import ParseLimitError
from rlm_core.syntax.parsing import broken_lines
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.registry import of_source
from rlm_core.syntax.symbol_extraction import symbols, symbols_reaching_into
from rlm_core.syntax.symbols import BLOCKS, walk
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.query_matches import Span
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

# A symbol takes about 600 bytes.
_CACHED_SYMBOLS = 120_000
# Fewer lines that could not be parsed are said only where they are half of a file.
_MANY_LINES = 100


class Definitions:
    """Parsed files of one snapshot, the latest used ones kept."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._cache: WeightedLru[int, Results[Symbol]] = WeightedLru(_CACHED_SYMBOLS)
        self._failures: dict[int, str] = {}  # why a file was not parsed though its language can be
        self._broken: dict[int, str] = {}  # which part of a file could not be parsed

    def of(self, row: int) -> Results[Symbol]:
        """Returns the definitions of a file as a tree; the note says why there are none."""
        return self._cache.get(row, lambda: self._parse(row), lambda found: sum(1 for _ in walk(found)))

    def _parse(self, row: int) -> Results[Symbol]:
        path, source = self._snapshot.paths[row], self._snapshot.data(row)
        language = of_source(path, source)
        if language is None or not language.parsable:
            why = language.why_unparsed if language else "This kind of file is not parsed"
            return Results(note=f"{path}: {why}; grep, lines and chunks work.")
        try:
            found = symbols(source, language, path)
            broken = _broken_note(source, language, found)
            if broken:
                self._broken[row] = f"{path}: {broken}"
            return Results(found, self._broken.get(row, ""))
        except ParseLimitError as error:
            self._failures[row] = str(error)
            return Results(note=f"{path}: {error} grep, lines and chunks work.")

    def failure_note(self, rows: Iterable[int]) -> str:
        """Returns sentences on those of some files that `of` could not parse, or not most of them, if any."""
        rows = sorted(rows)
        failed = [row for row in rows if row in self._failures]
        broken = [row for row in rows if row in self._broken]
        notes: list[str] = []
        if failed:
            notes.append(
                f"{self._snapshot.paths[failed[0]]} could not be parsed: {self._failures[failed[0]]}"
            )
        if broken:
            notes.append(self._broken[broken[0]])
        if more := max(0, len(failed) - 1) + max(0, len(broken) - 1):
            notes.append(f"Nor could {pluralize(more, 'other file')}.")
        return " ".join(notes)

    def enclosing(self, row: int, line: int) -> Symbol | None:
        """Returns the innermost definition around a line, comment above included; None when outside."""
        return _innermost(self.of(row), line, line)

    def enclosing_block(self, row: int, first: int, last: int | None = None) -> Symbol | None:
        """Returns the innermost function, type or module around some lines; None when outside of all."""
        return _innermost(self.of(row), first, last or first, BLOCKS)

    def enclosing_blocks(self, row: int, lines: Sequence[int]) -> list[Symbol | None]:
        """Returns `enclosing_block` of each of some lines, ascending; for a few several times as fast."""
        tree = self.of(row) if row in self._cache else self._around(row, lines)
        return [_innermost(tree, line, line, BLOCKS) for line in lines]

    def _around(self, row: int, lines: Sequence[int]) -> Sequence[Symbol]:
        """The definitions around some lines of a file; all, if there is something to be said of it."""
        path, source = self._snapshot.paths[row], self._snapshot.data(row)
        language = of_source(path, source)
        if language is None or not language.parsable:
            return self.of(row)
        source = normalized(source)
        try:
            if _is_much(sum(map(len, broken_lines(source, language))), source):
                return self.of(row)  # which notes it
            return symbols_reaching_into(source, language, path, _spans(source, lines))
        except ParseLimitError:
            return self.of(row)


def _broken_note(source: bytes, language: Language, found: Iterable[Symbol]) -> str:
    """A sentence on what could not be parsed, if it is much."""
    broken = broken_lines(normalized(source), language) if language.content == "code" else []
    if not broken:
        return ""
    inside = {line for symbol in walk(found) for line in range(symbol.start_line, symbol.end_line + 1)}
    lost = [line for lines in broken for line in lines if line not in inside]
    if not _is_much(len(lost), source):
        return ""
    return (
        f"lines {min(lost)} to {max(lost)} could not be parsed as {language.name} in whole, "
        "so definitions in them may be missing; grep works."
    )


def _is_much(lines: int, source: bytes) -> bool:
    """Whether it is said of a text that so many lines of it could not be parsed."""
    return lines > 0 and (lines >= _MANY_LINES or 2 * lines >= source.count(b"\n") + 1)


def _spans(source: bytes, lines: Iterable[int]) -> list[Span]:
    """Where some lines, from 1, ascending, start and end as byte offsets."""
    found: list[Span] = []
    start, number = 0, 1
    for line in lines:
        if found and line < number:
            continue  # once more
        for _ in range(line - number):
            start = source.find(b"\n", start) + 1
        end = source.find(b"\n", start) + 1 or len(source)
        found.append((start, end))
        start, number = end, line + 1
    return found


def _innermost(
    tree: Iterable[Symbol], first: int, last: int, kinds: frozenset[str] = frozenset()
) -> Symbol | None:
    """The smallest definition around some lines; of those with the same lines the one inside the others."""
    found: Symbol | None = None
    for symbol in walk(tree):
        if symbol.start_line > first or last > symbol.end_line or (kinds and symbol.kind not in kinds):
            continue
        if found is None or _lines(symbol) < _lines(found) or _is_inside(symbol, found):
            found = symbol
    return found


def _lines(symbol: Symbol) -> int:
    return symbol.end_line - symbol.start_line


def _is_inside(inner: Symbol, outer: Symbol) -> bool:
    return _lines(inner) == _lines(outer) and any(symbol is inner for symbol in walk(outer.children))
