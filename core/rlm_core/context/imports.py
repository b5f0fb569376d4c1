"""Import graph (`context.imports`, `importers`): which files a file needs, and which need it."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING

from rlm_core.context.lru import WeightedLru
from rlm_core.context.module_resolution.resolver import SCRIPTS, ModuleResolver, expand_import_groups
from rlm_core.context.results import Results
from rlm_core.context.rows import Import
from rlm_core.context.search.patterns import linewise, literal
from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.calls_and_imports import INCLUDE_LANGUAGES, imports, knows_imports
from rlm_core.syntax.registry import detect, of_source
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rlm_core.context.module_resolution.resolver import Modules
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.syntax.calls_and_imports import ImportStatement
    from rlm_core.syntax.language import Language
    from rlm_core.workspace.snapshot import Snapshot

# An import takes about 300 bytes.
_CACHED_IMPORTS = 60_000
_FAMILIES = {**dict.fromkeys(SCRIPTS, SCRIPTS), **dict.fromkeys(INCLUDE_LANGUAGES, INCLUDE_LANGUAGES)}
# Languages that import each other's files in a way that is not known here.
_NOT_FOLLOWED = {"Java": frozenset({"Kotlin", "Scala", "Groovy"})}
# Where an import of a folder is one of every file in it.
_WITH_PACKAGES = frozenset({"Go", "Java"})
# Imports that a note shows.
_SHOWN = 3


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
        """Returns the imports by which other files import a file; the note says what was not followed.

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
        modules = self._resolver.of(language.name) if language and knows_imports(language) else None
        # Scripts import files of any kind: styles, data, pictures.
        name = language.name if language and modules else "TypeScript"
        search = _Search(name, modules or self._resolver.scripts)
        targets = {path}
        if search.language in _WITH_PACKAGES:
            targets.add(f"{posixpath.dirname(path) or '.'}/")
        found: list[Import] = []
        notes: list[str] = []
        more = False
        for candidate in self._candidates(path, search, rows):
            if len(found) >= limit:
                more = True
                notes.append(
                    f"Stopped at limit={limit}: files from {self._snapshot.paths[candidate]} on not searched."
                )
                break
            if candidate != row:
                items = self.imports(candidate)
                found.extend(item for item in items if item.target in targets)
                search.unresolved.extend(item for item in items if not item.target)
        if len(found) > limit:
            notes.insert(0, f"{len(found) - limit:,} more than limit={limit}.")
        notes += search.notes(path, found) if modules else [_unknown(language)]
        notes += self._unread_note()
        return Results(found[:limit], " ".join(notes), None if more else max(0, len(found) - limit))

    def _candidates(self, path: str, search: _Search, rows: Sequence[int]) -> Iterator[int]:
        """Files of the same family that may import one, ascending."""
        words, line, nameless, inside = search.modules.mentions(path)
        search.words = words
        patterns = [literal(word) for word in words]
        having: Iterable[int] = self._search_engine.rows_with_any(patterns, rows) if patterns else ()
        if search.language in INCLUDE_LANGUAGES:
            line = rf"^\s*#\s*(?:include|import)\s*[<\"](?:[^>\"]*/)?{re.escape(words[0])}[>\"]"
        if line:
            having = self._search_engine.verified_by_line(patterns[0], linewise(line), having)
        if nameless:
            near = [row for row in rows if self._snapshot.paths[row].startswith(inside)]
            having = sorted({*having, *self._search_engine.rows_with(linewise(nameless), near)})
        family = _FAMILIES.get(search.language, {search.language})
        for row in having:
            other = detect(self._snapshot.paths[row], self._search_engine.first_line(row))
            if other is not None and other.name in family:
                yield row
            elif other is not None and other.name in _NOT_FOLLOWED.get(search.language, ()):
                search.not_followed[other.name] += 1

    def _unread_note(self) -> list[str]:
        unread = self._resolver.unread
        files = [f"{path} ({why})" for path, why in sorted(unread.items())[:_SHOWN]]
        more = f" and {len(unread) - _SHOWN:,} more" if len(unread) > _SHOWN else ""
        return (
            [f"Names that project files give are not known from {', '.join(files)}{more}."] if files else []
        )

    def _imports(self, row: int) -> Results[Import]:
        path, source = self._snapshot.paths[row], self._search_engine.source(row)
        language = of_source(path, source)
        if language is None or not knows_imports(language):
            return Results(note=f"{path}: {_unknown(language)}")
        try:
            statements = imports(source, language)
        except ParseLimitError as error:
            return Results(note=f"{path}: {error} grep works.")
        if not statements:
            return Results(note=f"{path} imports nothing.")
        found: dict[tuple[int, str], Import] = {}
        for statement in statements:
            for module, target in self._resolved(language.name, path, statement):
                quoted = (
                    module[0] == module[-1] and module[0] in "'\"`" and language.name not in INCLUDE_LANGUAGES
                )
                shown = module[1:-1] if quoted else module
                found.setdefault((statement.line, shown), Import(path, statement.line, shown, target))
        followed = self._resolver.of(language.name) is not None
        notes = self._unread_note() if followed else [_unknown(language)]
        return Results(found.values(), " ".join(notes))

    def _resolved(self, language: str, path: str, statement: ImportStatement) -> Iterator[tuple[str, str]]:
        """The modules of a statement and what they mean."""
        modules = self._resolver.of(language)
        rest = not statement.names
        for name in statement.names:
            # What is taken from a Python package may be a module of it.
            joint = "" if statement.module.endswith(".") else "."
            inner = f"{statement.module}{joint}{name}"
            if modules is not None and (target := modules.resolve(path, inner)):
                yield inner, target
            else:
                rest = True
        if rest:
            for module in expand_import_groups(language, statement.module):
                yield module, modules.resolve(path, module, statement.inside) if modules is not None else ""


class _Search:
    """What a search for importers looks for, and what it could not follow.

    Attributes:
        language: whose imports are read.
        modules: its resolver.
        words: of which each import has one.
        unresolved: imports of which it is not known what they mean.
        not_followed: files that have one of the words, by a language whose imports are not known.
    """

    def __init__(self, language: str, modules: Modules) -> None:
        self.language = language
        self.modules = modules
        self.words: list[str] = []
        self.unresolved: list[Import] = []
        self.not_followed: Counter[str] = Counter()

    def notes(self, path: str, found: Sequence[Import]) -> list[str]:
        """Returns sentences on what may import a file besides what was found."""
        notes = [
            f"{pluralize(count, 'file')} in {name} may import it too: imports of {name} are not known."
            for name, count in self.not_followed.items()
        ]
        if found:
            return notes
        named = {*self.words, posixpath.basename(path).partition(".")[0]}
        may = [item for item in self.unresolved if named & set(re.split(r"[^\w-]+", item.module))]
        shown = ", ".join(f"{item.path}:{item.line} ({item.module})" for item in may[:_SHOWN])
        more = f" and {len(may) - _SHOWN:,} more" if len(may) > _SHOWN else ""
        if may:
            return [
                f"No import is known to lead to {path}; it is not known where these lead: {shown}{more}.",
                *notes,
            ]
        return [f"No import is known to lead to {path}.", *notes]


def _unknown(language: Language | None) -> str:
    if language is not None and language.name == "C#":
        return "C# imports namespaces, not files, so none is followed; grep for `namespace`."
    name = language.name if language is not None else "this kind of file"
    if language is not None and knows_imports(language):
        return f"It is not known to which files imports of {name} lead; grep works."
    return f"Imports of {name} are not known; grep works."
