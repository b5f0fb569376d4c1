"""Call graph by name, made on demand: who may call a definition, and what one may call.

What a name means is not known, so an edge leads to any definition of it that the place does not rule out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.grep import cut_line
from rlm_core.context.lru import WeightedLru
from rlm_core.context.search.patterns import literal
from rlm_core.context.type_resolution.names import TypeKey
from rlm_core.errors import ParseLimitError
from rlm_core.syntax.constant_arithmetic import C_FAMILY, SCRIPTS
from rlm_core.syntax.name_uses import NameUse, call_starts, name_uses, uses_within
from rlm_core.syntax.registry import of_source
from rlm_core.syntax.symbols import CALLABLES, TYPES, Symbol, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.hierarchy import Hierarchy
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.syntax.language import Language
    from rlm_core.workspace.snapshot import Snapshot

# Names that stand in more files say nothing of who is meant.
MAX_FILES = 300
# A place takes about 60 bytes.
_CACHED_CALLS = 1_000_000
CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor", "initialize", "__construct"})
# A function's name alone never means a method in these.
_NO_IMPLICIT_SELF = SCRIPTS | C_FAMILY - {"C++"} | {"Python", "Go", "Rust", "PHP"}
_FAMILIES = {**dict.fromkeys(SCRIPTS, "scripts"), **dict.fromkeys(C_FAMILY, "C")}
_TEST = re.compile(
    r"(?:\A|/)(?:tests?|testing|__tests__|specs?)/|(?:\A|/)tests?_[^/]*\Z|[._](?:test|spec)s?\.\w+\Z"
)
_KINDS = {"argument": "passes", "assignment": "assigned", "field": "assigned", "table": "listed"}
_KINDS |= {"mention": "uses", "call": "call"}
# What decorates methods everywhere and calls none.
_PLAIN_DECORATORS = frozenset(
    {"property", "staticmethod", "classmethod", "cached_property", "abstractmethod"}
)
_PLAIN_DECORATORS |= {"override", "overload", "wraps"}
# In how many files a name is, for what stands behind something unknown to cost two steps, and three.
_RARE, _COMMON = 12, 60


def is_test(path: str) -> bool:
    """Whether a file is a test, by its path."""
    return _TEST.search(path) is not None


class Node(NamedTuple):
    """A definition, or a name under which one is kept.

    Attributes:
        path: the file; empty for a mere name.
        line: where its name is.
        qualified: with what it is in.
        name: by which it is called.
        method: whether it is in a type.
        table: whether it is a name of what lists functions.
        inside: the lines of the function that it is in, where alone its name means it.
    """

    path: str
    line: int
    qualified: str
    name: str
    method: bool = False
    table: bool = False
    inside: tuple[int, int] | None = None


class Edge(NamedTuple):
    """A step from one node to another, where it is written, and what it costs: the less it says, the more."""

    caller: Node
    callee: Node
    row: int
    line: int
    kind: str
    cost: int = 1


@dataclass(slots=True)
class Bounds:
    """What may still be parsed, and what was left out.

    Attributes:
        left: bytes.
        files: how many files were too many.
        common: names in too many files, which were not followed.
        failed: files that could not be parsed.
        tests: whether calls in tests count.
    """

    left: int
    files: int = 0
    common: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    tests: bool = True


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
        self._definitions = definitions
        self._hierarchy = hierarchy
        self._parsed: set[int] = set()
        self._rows: dict[str, list[int]] = {}  # files that names are in
        self._called: WeightedLru[int, frozenset[int]] = WeightedLru(_CACHED_CALLS)
        self._tests = {row for row, path in enumerate(snapshot.paths) if is_test(path)}
        self._files: dict[str, int] = {}  # in how many files names are

    def node(self, symbol: Symbol) -> Node:
        """The node of a definition; a constructor is called by its type's name."""
        owner = symbol.qualified_name.rpartition(".")[0]
        name = symbol.name
        if name in CONSTRUCTORS and owner:
            name = owner.rpartition(".")[2]
        in_type = symbol.kind in {"method", "constructor"} and name == symbol.name
        around = self._enclosing_function(symbol)
        inside = (around.start_line, around.end_line) if around and not in_type else None
        return Node(symbol.path, symbol.line, symbol.qualified_name, name, in_type, inside=inside)

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
        tables = {name for name, named in by_name.items() if any(node.table for node in named)}
        for row, names in self._mentioning(list(by_name), bounds):
            for use in self._uses(row, names, tables, bounds):
                owner = self._owner(row, use.line)
                for node in by_name[use.name]:
                    if self._may_mean(use, row, owner, node):
                        yield from self._edges(use, row, owner, node)

    def out_of(self, symbol: Symbol, bounds: Bounds) -> list[tuple[int, NameUse, Symbol]]:
        """Returns what a definition calls or passes on."""
        row = self._snapshot.index(symbol.path)
        source = self._search_engine.source(row)
        language = of_source(symbol.path, source)
        if language is None or not language.parsable:
            return []
        try:
            called = self._call_starts(row, language)
            uses = uses_within(source, language, called, symbol.start_line, symbol.end_line)
        except ParseLimitError as error:
            bounds.failed.add(f"{symbol.path} ({error})")
            return []
        return [(row, use, self._owner(row, use.line) or symbol) for use in uses if use.line >= symbol.line]

    def may_mean(self, row: int, use: NameUse, owner: Symbol, node: Node) -> bool:
        """Whether what a definition calls or passes on may be a node."""
        return use.kind in {"call", "argument", "assignment"} and self._may_mean(use, row, owner, node)

    def cost(self, use: NameUse, row: int, node: Node) -> int:
        """What a step costs: one if it is a call in which nothing unknown stands before the name."""
        certain = use.receiver == "self" or not use.receiver or node.path == self._snapshot.paths[row]
        return (1 if certain else self._spread(use.name)) + (use.kind != "call")

    def _spread(self, name: str) -> int:
        files = self._files.get(name, _COMMON)
        return 1 + (files > _RARE) + (files > _COMMON)

    def _around(self, node: Node) -> Iterator[Edge]:
        """What decorates a definition, and the function that it is in."""
        if not node.path:
            return
        row = self._snapshot.index(node.path)
        symbol = next(
            (each for each in walk(self._definitions.of(row)) if each.line == node.line and each.name), None
        )
        if symbol is None:
            return
        for line in range(symbol.start_line, symbol.line):
            text = self.text(row, line).strip()
            name = text[1:].partition("(")[0].rpartition(".")[2].strip() if text.startswith("@") else ""
            if name.isidentifier() and name not in _PLAIN_DECORATORS:
                yield Edge(Node("", 0, name, name), node, row, line, "decorates", 2)
        around = self._enclosing_function(symbol)
        if around is not None:
            yield Edge(self.node(around), node, row, symbol.line, "contains")

    def rows_of(self, names: Collection[str], bounds: Bounds) -> dict[str, list[int]]:
        """Returns the files that mention some names; names that are in too many are left out."""
        words = {name: name.encode() for name in names if name not in self._rows}
        self._rows.update({name: [] for name in words})
        for row in (
            self._search_engine.rows_with_any([literal(name) for name in words], None) if words else ()
        ):
            source = self._search_engine.source(row)
            for name, word in words.items():
                if word in source:
                    self._rows[name].append(row)
        found: dict[str, list[int]] = {}
        for name in names:
            rows = [row for row in self._rows[name] if bounds.tests or row not in self._tests]
            self._files[name] = len(rows)
            if len(rows) > MAX_FILES:
                bounds.common.add(name)
            else:
                found[name] = rows
        return found

    def _mentioning(self, names: list[str], bounds: Bounds) -> Iterator[tuple[int, list[str]]]:
        """Files that mention some names, those with the rarest first, and which they mention."""
        rows = self.rows_of(names, bounds)
        having: defaultdict[int, list[str]] = defaultdict(list)
        for name in sorted(rows, key=lambda name: len(rows[name])):
            for row in rows[name]:
                having[row].append(name)
        for row, mentioned in having.items():
            language = of_source(self._snapshot.paths[row], self._search_engine.source(row))
            if language is None or not language.parsable or language.uses_query is None:
                continue
            bounds.left -= 0 if row in self._parsed else self._snapshot.lengths[row]
            if bounds.left < 0:
                bounds.files += 1
                continue
            self._parsed.add(row)
            yield row, mentioned

    def _uses(self, row: int, names: list[str], tables: set[str], bounds: Bounds) -> list[NameUse]:
        path, source = self._snapshot.paths[row], self._search_engine.source(row)
        language = of_source(path, source)
        try:
            if language is None:
                return []
            return name_uses(source, language, self._call_starts(row, language), names, tables)
        except ParseLimitError as error:
            bounds.failed.add(f"{path} ({error})")
            return []

    def _call_starts(self, row: int, language: Language) -> frozenset[int]:
        source = self._search_engine.source(row)
        return self._called.get(row, lambda: call_starts(source, language), len)

    def _owner(self, row: int, line: int) -> Symbol | None:
        """The innermost function around a line."""
        around = [
            symbol
            for symbol in walk(self._definitions.of(row))
            if symbol.kind in CALLABLES and symbol.start_line <= line <= symbol.end_line
        ]
        return min(around, key=lambda symbol: symbol.end_line - symbol.start_line, default=None)

    def _enclosing_function(self, symbol: Symbol) -> Symbol | None:
        """The function that a definition is in."""
        row = self._snapshot.index(symbol.path)
        around = [
            each
            for each in walk(self._definitions.of(row))
            if each.kind in CALLABLES
            and each.start_line <= symbol.start_line
            and symbol.end_line <= each.end_line
            and each.line != symbol.line
        ]
        return min(around, key=lambda each: each.end_line - each.start_line, default=None)

    def _edges(self, use: NameUse, row: int, owner: Symbol | None, node: Node) -> Iterator[Edge]:
        """The edges that a use of a name is."""
        kept = use.kind in {"field", "table"} or (use.kind == "assignment" and owner is None)
        if kept:
            if use.of and use.of != node.name:
                name = Node("", 0, f".{use.of}", use.of, table=use.kind == "table")
                yield Edge(name, node, row, use.line, _KINDS[use.kind], 1 + self._spread(use.of))
        elif owner is not None and (owner.path, owner.line) != (node.path, node.line):
            cost = self.cost(use, row, node)
            yield Edge(self.node(owner), node, row, use.line, _KINDS[use.kind], cost)
        elif owner is None and use.kind == "argument" and use.of:
            yield Edge(Node("", 0, use.of, use.of), node, row, use.line, "given", 1 + self._spread(use.of))

    def _may_mean(self, use: NameUse, row: int, owner: Symbol | None, node: Node) -> bool:
        """Whether a use of a name may mean a definition, by what stands before it and by what is near."""
        if not node.path:
            return True
        path = self._snapshot.paths[row]
        language, other = self._language(path), self._language(node.path)
        if _FAMILIES.get(language, language) != _FAMILIES.get(other, other):
            return False
        if node.inside and not (path == node.path and node.inside[0] <= use.line <= node.inside[1]):
            return False
        if path == node.path:
            near = True
        elif language in C_FAMILY and self._is_static(node):
            return False
        else:
            near = False
        if use.receiver == "self" and owner is not None:
            around = owner.qualified_name.rpartition(".")[0]
            own = self._member(row, around, node.name)
            return own is None or (near and own.line == node.line) or self._overrides(node, row, around)
        if not use.receiver and language in _NO_IMPLICIT_SELF:
            return not node.method and (near or not self._at_top(row, node.name))
        # What is no call and has something before it is an attribute more often than a method.
        owners = node.qualified.split(".")[-2:-1]
        return use.kind == "call" or not node.method or use.receiver in {"self", *owners}

    def _overrides(self, node: Node, row: int, base: str) -> bool:
        """Whether a method is of a type below another one."""
        parts = tuple(node.qualified.split(".")[:-1])
        if not node.method or not parts:
            return False
        order = self._hierarchy.order(TypeKey(self._snapshot.index(node.path), parts))
        return TypeKey(row, tuple(base.split("."))) in order.keys

    def _language(self, path: str) -> str:
        language = of_source(path, b"")
        return language.name if language else ""

    def _is_static(self, node: Node) -> bool:
        if node.path.endswith((".h", ".hpp")):
            return False
        row = self._snapshot.index(node.path)
        return any(
            symbol.line == node.line and symbol.signature.startswith("static ")
            for symbol in walk(self._definitions.of(row))
        )

    def _member(self, row: int, owner: str, name: str) -> Symbol | None:
        return next(
            (
                symbol
                for symbol in walk(self._definitions.of(row))
                if symbol.name == name and owner and symbol.qualified_name == f"{owner}.{name}"
            ),
            None,
        )

    def _at_top(self, row: int, name: str) -> bool:
        return any(
            symbol.name == name and symbol.kind in CALLABLES | TYPES for symbol in self._definitions.of(row)
        )
