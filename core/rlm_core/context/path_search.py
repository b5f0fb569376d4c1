"""Bidirectional search for the shortest chains in the call graph, from both ends at once.

Who leads to the last definition is found by its name, level by level. What the first one leads to is followed
as far as it can be told what is meant, which takes few files.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from heapq import heappop, heappush
from operator import itemgetter
from typing import TYPE_CHECKING

from rlm_core.context.call_graph import called
from rlm_core.syntax.symbols import CALLABLES, TYPES, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.call_graph import CallGraph, Step
    from rlm_core.context.call_nodes import Bounds, Edge, Node
    from rlm_core.context.find import DefinitionFinder

# What a chain may cost: a step costs one, and up to four where what it means is doubtful.
MAX_COST = 14
_MOST_NODES = 20_000
# What is followed from the first definition on: so many definitions, and of names with many, none.
_MOST_FOLLOWED, _MOST_NAMES, _MOST_FILES, _MOST_DEFINITIONS = 300, 40, 60, 6
# When names are followed from the first definition on that may mean several definitions.
_GUESSED_AT = 2
# By how many edges of one length a node is reached at most.
_MOST_EDGES = 5


class DefinedNames:
    """Definitions by name that can be called; of a type its constructor, if it has one."""

    def __init__(self, finder: DefinitionFinder) -> None:
        self._finder = finder
        self._by_name: dict[str, list[Symbol]] = {}

    def of(self, name: str) -> list[Symbol]:
        """The definitions of a name."""
        self.find([name])
        return self._by_name[name]

    def find(self, names: Iterable[str]) -> None:
        """Looks for several names at once, which is faster than one after the other."""
        new = {name for name in names if name not in self._by_name}
        self._by_name.update({name: [] for name in new})
        for symbol in self._finder.exact(new) if new else ():
            if symbol.kind in CALLABLES | TYPES:
                self._by_name[symbol.name].append(called(symbol))


class PathSearch:
    """One search.

    Args:
        graph: in what.
        defined: what names may mean.
        bounds: what it may take.
        firsts: where chains begin.
        lasts: where they end.

    Attributes:
        bounds: with what was left out.
        cost: up to which cost all steps back were looked at.
        shortest: whether nothing shorter can be there.
        complete: whether all chains were found that cost least.
    """

    def __init__(
        self,
        graph: CallGraph,
        defined: DefinedNames,
        bounds: Bounds,
        firsts: Iterable[Symbol],
        lasts: Iterable[Symbol],
    ) -> None:
        self.bounds = bounds
        self.cost = 0
        self.shortest = self.complete = False
        self._graph = graph
        self._defined = defined
        # For each node that leads to the last ones, what that costs, and the edges by which it does.
        self._behind: dict[Node, list[Edge]] = {}
        self._cost_behind: dict[Node, int] = {}
        self._expanded: set[Node] = set()
        self._waiting: dict[int, list[Node]] = {}
        # For each definition that the first ones lead to, what that costs, and the edge by which they do.
        self._before: dict[Node, Edge | None] = {}
        self._cost_before: dict[Node, int] = {}
        self._followed: set[Node] = set()
        self._to_follow: list[tuple[int, Node]] = []
        self._steps: list[Step] = []
        self._unclear: dict[str, list[Step]] = {}
        self._joining: dict[tuple[int, Node], Edge | None] = {}
        for symbol in lasts:
            self._lead(graph.node(symbol), None, 0)
        for symbol in firsts:
            self._reach(graph.node(symbol), None, 0)

    def chains(self, limit: int) -> list[list[Edge]]:
        """Goes on from both ends until they meet; returns the cheapest chains, one more than `limit`."""
        self._follow()
        found: list[list[Edge]] = []
        for self.cost in range(MAX_COST):
            self._back(self._waiting.pop(self.cost, []))
            joints = self._joints()
            if self.cost == _GUESSED_AT and not joints:
                self._guess()
                joints = self._joints()
            least = min(joints.values(), default=MAX_COST)
            # All that costs up to two steps more was found, so nothing is cheaper than what costs three.
            if joints and least <= self.cost + 3:
                found = self._cheapest(joints, limit)
                self.shortest = True
                self.complete = least <= self.cost + 2
                if self.complete or len(found) >= limit:
                    break
            if not self._waiting or len(self._behind) > _MOST_NODES or self.bounds.spent:
                found = self._cheapest(joints, limit)
                break
        return found

    def _back(self, level: list[Node]) -> None:
        """Adds what leads to some nodes, by what that costs in all."""
        new = dict.fromkeys(node for node in level if node not in self._expanded)
        self._expanded |= new.keys()
        for edge in self._graph.into(new, self.bounds):
            self._lead(edge.caller, edge, self._cost_behind[edge.callee] + edge.cost)

    def _lead(self, node: Node, edge: Edge | None, cost: int) -> None:
        """Notes that a node leads to the last ones, if nothing cheaper is known of it."""
        known = self._cost_behind.get(node, cost + 1)
        if node in self._expanded or cost > known:
            return
        if cost < known:
            self._cost_behind[node], self._behind[node] = cost, []
            self._waiting.setdefault(cost, []).append(node)
        if edge is not None and len(self._behind[node]) < _MOST_EDGES:
            self._behind[node].append(edge)

    def _reach(self, node: Node, edge: Edge | None, cost: int) -> None:
        """Notes that the first ones lead to a definition, if nothing cheaper is known of it."""
        if cost < self._cost_before.get(node, cost + 1):
            self._cost_before[node], self._before[node] = cost, edge
            heappush(self._to_follow, (cost, node))

    def _follow(self) -> None:
        """Follows what is meant for certain, the nearest first."""
        while self._to_follow and len(self._followed) < _MOST_FOLLOWED and not self.bounds.spent:
            cost, node = heappop(self._to_follow)
            if node in self._followed:
                continue
            self._followed.add(node)
            for step in self._graph.out_of(node, self.bounds):
                self._steps.append(step)
                edge = self._graph.near(step)
                if edge is not None:
                    self._reach(edge.callee, edge, cost + edge.cost)
                else:
                    self._unclear.setdefault(step.use.name, []).append(step)

    def _guess(self) -> None:
        """Follows what may be meant by names that are not everywhere, the nearest to the first ones."""
        chosen: list[str] = []
        for name in self._unclear:
            if len(chosen) == _MOST_NAMES or self.bounds.spent:
                break
            if len(self._graph.files(name, tests=self.bounds.tests)) <= _MOST_FILES:
                chosen.append(name)
        self._defined.find(chosen)
        for name in chosen:
            symbols = self._defined.of(name)
            for node in map(self._graph.node, symbols if len(symbols) <= _MOST_DEFINITIONS else ()):
                for step in self._unclear[name]:
                    edge = self._graph.forward(step, node)
                    if edge is not None:
                        self._reach(node, edge, self._cost_before[step.caller] + edge.cost)
        self._follow()

    def _joints(self) -> dict[tuple[Node, Edge | None], int]:
        """Where both ends meet, in a node or by an edge, and what the whole chain costs."""
        by_name: defaultdict[str, list[Node]] = defaultdict(list)
        for node in self._behind:
            by_name[node.name].append(node)
        found: dict[tuple[Node, Edge | None], int] = {
            (node, None): cost + self._cost_behind[node]
            for node, cost in self._cost_before.items()
            if node in self._behind and (self._behind[node] or self._before[node])
        }
        for number, step in enumerate(self._steps):
            for node in by_name.get(step.use.name, ()):
                if (number, node) not in self._joining:
                    meant = node != step.caller
                    self._joining[number, node] = self._graph.forward(step, node) if meant else None
                if edge := self._joining[number, node]:
                    total = self._cost_before[step.caller] + edge.cost + self._cost_behind[node]
                    found.setdefault((node, edge), total)
        return {joint: cost for joint, cost in found.items() if cost <= MAX_COST}

    def _cheapest(self, joints: dict[tuple[Node, Edge | None], int], limit: int) -> list[list[Edge]]:
        least = min(joints.values(), default=0)
        found: dict[tuple[Node, ...], list[Edge]] = {}
        for (node, joint), cost in joints.items():
            start = self._edges_before(joint.caller if joint else node) + ([joint] if joint else [])
            for rest in self._ways_behind(node) if cost == least else ():
                edges = start + rest
                found.setdefault((edges[0].caller, *(edge.callee for edge in edges)), edges)
                if len(found) > limit:
                    break
        return _varied(found.values())[: limit + 1]

    def _edges_before(self, node: Node) -> list[Edge]:
        """The edges by which the first ones lead to a node."""
        edges: list[Edge] = []
        while (edge := self._before.get(node)) is not None:
            edges.insert(0, edge)
            node = edge.caller
        return edges

    def _ways_behind(self, node: Node) -> Iterator[list[Edge]]:
        """The ways from a node to the last ones."""
        if not self._behind[node]:
            yield []
        for edge in self._behind[node]:
            for rest in self._ways_behind(edge.callee):
                yield [edge, *rest]


def _varied(chains: Iterable[list[Edge]]) -> list[list[Edge]]:
    """Chains in order: short ones first; of those by the same names the first before others' second."""
    seen: Counter[tuple[str, ...]] = Counter()
    ordered: list[tuple[int, int, list[Edge]]] = []
    for edges in chains:
        names = tuple(edge.callee.name for edge in edges)
        ordered.append((len(edges), seen[names], edges))
        seen[names] += 1
    return [edges for _, _, edges in sorted(ordered, key=itemgetter(0, 1))]
