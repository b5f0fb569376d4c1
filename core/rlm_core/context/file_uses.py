"""Uses in files: who uses a name in one, and what a definition uses; each file is parsed once.

Definitions and calls of a file are made one after the other, so that they share its syntax tree. What was
learned stays, as far as there is room.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from rlm_core.context.file_scopes import FileScopes
from rlm_core.context.lru import WeightedLru
from rlm_core.errors import ParseLimitError
from rlm_core.syntax.calls_and_imports import knows_calls
from rlm_core.syntax.name_uses import NameUses, call_starts, has_word, name_uses, uses_within
from rlm_core.syntax.registry import detect, of_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from rlm_core.context.call_nodes import Bounds
    from rlm_core.context.definitions import Definitions
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.syntax.language import Language
    from rlm_core.syntax.name_uses import NameUse
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

# A definition takes about 100 bytes besides itself, a call 60, a use 150.
_CACHED_SCOPES, _CACHED_CALLS, _CACHED_USES = 120_000, 1_000_000, 400_000
# A name, or the first and the last line of what uses any.
_Of = tuple[str, bool] | tuple[int, int]


class FileUses:
    """The uses of names in the files of one snapshot."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._definitions = definitions
        self._scopes: WeightedLru[int, FileScopes] = WeightedLru(_CACHED_SCOPES)
        self._called: WeightedLru[int, frozenset[int]] = WeightedLru(_CACHED_CALLS)
        self._uses: WeightedLru[tuple[int, _Of], NameUses] = WeightedLru(_CACHED_USES)

    @cached_property
    def rows(self) -> list[int]:
        """The files in whose languages calls are known, by their names."""
        paths, first_line = self._snapshot.paths, self._search_engine.first_line
        found: list[int] = []
        for row, path in enumerate(paths):
            language = detect(path, first_line(row))
            if language is not None and knows_calls(language):
                found.append(row)
        return found

    def scopes(self, row: int) -> FileScopes:
        """The definitions of a file by place and name."""
        return self._scopes.get(row, lambda: FileScopes(self._definitions.of(row)), len)

    def has_word(self, row: int, name: str) -> bool:
        """Whether a name stands in a file, and not only as a part of longer ones."""
        return has_word(self._search_engine.source(row), name)

    def unparsed(self, row: int) -> int:
        """Bytes that have to be parsed to know the uses in a file."""
        return 0 if row in self._called else self._snapshot.lengths[row]

    def of_name(self, row: int, name: str, bounds: Bounds, *, table: bool) -> list[NameUse]:
        """Returns the uses of a name in a file; any mention of a table."""
        return self._known(
            row,
            (name, table),
            lambda source, language, called: name_uses(source, language, called, name, table=table),
            bounds,
        )

    def in_definition(self, row: int, symbol: Symbol, bounds: Bounds) -> list[NameUse]:
        """Returns the uses of any names in a definition, from the line with its name on."""
        lines = symbol.line, symbol.end_line
        return self._known(
            row,
            lines,
            lambda source, language, called: uses_within(source, language, called, *lines),
            bounds,
        )

    def _known(
        self,
        row: int,
        key: _Of,
        find: Callable[[bytes, Language, frozenset[int]], NameUses],
        bounds: Bounds,
    ) -> list[NameUse]:
        try:
            uses = self._uses.get((row, key), lambda: self._find(row, find), lambda uses: len(uses.found))
        except ParseLimitError as error:
            bounds.failed.add(f"{self._snapshot.paths[row]} ({error})")
            return []
        if uses.cut:
            bounds.cut.add(self._snapshot.paths[row])
        return uses.found

    def _find(self, row: int, find: Callable[[bytes, Language, frozenset[int]], NameUses]) -> NameUses:
        source = self._search_engine.source(row)
        language = of_source(self._snapshot.paths[row], source)
        if language is None or not knows_calls(language):
            return NameUses([], cut=False)
        called = self._called.get(row, lambda: call_starts(source, language), len)
        uses = find(source, language, called)
        if uses.found:
            self.scopes(row)  # while the tree is there: whoever asks for uses asks who has them
        return uses
