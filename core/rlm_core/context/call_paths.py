"""Call paths (`context.call_paths`): chains of calls by name between two definitions, shortest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.call_graph import MAX_FILES, CallGraph
from rlm_core.context.call_nodes import Bounds
from rlm_core.context.find import name_parts, named
from rlm_core.context.path_search import DefinedNames, PathSearch
from rlm_core.context.paths import is_test, resolve_path
from rlm_core.context.results import Results
from rlm_core.context.rows import CallEdge, CallPath, Relation
from rlm_core.errors import QueryError
from rlm_core.syntax.name_uses import MAX_PLACES
from rlm_core.syntax.symbols import CALLABLES, TYPES, Symbol, walk
from rlm_core.wording import comma_list, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.call_nodes import Edge
    from rlm_core.context.definitions import Definitions
    from rlm_core.context.find import DefinitionFinder
    from rlm_core.context.hierarchy import Hierarchy
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.slicing import Ref
    from rlm_core.workspace.snapshot import Snapshot

# What one search may take, of processor time and of memory; asked again it goes further, as what was parsed
# is known. A program's block has more time than this.
MAX_SECONDS = 15.0
PARSED_BYTES = 24_000_000
_MOST_FOUND = 200
_LISTED = 8


class CallPathFinder:
    """Finds chains of calls in one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        search_engine: SearchEngine,
        definitions: Definitions,
        finder: DefinitionFinder,
        hierarchy: Hierarchy,
    ) -> None:
        self._snapshot = snapshot
        self._definitions = definitions
        self._finder = finder
        self._graph = CallGraph(snapshot, search_engine, definitions, hierarchy)
        self._defined = DefinedNames(finder)

    def call_paths(self, first: Ref, last: Ref, limit: int) -> Results[CallPath]:
        """Returns the shortest chains from one definition to another.

        Raises:
            QueryError: there is no such definition, or the limit is below 1.
        """
        if limit < 1:
            raise QueryError("call_paths needs a limit of at least 1.")
        firsts, lasts = self._meant(first), self._meant(last)
        bounds = Bounds(
            PARSED_BYTES, MAX_SECONDS, tests=any(is_test(symbol.path) for symbol in [*firsts, *lasts])
        )
        search = PathSearch(self._graph, self._defined, bounds, firsts, lasts)
        chains = search.chains(limit)
        self._defined.find(edge.callee.name for edges in chains for edge in edges if edge.callee.path)
        found = [CallPath(tuple(map(self._shown, edges))) for edges in chains[:limit]]
        notes = [self._several(firsts), self._several(lasts), *self._notes(search, found)]
        known = not found or (search.complete and not chains[limit:])
        return Results(found, " ".join(note for note in notes if note), 0 if known else None)

    def _shown(self, edge: Edge) -> CallEdge:
        count = len(self._defined.of(edge.callee.name)) if edge.callee.path else 0
        path, text = self._snapshot.paths[edge.row], self._graph.text(edge.row, edge.line)
        return CallEdge(
            path, edge.line, edge.caller.qualified, edge.callee.qualified, edge.kind, text.strip(), count
        )

    def _meant(self, ref: Ref) -> list[Symbol]:
        """The definitions that are meant.

        Raises:
            QueryError: there is none.
        """
        if isinstance(ref, Symbol):
            return [ref]
        if isinstance(ref, Relation):
            text = f"{ref.path}::{ref.qualified_name}"
        elif isinstance(ref, str):
            text = ref.strip()
        else:
            raise QueryError("call_paths takes names, 'path::Class.method', or results that are definitions.")
        path, colons, name = text.partition("::")
        if colons and ("/" in path or path in self._snapshot):
            row = self._snapshot.index(resolve_path(self._snapshot, path))
            symbols: Iterable[Symbol] = walk(self._definitions.of(row))
        else:
            name = text
            symbols = self._finder.find(name, None, _MOST_FOUND) if name_parts(name) else []
        found = [symbol for symbol in filter(named(name), symbols) if symbol.kind in CALLABLES | TYPES]
        if not found:
            raise QueryError(
                f"No function, method or type {text!r} was found; find(name) tells what there is."
            )
        bodies = [symbol for symbol in found if not symbol.signature.endswith(";")] or found
        return [symbol for symbol in bodies if not is_test(symbol.path)] or bodies

    def _several(self, symbols: list[Symbol]) -> str:
        if len(symbols) < 2:
            return ""
        places = comma_list([f"{symbol.path}:{symbol.line}" for symbol in symbols], _LISTED)
        return f"{symbols[0].name} is defined {len(symbols)} times outside of tests, all are meant: {places}."

    def _notes(self, search: PathSearch, found: list[CallPath]) -> Iterator[str]:
        bounds = search.bounds
        if not found:
            yield (f"No chain of up to {search.cost} steps, doubtful ones counted more than once, was found.")
        if found and not search.shortest:
            yield "A shorter chain may be there."
        if bounds.spent:
            rest = [pluralize(len(bounds.files), "file")] if bounds.files else []
            rest += [pluralize(len(bounds.unsearched), "name")] if bounds.unsearched else []
            left_out = f", with {' and '.join(rest)} left out there" if rest else ""
            yield (
                f"Stopped after {MAX_SECONDS:.0f} s or {PARSED_BYTES // 10**6} MB, {search.cost} steps back "
                f"from the last{left_out}. Ask again to go further, as what was read is known, or name a "
                "definition between."
            )
        yield "By name: what is called through operators, properties or reflection is not seen."
        if not bounds.tests:
            yield "Calls in tests and examples were not followed."
        if bounds.common and (bounds.spent or not found):
            names = comma_list(sorted(bounds.common), _LISTED)
            yield f"These names are in over {MAX_FILES} files, and their calls were not followed: {names}."
        if bounds.cut:
            files = comma_list(sorted(bounds.cut), _LISTED)
            yield (
                f"Of a name at most {MAX_PLACES:,} places in a file were looked at, so not all in {files}."
            )
        if bounds.failed:
            yield f"Not parsed: {comma_list(sorted(bounds.failed), _LISTED)}."
