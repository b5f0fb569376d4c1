"""Import graph (`context.imports`, `importers`): which files a file needs, and which need it."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from rlm_core.context.lru import WeightedLru
from rlm_core.context.module_resolution import ModuleResolver, expand_import_groups
from rlm_core.context.results import Import, Results
from rlm_core.context.search.patterns import linewise, literal
from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.calls_and_imports import INCLUDE_LANGUAGES, imports
from rlm_core.syntax.registry import LANGUAGES, detect, of_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.syntax.calls_and_imports import ImportStatement
    from rlm_core.syntax.language import Language
    from rlm_core.workspace.snapshot import Snapshot

# An import takes about 300 bytes.
_CACHED_IMPORTS = 60_000
_SCRIPT = frozenset({"JavaScript", "TypeScript", "TSX"})
_FAMILIES = {**dict.fromkeys(_SCRIPT, _SCRIPT), **dict.fromkeys(INCLUDE_LANGUAGES, INCLUDE_LANGUAGES)}
# Where an import of a folder is one of every file in it.
_WITH_PACKAGES = frozenset({"Go", "Java"})
_C_SHARP = next(language for language in LANGUAGES if language.name == "C#")


class ImportGraph:
    """Follows the imports of one snapshot."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._resolver = ModuleResolver(snapshot)
        self._cache: WeightedLru[int, Results[Import]] = WeightedLru(_CACHED_IMPORTS)

    def imports(self, row: int) -> Results[Import]:
        """Returns the modules that a file imports, in order; the note says why there are none."""
        return self._cache.get(row, lambda: self._imports(row), len)

    def importers(self, row: int, rows: Sequence[int], limit: int) -> Results[Import]:
        """Returns the imports by which other files import a file.

        Args:
            row: the file that is imported.
            rows: where to search, ascending.
            limit: most imports.

        Raises:
            QueryError: the limit is below 1.
        """
        if limit < 1:
            raise QueryError("importers needs a limit of at least 1.")
        path = self._snapshot.paths[row]
        language = detect(path, self._search_engine.first_line(row))
        if language is None or not language.parsable or language.uses_query is None or language is _C_SHARP:
            return Results(note=f"{path}: {_unknown(language)}")
        targets = {path}
        if language.name in _WITH_PACKAGES:
            targets.add(f"{posixpath.dirname(path) or '.'}/")
        found: list[Import] = []
        note = ""
        for candidate in self._candidates(path, language, rows):
            if len(found) >= limit:
                note = (
                    f"Stopped at limit={limit}: files from {self._snapshot.paths[candidate]} on not searched."
                )
                break
            if candidate != row:
                found.extend(item for item in self.imports(candidate) if item.target in targets)
        if len(found) > limit:
            note = f"{len(found) - limit:,} more than limit={limit}. {note}".rstrip()
        return Results(found[:limit], note, max(0, len(found) - limit))

    def _candidates(self, path: str, language: Language, rows: Sequence[int]) -> Iterator[int]:
        """Files of the same language that may import one, ascending."""
        names, inside = self._resolver.import_words(language.name, path)
        words = [literal(name) for name in names if name]
        having: Iterable[int] = self._search_engine.rows_with_any(words, rows)
        if language.name in INCLUDE_LANGUAGES:
            line = rf"^\s*#\s*(?:include|import)\s*[<\"](?:[^>\"]*/)?{re.escape(names[0])}[>\"]"
            having = self._search_engine.verified_by_line(words[0], linewise(line), having)
        if inside is not None:
            paths = self._snapshot.paths
            having = sorted({*having, *(row for row in rows if paths[row].startswith(inside))})
        family = _FAMILIES.get(language.name, {language.name})
        for row in having:
            other = detect(self._snapshot.paths[row], self._search_engine.first_line(row))
            if other is not None and other.name in family:
                yield row

    def _imports(self, row: int) -> Results[Import]:
        path, source = self._snapshot.paths[row], self._search_engine.source(row)
        language = of_source(path, source)
        if language is None or not language.parsable or language.uses_query is None:
            return Results(note=f"{path}: {_unknown(language)}")
        try:
            statements = imports(source, language)
        except ParseLimitError as error:
            return Results(note=f"{path}: {error} grep works.")
        found: dict[tuple[int, str], Import] = {}
        for statement in statements:
            for module, target in self._resolved(language.name, path, statement):
                quoted = (
                    module[0] == module[-1] and module[0] in "'\"`" and language.name not in INCLUDE_LANGUAGES
                )
                shown = module[1:-1] if quoted else module
                found.setdefault((statement.line, shown), Import(path, statement.line, shown, target))
        return Results(found.values(), _unknown(language) if language is _C_SHARP and found else "")

    def _resolved(self, language: str, path: str, statement: ImportStatement) -> Iterator[tuple[str, str]]:
        """The modules of a statement and what they mean."""
        rest = not statement.names
        for name in statement.names:
            # What is taken from a Python package may be a module of it.
            joint = "" if statement.module.endswith(".") else "."
            inner = f"{statement.module}{joint}{name}"
            if target := self._resolver.resolve(language, path, inner):
                yield inner, target
            else:
                rest = True
        if rest:
            for module in expand_import_groups(language, statement.module):
                yield module, self._resolver.resolve(language, path, module)


def _unknown(language: Language | None) -> str:
    if language is _C_SHARP:
        return "C# imports namespaces, not files, so none is followed; grep for `namespace`."
    return f"Imports of {language.name if language else 'this kind of file'} are not known; grep works."
