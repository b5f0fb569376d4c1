"""`Context`, the variable `context`: models read its docstrings (`rlm_core.context.api_reference`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from rlm_core.context import grep as grepping
from rlm_core.context import overview
from rlm_core.context.call_paths import CallPathFinder
from rlm_core.context.changes import Changed, HistorySource, NoHistory, changed, diff
from rlm_core.context.code_slices import code
from rlm_core.context.commits import BlamedLine, Commit, blame, log
from rlm_core.context.constants import ConstantFolder
from rlm_core.context.coverage import Coverage, CoverageRecord
from rlm_core.context.cuts import Cuts, noted
from rlm_core.context.definitions import Definitions
from rlm_core.context.facts import facts
from rlm_core.context.find import DefinitionFinder, named
from rlm_core.context.globs import Glob, Globs
from rlm_core.context.go_methods import GoMethods
from rlm_core.context.hierarchy import Hierarchy
from rlm_core.context.implementers import Implementers
from rlm_core.context.imports import ImportGraph
from rlm_core.context.module_loader import ModuleLoader
from rlm_core.context.module_resolution.resolver import ModuleResolver
from rlm_core.context.paths import resolve_path
from rlm_core.context.ranking import Ranker
from rlm_core.context.references import ReferenceFinder
from rlm_core.context.results import DEFAULT_LIMIT, Counts, Results
from rlm_core.context.rows import (
    Callee,
    CallPath,
    Captured,
    Constant,
    File,
    Hit,
    Import,
    Ranked,
    Reference,
    Relation,
    Slice,
    Text,
)
from rlm_core.context.search.engine import SearchEngine
from rlm_core.context.slicing import Ref, Slicer
from rlm_core.context.syntax_query import CAPTURES, SyntaxQueries
from rlm_core.context.type_index import TypeIndex
from rlm_core.context.type_lookup import TypeLookup
from rlm_core.context.type_resolution.names import ModuleTargets
from rlm_core.context.type_resolution.resolver import TypeResolver
from rlm_core.errors import QueryError
from rlm_core.syntax.chunks import chunks
from rlm_core.syntax.registry import of_source
from rlm_core.syntax.symbols import Symbol
from rlm_core.workspace.line_endings import line_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from rlm_core.context.facts import Facts
    from rlm_core.context.module_loader import Stubs
    from rlm_core.workspace.snapshot import Masked, Skipped, Snapshot

P = ParamSpec("P")
T = TypeVar("T")
_NAME = re.compile(r"\s*[#~]?[\w$]+(?:(?:::|[.#]|\.#)[\w$~]+)*[?!]?(?:\(\)|/\d{1,3})?\s*\Z")
# Chunks are copies of text; a program that wants all of a large workspace has to go through it in parts.
MAX_CHUNKED_BYTES = 30_000_000


def _within_memory(method: Callable[P, T]) -> Callable[P, T]:
    """Says what to do where a search takes more memory than a program may use."""

    @wraps(method)
    def bounded(*args: P.args, **kwargs: P.kwargs) -> T:
        # Raised below, with no context: a traceback would keep alive what has filled the memory.
        with suppress(MemoryError):
            return method(*args, **kwargs)
        raise QueryError(
            f"{method.__name__} ran out of memory: narrow it (a longer name, a glob), drop variables that "
            "hold much, or raise sandbox.memory_mb (--memory-mb)."
        )

    return bounded


class Context:
    """A codebase at one instant, from path to text: `context[path]` is a plain str.

    Rows of lists have `.path .line`, `.text`, `.symbol` (qualified name), `.ref` ('path::symbol') where these
    make sense. A list with no `.note` is whole: do not search again by hand. Else the note says what it
    lacks, `.total` how many there are (None: not counted). Long ones are printed whole only with `limit=`,
    which most take. A glob is `*.py` (any depth), `src/*.py`, `src/**/*.ts`, a folder `src/`, a path, or a
    list of these; `!` takes away.
    """

    def __init__(self, snapshot: Snapshot, history: HistorySource | None = None) -> None:
        self._snapshot = snapshot
        self._history = history or NoHistory()
        self._cuts = Cuts()
        self._loader = ModuleLoader(self)
        self._globs = Globs(snapshot)
        self._seen = CoverageRecord(snapshot)
        self._search_engine = SearchEngine(snapshot, self._seen)
        self._definitions = Definitions(snapshot)
        self._slicer = Slicer(snapshot, self._definitions, self._seen)
        self._ranker = Ranker(snapshot, self._search_engine, self._definitions)
        self._definition_finder = DefinitionFinder(snapshot, self._search_engine, self._definitions)
        self._reference_finder = ReferenceFinder(snapshot, self._search_engine, self._definitions)
        self._import_graph = ImportGraph(snapshot, self._search_engine)
        self._syntax_queries = SyntaxQueries(snapshot, self._search_engine, self._definitions)
        index = TypeIndex(snapshot, self._search_engine)
        targets = ModuleTargets(ModuleResolver(snapshot))
        self._constant_folder = ConstantFolder(snapshot, self._search_engine, index, targets)
        resolver = TypeResolver(snapshot, index, targets)
        lookup = TypeLookup(snapshot, self._definition_finder, index, resolver)
        self._hierarchy = Hierarchy(snapshot, self._definitions, index, resolver, lookup)
        self._call_paths = CallPathFinder(
            snapshot, self._search_engine, self._definitions, self._definition_finder, self._hierarchy
        )
        go = GoMethods(snapshot, self._search_engine, index, self._hierarchy)
        self._implementers = Implementers(self._definitions, index, resolver, lookup, self._hierarchy, go)

    def __len__(self) -> int:
        return len(self._snapshot)

    def __iter__(self) -> Iterator[File]:
        return (File.of(self._snapshot, row) for row in range(len(self._snapshot)))

    def __contains__(self, path: object) -> bool:
        return path in self._snapshot

    def __getitem__(self, path: str) -> str:
        return self._seen.text(resolve_path(self._snapshot, path))

    def __repr__(self) -> str:
        return f"<context {self.id}: {self.facts}\nhelp(context) lists its methods>"

    @property
    def id(self) -> str:
        """Names this content."""
        return self._snapshot.id

    @cached_property
    def facts(self) -> Facts:
        """`.files .bytes .languages .folders`: numbers.

        Languages by name, top-level folders with the largest first.
        """
        return facts(self._snapshot)

    @property
    def skipped(self) -> Results[Skipped]:
        """Files left out: `.reason`."""
        return Results(self._snapshot.skipped)

    @property
    def masked(self) -> Results[Masked]:
        """Secrets hidden as `[secret: …]***`."""
        return Results(self._snapshot.masked)

    @property
    def coverage(self) -> Coverage:
        """`.files .searched .opened` so far."""
        return self._seen.coverage

    def files(self, glob: Glob | None = None) -> Results[File]:
        """Paths with `.size .lines .language`."""
        rows, note = self._rows(glob)
        return Results((File.of(self._snapshot, row) for row in rows), note)

    def tree(self, depth: int = 2) -> Text:
        """Folders with numbers of files and sizes."""
        return overview.tree(self._snapshot, depth)

    @noted
    def grep(
        self,
        regex: str,
        glob: Glob | None = None,
        limit: int | None = None,
        *,
        ignore_case: bool = False,
        context: int = 0,
        multiline: bool = False,
    ) -> Results[Hit]:
        """Matching lines: 200, 50 of a file; with a glob 2,000.

        Unless there is a limit. Also `.column`; with context=lines they are printed by file with the lines
        around, and have `.before .after .symbol`.
        """
        rows, note = self._rows(glob)
        query = grepping.GrepQuery.asked(
            regex, limit, context, ignore_case=ignore_case, multiline=multiline, everywhere=glob is None
        )
        found = _with_note(note, grepping.grep(self._snapshot, self._search_engine, rows, query))
        if context:
            found[:] = grepping.in_definitions(found, self._snapshot, self._definitions)
        return found

    def count(
        self, regex: str, glob: Glob | None = None, *, ignore_case: bool = False, multiline: bool = False
    ) -> Counts:
        """How many lines match, by path: a dict with `.total`."""
        rows, note = self._rows(glob)
        query = grepping.GrepQuery(regex, ignore_case, multiline)
        counts = grepping.count(self._snapshot, self._search_engine, rows, query)
        return Counts(counts.items(), f"{note} {counts.note}".strip())

    def show(self, *places: Ref | Iterable[Ref], around: int = 4) -> None:
        """Prints, numbered: 'a.py:10-40', 'b.c::f', 'a.py:88', rows, lists.

        By file, and windows that touch as one. Of a hit or 'a.py:88' the line is shown with those around
        it; what cannot be found is said in its place.
        """
        print(self.excerpts(*places, around=around))  # noqa: T201 - for whom it is

    def excerpts(self, *places: Ref | Iterable[Ref], around: int = 4) -> Text:
        """What show prints, as a string."""
        return self._slicer.excerpts(_flat(places), around)

    def lines(self, path: str, start: int, end: int) -> Slice:
        """Lines start to end, from 1."""
        return self._slicer.lines(path, start, end)

    def symbols(self, path: str) -> Results[Symbol]:
        """Definitions: `.name .kind .qualified_name .end_line .signature .children`.

        Kinds are LSP's: class, method, function, struct, field and so on. `.start_line` is that of the
        comment or attribute above, `.line` (or `.name_line`) where the name is.
        """
        return self._definitions.of(self._row(path))

    def outline(
        self,
        glob: Glob,
        depth: int = 2,
        max_chars: int = 20_000,
        kinds: str | Sequence[str] | None = None,
    ) -> Text:
        """Lines and signatures, as text; kinds='class'.

        Or a list of kinds. Values are shown for a single file only, those that follow on each other on one
        line.
        """
        rows, note = self._rows(glob)
        if not rows:
            return Text(note)
        wanted = [kinds] if isinstance(kinds, str) else kinds
        return overview.outline(self._snapshot, self._definitions, rows, depth, max_chars, wanted)

    @noted
    @_within_memory
    def find(self, name: str, kind: str | None = None, limit: int | None = None) -> Results[Symbol]:
        """Definitions: `get`, `Store.get`, `*Serializer`.

        Where there are none, those in other case or of similar names, which the note says.
        """
        found = self._definition_finder.find(name, kind, _or_default(limit))
        return _asked_for(limit, found)

    def slice(self, ref: Ref) -> Slice:
        """Text of 'a.py::C.f', 'a.py:88' (definition around), a row: a str.

        Also 'a.py:10-40', and any result. It has `.path .start_line .end_line .name_line .symbol`, and is
        numbered where it is printed or echoed. `.numbered` is that text: give it to a sub-model, so that it
        can cite.
        """
        return self._slicer.slice(ref)

    def enclosing(self, path: str, line: int) -> Symbol | None:
        """The innermost definition around it, or None."""
        return self._definitions.enclosing(self._row(path), line)

    @noted
    @_within_memory
    def references(self, name: str, glob: Glob | None = None, limit: int | None = None) -> Results[Reference]:
        """Where a name is written, with `.role`.

        It is one of definition, call, import, code, comment, string, text.
        """
        rows, note = self._rows(glob)
        return _asked_for(
            limit, _with_note(note, self._reference_finder.references(name, rows, _or_default(limit)))
        )

    @noted
    @_within_memory
    def callers(self, name: str, glob: Glob | None = None, limit: int | None = None) -> Results[Reference]:
        """Calls of a name; `.symbol` is the caller.

        By syntax: calls of any type's `get`.
        """
        rows, note = self._rows(glob)
        return _asked_for(
            limit, _with_note(note, self._reference_finder.callers(name, rows, _or_default(limit)))
        )

    def callees(self, ref: Ref) -> Results[Callee]:
        """What a definition calls: `.name .line .times`.

        Given by name or as for slice. By syntax: `find` tells where they may be defined. Also
        `.path .text`.
        """
        named = [] if isinstance(ref, Symbol) or ref in self else self._named(str(ref))
        found = self._reference_finder.callees(self.slice(named[0] if named else ref))
        others = ", ".join(f"{symbol.path}:{symbol.line}" for symbol in named[1:4])
        return _with_note(f"Also defined at {others}." if others else "", found)

    def imports(self, path: str) -> Results[Import]:
        """Its imports: `.module .target` (a path, "" where outside)."""
        return self._import_graph.imports(self._row(path))

    @noted
    @_within_memory
    def importers(self, path: str, glob: Glob | None = None, limit: int | None = None) -> Results[Import]:
        """Files that import it: `.module`."""
        rows, note = self._rows(glob)
        return _asked_for(
            limit, _with_note(note, self._import_graph.importers(self._row(path), rows, _or_default(limit)))
        )

    @noted
    def bases(self, cls: Ref) -> Results[Relation]:
        """Its bases: `.name .via`.

        As the class names them, each where it is defined, with `.qualified_name` and `.kind`.
        """
        return self._hierarchy.bases(cls)

    @noted
    @_within_memory
    def subclasses(self, cls: Ref, transitive: bool = True, limit: int = 5000) -> Results[Relation]:
        """Classes below it; `.via` is the base that each names.

        `cls` is 'path::Class', a name, or a result; transitive=False gives the direct ones.
        """
        return self._hierarchy.subclasses(cls, transitive=transitive, limit=limit)

    @noted
    def mro(self, cls: Ref) -> Results[Relation]:
        """It and its ancestors, in order of lookup."""
        return self._hierarchy.mro(cls)

    @noted
    @_within_memory
    def overrides(self, method: Ref, limit: int = 5000) -> Results[Relation]:
        """Definitions of 'Class.method' below it."""
        return self._hierarchy.overrides(method, limit)

    @noted
    @_within_memory
    def implementers(self, interface: Ref, limit: int = 5000) -> Results[Relation]:
        """Types that implement it.

        An interface or trait: in Go by its methods, elsewhere the types that say so.
        """
        return self._implementers.implementers(interface, limit)

    @noted
    @_within_memory
    def methods(self, cls: Ref) -> Results[Relation]:
        """All its methods; `.via` says from where.

        Inherited and promoted ones have there the type that they are from.
        """
        return self._implementers.methods(cls)

    @noted
    @_within_memory
    def call_paths(self, source: Ref, target: Ref, limit: int = 5) -> Results[CallPath]:
        """Shortest chains of calls: `.edges`, `.names`.

        By name, from one definition to another ('path::Class.method', a name, a result). Edges have `.path
        .line .caller .callee .kind .text`; kinds are call, passes, given, decorates, assigned (`.open = f`),
        listed (in a table), uses, contains.
        """
        return self._call_paths.call_paths(source, target, limit)

    @noted
    @_within_memory
    def constant(self, name: Ref, limit: int = 100) -> Results[Constant]:
        """What it is given: `.value`, or `.why` not.

        One result for each place outside of functions: `.path .line .expression .via`. Names in the
        expression are followed.
        """
        return self._constant_folder.constant(name, limit)

    def code(self, path: str) -> Slice:
        """A file without comments and strings.

        Blanks stand for them, so that each place keeps its line and column; quotes stay.
        """
        return code(self._snapshot, self._search_engine, self._row(path))

    @noted
    @_within_memory
    def query(self, glob: Glob, query: str, limit: int | None = None) -> Results[Captured]:
        """Captures of a tree-sitter query: `.name .text .path .line`.

        Also `.end_line .column .symbol .kind` (of the node) and `.match`: captures of one match have the same
        number. limit 1,000. query('src/**/*.py', '(class_definition name: (identifier) @name)').
        """
        rows, note = self._rows(glob)
        found = self._syntax_queries.query(rows, query, CAPTURES if limit is None else limit)
        return _asked_for(limit, _with_note(note, found))

    @noted
    def chunks(self, glob: Glob, max_chars: int = 50_000, overlap: int = 0) -> Results[Slice]:
        """Whole files as slices, cut between definitions.

        Joined, a file's slices give it back. With overlap each starts with up to that many characters of
        whole lines of the one before.
        """
        rows, note = self._rows(glob)
        cut: Results[Slice] = Results(note=note)
        left = MAX_CHUNKED_BYTES
        for number, row in enumerate(rows):
            left -= self._snapshot.lengths[row]
            if left < 0:
                cut.omitted = None
                cut.note = (
                    f"Stopped after {MAX_CHUNKED_BYTES // 10**6} MB, "
                    f"{len(rows) - number:,} files before the end."
                )
                break
            cut.extend(self._chunked(row, max_chars, overlap))
        return cut

    def changed(self, since: str = "HEAD") -> Results[Changed]:
        """Files that differ from a revision or earlier `context.id`: `.status`."""
        return changed(self._snapshot, self._history, since)

    def diff(self, path: str, since: str = "HEAD") -> Text:
        """Unified diff against either of these."""
        return diff(self._snapshot, self._history, path, since)

    @noted
    def log(self, path: str = "", limit: int = 50, rev: str = "") -> Results[Commit]:
        """Commits: `.commit .date .author .subject .files`.

        Of a file or folder, else of all, the latest first, with the rest of the message as `.body`. `.files`
        has the paths that each changed (a merge: those that it changed itself). A renamed file's log ends
        there; the note says what it was called.
        """
        rev = rev or self._revision
        found = log(self._history, path, rev, limit)
        if path and not found and not found.note:
            found.note = f"No commit up to {rev} changed {path}; is it called so, and committed?"
        return found

    @noted
    def blame(self, ref: Ref, start: int | None = None, end: int | None = None) -> Results[BlamedLine]:
        """Who wrote lines: `.line .commit .author .text`.

        Also `.date .subject`. `ref` is as for slice, or a path with the lines start to end. The file is
        blamed as it is committed at HEAD; the numbers are those of the context, and lines that are not
        committed as they are here have no `.commit`.
        """
        lines = self.slice(ref) if start is None else self.lines(str(ref), start, end or start)
        return blame(self._history, self._snapshot.text(lines.path), lines, self._revision)

    def rank(self, query: str, k: int = 10, glob: Glob | None = None, of: str = "files") -> Results[Ranked]:
        """Files by words that the code may use, best first.

        With of="definitions" functions, types and values, several of a file too. Compares words (BM25);
        give all of a report: its title and names count most. `.symbol` is the file's best definition and
        `.start_line .end_line` its lines, or its best passage's; `.line .text` have most of the words.
        """
        rows, note = self._rows(glob)
        if not rows:
            return Results(note=note)
        return _asked_for(k, self._ranker.rank(query, rows, k, of))

    def load(self, module: str, stubs: Stubs = None) -> ModuleType:
        """Runs the repository's own Python module.

        By name or path, with what it imports, in the sandbox: there is the standard library and no file.
        Where a ModuleNotFoundError names another (`.name`), `stubs=["numpy"]` puts in its place what has
        every name: as a decorator it changes nothing, as a base class it is empty, and where a value is
        needed it raises; `stubs={"requests": {"get": fake}}` gives one. `import` of others works then.
        """
        return self._loader.load(module, stubs)

    @property
    def _revision(self) -> str:
        return self._snapshot.revision or "HEAD"

    def _named(self, name: str) -> list[Symbol]:
        """Definitions of exactly this name."""
        found = self._definition_finder.find(name, None, DEFAULT_LIMIT) if _NAME.match(name) else []
        return list(filter(named(name), found))

    def _row(self, path: str) -> int:
        return self._snapshot.index(resolve_path(self._snapshot, path))

    def _rows(self, glob: Glob | None) -> tuple[Sequence[int], str]:
        """The rows of a glob, and a sentence when there are none."""
        rows = self._globs.rows(glob)
        return rows, "" if rows or glob is None else self._globs.no_match_note(glob)

    def _chunked(self, row: int, max_chars: int, overlap: int) -> Iterator[Slice]:
        path, source = self._snapshot.paths[row], self._snapshot.data(row)
        self._seen.opened(row)
        text = source.decode("utf-8", "surrogatepass")
        for chunk in chunks(text, of_source(path, source), max_chars, overlap):
            first = chunk.start_line + line_ends(chunk.text[: chunk.overlap])
            # What all of it is in, or what is going on where it starts.
            last = max(first, chunk.start_line + line_ends(chunk.text.rstrip()))
            inside = self._definitions.enclosing_block(row, first, last)
            before = self._definitions.enclosing_block(row, first - 1, first)
            around = [block for block in (inside, before) if block]
            block = min(around, key=lambda block: block.end_line - block.start_line, default=None)
            symbol = block.qualified_name if block else ""
            yield Slice.of(chunk.text, path, chunk.start_line, chunk.end_line, symbol)


def _flat(places: Iterable[Ref | Iterable[Ref]]) -> Iterator[Ref]:
    for place in places:
        if isinstance(place, Iterable) and not isinstance(place, str):
            yield from place
        else:
            yield place


def _or_default(limit: int | None) -> int:
    return DEFAULT_LIMIT if limit is None else limit


def _asked_for(limit: int | None, results: Results[T]) -> Results[T]:
    """A list that is printed whole where its length was asked for."""
    results.whole = limit is not None
    return results


def _with_note(note: str, results: Results[T]) -> Results[T]:
    results.note = f"{note} {results.note}".strip()
    return results
