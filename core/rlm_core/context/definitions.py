"""Definitions of the workspace's files, parsed when they are asked for, in an LRU cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.lru import WeightedLru
from rlm_core.context.results import Results
from rlm_core.errors import ParseLimitError
from rlm_core.syntax.registry import of_source
from rlm_core.syntax.symbol_extraction import symbols
from rlm_core.syntax.symbols import BLOCKS, walk
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

# A symbol takes about 600 bytes.
_CACHED_SYMBOLS = 120_000


class Definitions:
    """Parsed files of one snapshot, the latest used ones kept."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._cache: WeightedLru[int, Results[Symbol]] = WeightedLru(_CACHED_SYMBOLS)
        self._failures: dict[int, str] = {}  # why a file was not parsed though its language can be

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
            return Results(symbols(source, language, path))
        except ParseLimitError as error:
            self._failures[row] = str(error)
            return Results(note=f"{path}: {error} grep, lines and chunks work.")

    def failure_note(self, rows: Iterable[int]) -> str:
        """Returns a sentence on those of some files that `of` could not parse within bounds, if any."""
        failed = sorted(row for row in rows if row in self._failures)
        if not failed:
            return ""
        note = f"{self._snapshot.paths[failed[0]]} could not be parsed: {self._failures[failed[0]]}"
        more = len(failed) - 1
        return f"{note} Nor could {pluralize(more, 'other file')}." if more else note

    def enclosing(self, row: int, line: int) -> Symbol | None:
        """Returns the innermost definition around a line, comment above included; None when outside."""
        return _innermost(self.of(row), line, line)

    def enclosing_block(self, row: int, first: int, last: int | None = None) -> Symbol | None:
        """Returns the innermost function, type or module around some lines; None when outside of all."""
        return _innermost(self.of(row), first, last or first, BLOCKS)


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
