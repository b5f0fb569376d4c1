"""Call paths (`context.call_paths`): chains of calls by name from one definition to another, shortest first.

Searched from both ends (bidirectional breadth-first search): what the first calls is in few files, and who
calls the last is found by its name.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_core.context.call_graph import CONSTRUCTORS, MAX_FILES, Bounds, CallGraph, Edge, Node, is_test
from rlm_core.context.find import name_parts, named
from rlm_core.context.paths import resolve_path
from rlm_core.context.results import CallEdge, CallPath, Relation, Results
from rlm_core.errors import QueryError
from rlm_core.syntax.symbols import CALLABLES, TYPES, Symbol, walk
from rlm_core.wording import comma_list, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.find import DefinitionFinder
    from rlm_core.context.hierarchy import Hierarchy
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.slicing import Ref
    from rlm_core.syntax.name_uses import NameUse
    from rlm_core.workspace.snapshot import Snapshot

# About four seconds of parsing; asked again, a search goes further, as what was parsed is known.
PARSED_BYTES = 12_000_000
# What a chain may cost: a step costs one, and up to four where what it means is doubtful.
MAX_COST = 14
_MOST_NODES = 20_000
# Names of what the first definition calls: those defined more often, or more names, are only followed back.
_MOST_NAMES, _MOST_DEFINITIONS = 60, 6
_MOST_FOUND = 200
# By how many edges of one length a node is reached at most.
_MOST_EDGES = 5
_FORWARD = {"call": "call", "argument": "passes", "assignment": "assigned"}
_LISTED = 8

_Use = tuple[int, "NameUse", Symbol]


@dataclass(slots=True)
class _Search:
    """Both ends of a search.

    Attributes:
        bounds: what may still be parsed.
        behind: for each node that leads to the last, the edges by which it does, all at one cost.
        cost: that cost.
        expanded: those of which it is known what leads to them.
        before: for each definition that the first leads to, the edge by which it does; none for the first.
        uses: what these call or pass on.
    """

    bounds: Bounds
    behind: dict[Node, list[Edge]] = field(default_factory=dict)
    cost: dict[Node, int] = field(default_factory=dict)
    expanded: set[Node] = field(default_factory=set)
    before: dict[Node, Edge | None] = field(default_factory=dict)
    uses: list[tuple[Node, _Use]] = field(default_factory=list)


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
        self._by_name: dict[str, list[Symbol]] = {}

    def call_paths(self, first: Ref, last: Ref, limit: int) -> Results[CallPath]:
        """Returns the shortest chains from one definition to another.

        Raises:
            QueryError: there is no such definition, or the limit is below 1.
        """
        if limit < 1:
            raise QueryError("call_paths needs a limit of at least 1.")
        firsts, lasts = self._meant(first), self._meant(last)
        ends = [*firsts, *lasts]
        search = _Search(Bounds(PARSED_BYTES, tests=any(is_test(symbol.path) for symbol in ends)))
        for symbol in lasts:
            search.behind[self._graph.node(symbol)] = []
            search.cost[self._graph.node(symbol)] = 0
        for symbol in firsts:
            search.before[self._graph.node(symbol)] = None
            self._call_from(symbol, search)
        found, cost = self._searched(search, limit)
        notes = [self._several(firsts), self._several(lasts), *self._notes(search, found, cost)]
        return Results(found[:limit], " ".join(note for note in notes if note), None if found[limit:] else 0)

    def _searched(self, search: _Search, limit: int) -> tuple[list[CallPath], int]:
        """Goes on from both ends until they meet; and what the steps cost that were looked at."""
        waiting: dict[int, list[Node]] = {0: list(search.behind)}
        for cost in range(MAX_COST):
            self._back(waiting.pop(cost, []), search, waiting)
            if cost == 1:
                self._forth(search)
            joints = self._joints(search)
            # Whatever is found from now on costs a step more than this.
            if joints and min(joints.values()) <= cost + 2:
                return self._chains(joints, search, limit), cost
            if not waiting or len(search.behind) > _MOST_NODES or search.bounds.left < 0:
                return self._chains(joints, search, limit), cost
        return [], MAX_COST

    def _back(self, level: list[Node], search: _Search, waiting: dict[int, list[Node]]) -> None:
        """Adds what leads to some nodes, by what that costs in all."""
        done = {node for node in level if node not in search.expanded}
        search.expanded |= done
        for edge in self._graph.into(done, search.bounds):
            caller, cost = edge.caller, search.cost[edge.callee] + edge.cost
            if caller in search.expanded or cost > search.cost.get(caller, cost):
                continue
            if cost < search.cost.get(caller, cost + 1):
                search.cost[caller], search.behind[caller] = cost, []
                waiting.setdefault(cost, []).append(caller)
            if len(search.behind[caller]) < _MOST_EDGES:
                search.behind[caller].append(edge)

    def _forth(self, search: _Search) -> None:
        """Adds what the definitions call or pass on that the first ones call or pass on."""
        names = list(dict.fromkeys(use.name for _, (_, use, _) in search.uses))[:_MOST_NAMES]
        self._define(self._graph.rows_of(names, Bounds(0, tests=search.bounds.tests)))
        for name in names:
            symbols = self._by_name.get(name, [])
            if len(symbols) > _MOST_DEFINITIONS:
                continue
            for symbol in symbols:
                reached = self._graph.node(symbol)
                ways = (
                    self._forward(caller, reached, row, use)
                    for caller, (row, use, owner) in search.uses
                    if use.name == name and self._graph.may_mean(row, use, owner, reached)
                )
                way = next(ways, None)
                if way is not None and reached not in search.before:
                    search.before[reached] = way
        for reached, way in list(search.before.items()):
            if way is not None:
                self._call_from(self._symbol(reached), search)

    def _call_from(self, symbol: Symbol | None, search: _Search) -> None:
        if symbol is not None:
            node = self._graph.node(symbol)
            search.uses += [(node, each) for each in self._graph.out_of(symbol, search.bounds)]

    def _joints(self, search: _Search) -> dict[tuple[Node, Edge | None], int]:
        """Where both ends meet, in a node or by an edge, and what the whole chain costs."""
        by_name: defaultdict[str, list[Node]] = defaultdict(list)
        for node in search.behind:
            by_name[node.name].append(node)
        found: dict[tuple[Node, Edge | None], int] = {
            (node, None): _cost(_before(node, search)) + search.cost[node]
            for node in search.before
            if node in search.behind and (search.behind[node] or search.before[node])
        }
        for caller, (row, use, owner) in search.uses:
            for node in by_name.get(use.name, ()):
                if node != caller and self._graph.may_mean(row, use, owner, node):
                    edge = self._forward(caller, node, row, use)
                    total = _cost(_before(caller, search)) + edge.cost + search.cost[node]
                    found.setdefault((node, edge), total)
        return found

    def _forward(self, caller: Node, callee: Node, row: int, use: NameUse) -> Edge:
        cost = self._graph.cost(use, row, callee)
        return Edge(caller, callee, row, use.line, _FORWARD[use.kind], cost)

    def _chains(
        self, joints: dict[tuple[Node, Edge | None], int], search: _Search, limit: int
    ) -> list[CallPath]:
        """The chains that cost least."""
        least = min(joints.values(), default=0)
        found: dict[tuple[Node, ...], list[Edge]] = {}
        for (node, joint), cost in joints.items():
            start = _before(joint.caller if joint else node, search) + ([joint] if joint else [])
            for rest in _behind(node, search) if cost == least else ():
                edges = start + rest
                found.setdefault((edges[0].caller, *(edge.callee for edge in edges)), edges)
                if len(found) > limit:
                    break
        chosen = sorted(found.values(), key=len)[: limit + 1]
        self._define(edge.callee.name for edges in chosen for edge in edges if edge.callee.path)
        return [CallPath(tuple(map(self._shown, edges))) for edges in chosen]

    def _shown(self, edge: Edge) -> CallEdge:
        count = len(self._by_name[edge.callee.name]) if edge.callee.path else 0
        path, text = self._snapshot.paths[edge.row], self._graph.text(edge.row, edge.line)
        return CallEdge(
            path, edge.line, edge.caller.qualified, edge.callee.qualified, edge.kind, text.strip(), count
        )

    def _define(self, names: Iterable[str]) -> None:
        """Finds definitions of names that can be called; a type by its constructor, if it has one."""
        new = {name for name in names if name not in self._by_name}
        self._by_name.update({name: [] for name in new})
        for symbol in self._finder.exact(new) if new else ():
            if symbol.kind in CALLABLES | TYPES:
                self._by_name[symbol.name].append(_constructor(symbol))

    def _symbol(self, node: Node) -> Symbol | None:
        symbols = walk(self._definitions.of(self._snapshot.index(node.path)))
        return next((symbol for symbol in symbols if symbol.line == node.line), None)

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
        bodies = [symbol for symbol in found if not symbol.signature.endswith(";")]
        return bodies or found

    def _several(self, symbols: list[Symbol]) -> str:
        if len(symbols) < 2:
            return ""
        places = comma_list([f"{symbol.path}:{symbol.line}" for symbol in symbols], _LISTED)
        return f"{symbols[0].name} is defined {len(symbols)} times, all are meant: {places}."

    def _notes(self, search: _Search, found: list[CallPath], cost: int) -> Iterator[str]:
        bounds = search.bounds
        if not found:
            yield f"No chain of up to {cost} steps, doubtful ones counted more than once, was found."
        yield "By name: what is called through operators, properties or reflection is not seen."
        if not bounds.tests:
            yield "Calls in tests were not followed."
        if bounds.files:
            yield (
                f"{pluralize(bounds.files, 'file')} not parsed, as {PARSED_BYTES // 10**6} MB were: "
                "ask again to go further, or name a definition between."
            )
        if bounds.common and (bounds.files or not found):
            names = comma_list(sorted(bounds.common), _LISTED)
            yield f"These names are in over {MAX_FILES} files, and their calls were not followed: {names}."
        if bounds.failed:
            yield f"Not parsed: {comma_list(sorted(bounds.failed), _LISTED)}."


def _constructor(symbol: Symbol) -> Symbol:
    own = (child for child in symbol.children if child.name in CONSTRUCTORS or child.kind == "constructor")
    return next(own, symbol)


def _before(node: Node, search: _Search) -> list[Edge]:
    """The edges by which the first leads to a node."""
    edges: list[Edge] = []
    while (edge := search.before.get(node)) is not None:
        edges.insert(0, edge)
        node = edge.caller
    return edges


def _cost(edges: list[Edge]) -> int:
    return sum(edge.cost for edge in edges)


def _behind(node: Node, search: _Search) -> Iterator[list[Edge]]:
    """The ways from a node to the last."""
    if not search.behind[node]:
        yield []
    for edge in search.behind[node]:
        for rest in _behind(edge.callee, search):
            yield [edge, *rest]
