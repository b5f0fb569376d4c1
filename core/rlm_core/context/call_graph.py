"""Call graph by name, made on demand: who may call a definition, and what one may call.

What a name means is not known, so an edge leads to any definition of it that the place does not rule out.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.call_nodes import Edge, Node
from rlm_core.context.file_uses import FileUses
from rlm_core.context.grep import cut_line
from rlm_core.context.name_meaning import NameMeaning
from rlm_core.context.paths import is_test
from rlm_core.context.search.patterns import literal
from rlm_core.syntax.symbols import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.context.call_nodes import Bounds
    from rlm_core.context.definitions import Definitions
    from rlm_core.context.hierarchy import Hierarchy
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.syntax.name_uses import NameUse
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

# Names that stand in more files say nothing of who is meant.
MAX_FILES = 300
_CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor", "initialize", "__construct"})
# What is called or passed on, as seen by who does it, and all by which a name leads on.
_FORWARD = {"call": "call", "argument": "passes", "assignment": "assigned"}
_KINDS = {**_FORWARD, "field": "assigned", "table": "listed", "mention": "uses"}
# What decorates methods everywhere and calls none.
_PLAIN_DECORATORS = frozenset(
    {"property", "staticmethod", "classmethod", "cached_property", "abstractmethod"}
)
_PLAIN_DECORATORS |= {"override", "overload", "wraps"}
# In how many files a name is, for what stands behind something unknown to cost a step more; two in the last.
_RARE, _COMMON, _EVERYWHERE = 12, 60, 150


def called(symbol: Symbol) -> Symbol:
    """Returns what a call of a definition runs: of a type its constructor, if it has one."""
    own = (child for child in symbol.children if child.name in _CONSTRUCTORS or child.kind == "constructor")
    return next(own, symbol) if symbol.kind in TYPES else symbol


class Step(NamedTuple):
    """What a definition calls or passes on: who does, where, and the innermost function around."""

    caller: Node
    row: int
    use: NameUse
    owner: Symbol


class CallGraph:
    """The calls of one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        search_engine: SearchEngine,
        definitions: Definitions,
        hierarchy: Hierarchy,
    ) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._uses = FileUses(snapshot, search_engine, definitions)
        self._meaning = NameMeaning(snapshot, self._uses, hierarchy)
        self._mentioning: dict[
            tuple[str, bool], list[int]
        ] = {}  # files that names are in, if not in too many

    @cached_property
    def _without_tests(self) -> list[int]:
        return [row for row in self._uses.rows if not is_test(self._snapshot.paths[row])]

    def node(self, symbol: Symbol) -> Node:
        """The node of a definition; a constructor is called by its type's name."""
        owner = symbol.qualified_name.rpartition(".")[0]
        name = symbol.name
        if name in _CONSTRUCTORS and owner:
            name = owner.rpartition(".")[2]
        in_type = symbol.kind in {"method", "constructor"} and name == symbol.name
        around = self._uses.scopes(self._snapshot.index(symbol.path)).around(symbol)
        inside = (around.start_line, around.end_line) if around and not in_type else None
        return Node(symbol.path, symbol.line, symbol.qualified_name, name, in_type, inside=inside)

    def symbol(self, node: Node) -> Symbol | None:
        """The definition of a node, if it is one."""
        return self._uses.scopes(self._snapshot.index(node.path)).at.get(node.line) if node.path else None

    def text(self, row: int, line: int) -> str:
        """A line of a file."""
        lines = self._search_engine.source(row).split(b"\n", line)
        return cut_line(lines[line - 1], 0) if line <= len(lines) else ""

    def into(self, nodes: Iterable[Node], bounds: Bounds) -> Iterator[Edge]:
        """Yields the edges that lead to some nodes."""
        by_name: defaultdict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            by_name[node.name].append(node)
            yield from self._around(node)
        for row, names in self._files_with(list(by_name), bounds):
            for name in names:
                table = any(node.table for node in by_name[name])
                for use in self._uses.of_name(row, name, bounds, table=table):
                    owner = self._uses.scopes(row).function(use.line)
                    for node in by_name[name]:
                        if self._meaning.may_mean(use, row, owner, node):
                            yield from self._edges(use, row, owner, node)

    def out_of(self, node: Node, bounds: Bounds) -> list[Step]:
        """Returns what a definition calls or passes on."""
        symbol = self.symbol(node)
        if symbol is None:
            return []
        row = self._snapshot.index(symbol.path)
        scopes = self._uses.scopes(row)
        bounds.left -= self._uses.unparsed(row)
        return [
            Step(node, row, use, scopes.function(use.line) or symbol)
            for use in self._uses.in_definition(row, symbol, bounds)
            if use.kind in _FORWARD
        ]

    def forward(self, step: Step, node: Node) -> Edge | None:
        """The edge of a step to a node of its name, if it may mean that."""
        if not self._meaning.may_mean(step.use, step.row, step.owner, node):
            return None
        cost = self._cost(step.use, step.row, node)
        return Edge(step.caller, node, step.row, step.use.line, _FORWARD[step.use.kind], cost)

    def near(self, step: Step) -> Edge | None:
        """The edge of a step to what it means for certain, if that can be told."""
        symbol = self._meaning.near(step.use, step.row, step.owner)
        return self.forward(step, self.node(called(symbol))) if symbol is not None else None

    def files(self, name: str, *, tests: bool) -> list[int]:
        """Returns the files that mention a name, up to one more than are followed."""
        key = (name, tests)
        if key not in self._mentioning:
            rows = self._uses.rows if tests else self._without_tests
            having = self._search_engine.rows_with(literal(name), rows)
            whole = (row for row in having if self._uses.has_word(row, name))
            self._mentioning[key] = list(islice(whole, MAX_FILES + 1))
        return self._mentioning[key]

    def _cost(self, use: NameUse, row: int, node: Node) -> int:
        """What a step costs: one if it is a call in which nothing unknown stands before the name."""
        certain = use.receiver in {"", "self", "super"} or node.path == self._snapshot.paths[row]
        return (1 if certain else self._spread(use.name)) + (use.kind != "call")

    def _spread(self, name: str) -> int:
        files = len(self.files(name, tests=False))
        return 1 + (files > _RARE) + (files > _COMMON) + 2 * (files > _EVERYWHERE)

    def _around(self, node: Node) -> Iterator[Edge]:
        """What decorates a definition, and the function that it is in."""
        symbol = self.symbol(node)
        if symbol is None:
            return
        row = self._snapshot.index(node.path)
        for line in range(symbol.start_line, symbol.line):
            text = self.text(row, line).strip()
            name = text[1:].partition("(")[0].rpartition(".")[2].strip() if text.startswith("@") else ""
            if name.isidentifier() and name not in _PLAIN_DECORATORS:
                yield Edge(Node("", 0, name, name), node, row, line, "decorates", 2)
        around = self._uses.scopes(row).around(symbol)
        if around is not None:
            yield Edge(self.node(around), node, row, symbol.line, "contains")

    def _files_with(self, names: list[str], bounds: Bounds) -> Iterator[tuple[int, list[str]]]:
        """Files that mention some names, those with the rarest first, and which they mention."""
        having: defaultdict[int, list[str]] = defaultdict(list)
        rows: dict[str, list[int]] = {}
        for name in names:
            if bounds.spent:
                bounds.unsearched.add(name)
            elif len(found := self.files(name, tests=bounds.tests)) > MAX_FILES:
                bounds.common.add(name)
            else:
                rows[name] = found
        for name in sorted(rows, key=lambda name: len(rows[name])):
            for row in rows[name]:
                having[row].append(name)
        for row, mentioned in having.items():
            bounds.left -= self._uses.unparsed(row)
            if bounds.spent:
                bounds.files.add(row)
            else:
                yield row, mentioned

    def _edges(self, use: NameUse, row: int, owner: Symbol | None, node: Node) -> Iterator[Edge]:
        """The edges that a use of a name is."""
        kept = use.kind in {"field", "table"} or (use.kind == "assignment" and owner is None)
        if kept:
            if use.of and use.of != node.name:
                name = Node("", 0, f".{use.of}", use.of, table=use.kind == "table")
                yield Edge(name, node, row, use.line, _KINDS[use.kind], 1 + self._spread(use.of))
        elif owner is not None and (owner.path, owner.line) != (node.path, node.line):
            cost = self._cost(use, row, node)
            yield Edge(self.node(owner), node, row, use.line, _KINDS[use.kind], cost)
        elif owner is None and use.kind == "argument" and use.of:
            yield Edge(Node("", 0, use.of, use.of), node, row, use.line, "given", 1 + self._spread(use.of))
