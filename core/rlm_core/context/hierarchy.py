"""Type hierarchy (`context.bases`, `subclasses`, `mro`, `overrides`): which types descend from which."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context import type_headers
from rlm_core.context.linearization import Order, linearized
from rlm_core.context.lru import WeightedLru
from rlm_core.context.results import Results
from rlm_core.context.rows import Relation
from rlm_core.context.type_headers import family
from rlm_core.context.type_resolution.names import Place, TypeKey, inside
from rlm_core.context.type_resolution.namespaces import CLOSED
from rlm_core.errors import QueryError
from rlm_core.syntax.symbols import Symbol, walk
from rlm_core.wording import comma_list, one_line, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.slicing import Ref
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_lookup import TypeLookup
    from rlm_core.context.type_resolution.resolver import TypeResolver
    from rlm_core.syntax.type_facts import Base
    from rlm_core.workspace.snapshot import Snapshot

# What one call parses at most, about five seconds; asked again, it goes on.
PARSED_BYTES = 24_000_000
_CACHED_EDGES = 200_000
_LISTED = 6
_BASE_CHARS = 60  # of a base that is an expression
_WORD = re.compile(r"\w+")


class Edge(NamedTuple):
    """That a type names a base.

    Attributes:
        child: the type.
        path: where its bases are named, with the line.
        line: from 1.
        name: the type's own name, as it is written.
        kind: class, struct, interface or enum.
        base: what is named.
        means: what that may be.
    """

    child: TypeKey
    path: str
    line: int
    name: str
    kind: str
    base: Base
    means: list[TypeKey]


@dataclass(slots=True)
class Descent:
    """Types below some others.

    Attributes:
        edges: by which each of them was reached, the nearest first.
        notes: sentences on what is not known.
    """

    edges: dict[TypeKey, Edge] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Hierarchy:
    """Relates the types of one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        definitions: Definitions,
        index: TypeIndex,
        resolver: TypeResolver,
        lookup: TypeLookup,
    ) -> None:
        self._snapshot = snapshot
        self._definitions = definitions
        self._index = index
        self._resolver = resolver
        self._lookup = lookup
        self._edges: WeightedLru[int, list[Edge]] = WeightedLru(_CACHED_EDGES)

    def bases(self, ref: Ref) -> Results[Relation]:
        """Returns the direct bases of a type, as it names them, in order."""
        keys = self._lookup.types(ref)
        found = [relation for edge in self.edges_of(keys) for relation in self._base_relations(edge)]
        return Results(dict.fromkeys(found), self._note([keys.note, *self._outside(keys)]))

    def subclasses(self, ref: Ref, *, transitive: bool, limit: int) -> Results[Relation]:
        """Returns the types that descend from a type, in order of path and line."""
        if limit < 1:
            raise QueryError("subclasses needs a limit of at least 1.")
        keys = self._lookup.types(ref)
        descent = self.descend(keys, transitive=transitive)
        found = sorted(self.relations(descent.edges.values()), key=lambda each: (each.path, each.line))
        return limited(found, limit, [keys.note, *descent.notes])

    def mro(self, ref: Ref) -> Results[Relation]:
        """Returns a type and its ancestors in the order in which members are looked up."""
        keys = self._lookup.types(ref)
        if not keys or keys[0].external:
            return Results(note=keys.note)
        notes = [keys.note]
        if len(keys) > 1:
            notes.append("This is the order of the first.")
        order = self.order(keys[0])
        notes += [*order.notes, *self._outside(order.keys)]
        return Results([self.relation(key) for key in order.keys], self._note(notes))

    def order(self, key: TypeKey) -> Order:
        """A type and its ancestors in the order in which members are looked up."""
        python = self._index.file(key.row).language == "Python"
        return linearized(key, self._parents, python=python)

    def overrides(self, ref: Ref, limit: int) -> Results[Relation]:
        """Returns the definitions of a method in types below the one that it is named with."""
        if limit < 1:
            raise QueryError("overrides needs a limit of at least 1.")
        owner, method = self._split(ref)
        keys = self._lookup.types(owner)
        descent = self.descend(keys, transitive=True)
        word = method.encode()
        found: list[Relation] = []
        for key, edge in descent.edges.items():
            if key.external or word not in self._snapshot.data(key.row):
                continue
            found += [
                Relation(
                    symbol.path, symbol.line, symbol.name, symbol.qualified_name, symbol.kind, edge.base.text
                )
                for symbol in self.members(key)
                if symbol.name == method
            ]
        found.sort(key=lambda each: (each.path, each.line))
        return limited(found, limit, [keys.note, *descent.notes])

    def members(self, key: TypeKey) -> Iterator[Symbol]:
        """What a type defines itself, in any of its definitions."""
        lines = {fact.line for fact in self._index.file(key.row).types_at(key.qualified)}
        for symbol in walk(self._definitions.of(key.row)):
            if symbol.line in lines and symbol.name == key.qualified[-1]:
                yield from symbol.children

    def descend(self, keys: Sequence[TypeKey], *, transitive: bool) -> Descent:
        """Returns the types below some, and what cannot be known of them."""
        found = Descent()
        own = inside(list(keys))
        families = {self._family(key) for key in own} if own else set(self._families())
        for language in sorted(families if keys else ()):
            self._descend(keys, language, found, transitive=transitive)
        return found

    def _descend(self, keys: Sequence[TypeKey], language: str, found: Descent, *, transitive: bool) -> None:
        headers = self._index.headers(language)
        names = {key.qualified[-1] for key in keys}
        rows, may_be_called = headers.may_be_below(names, transitive=transitive)
        rows = self._within_budget(rows, found.notes)
        below, unknown = self._below(rows, keys, may_be_called)
        pending, seen = list(keys), set(keys)
        while pending:
            reached: list[TypeKey] = []
            for key in pending:
                for edge in below.get(key, ()):
                    if edge.child not in seen:
                        seen.add(edge.child)
                        found.edges[edge.child] = edge
                        reached.append(edge.child)
            pending = reached if transitive else []
        found.notes += self._gaps(rows, unknown, headers.unsearched, may_be_called)

    def _below(
        self, rows: Iterable[int], keys: Sequence[TypeKey], names: set[str]
    ) -> tuple[dict[TypeKey, list[Edge]], list[Edge]]:
        """The bases that types of some files name, by what they mean, and those that may mean anything."""
        outside = [key for key in keys if key.external]
        below: defaultdict[TypeKey, list[Edge]] = defaultdict(list)
        unknown: list[Edge] = []
        for row in rows:
            closed = self._index.file(row).language in CLOSED
            for edge in self.edges(row):
                for key in edge.means:
                    below[key].append(edge)
                    for wanted in outside if key.external else ():
                        if key.qualified[-len(wanted.qualified) :] == wanted.qualified:
                            below[wanted].append(edge)
                if self._is_unknown(edge, names, closed=closed):
                    unknown.append(edge)
        return below, unknown

    def _is_unknown(self, edge: Edge, names: set[str], *, closed: bool) -> bool:
        """Whether a base is an expression or a name of one, and may mean what is looked for."""
        if not edge.means:
            return any(word in names for word in _WORD.findall(edge.base.text))
        return edge.base.parts[-1] in names and all(
            # An external one that is imported has its module before its name.
            len(key.qualified) == 1 and not closed if key.external else self._lookup.fact(key) is None
            for key in edge.means
        )

    def _gaps(
        self, rows: Iterable[int], unknown: list[Edge], unsearched: list[int], names: set[str]
    ) -> Iterator[str]:
        """Sentences on what may be missing."""
        if unknown:
            places = comma_list(
                [f"{edge.path}:{edge.line} ({one_line(edge.base.text, _BASE_CHARS)})" for edge in unknown],
                _LISTED,
            )
            bases = pluralize(len(unknown), "base", "bases")
            yield f"{bases} may mean it by an expression that is not followed: {places}."
        failed = [row for row in rows if self._index.file(row).failure]
        if failed:
            why = self._index.file(failed[0]).failure
            others = f" Nor could {pluralize(len(failed) - 1, 'other file')}." if failed[1:] else ""
            yield f"{self._snapshot.paths[failed[0]]} could not be parsed: {why}{others}"
        broken = [row for row in rows if self._is_missing(row, names)]
        if broken:
            listed = comma_list([self._snapshot.paths[row] for row in broken], _LISTED)
            yield f"Types in macros, or in what could not be parsed, may be missing: {listed}."
        if unsearched:
            yield f"{pluralize(len(unsearched), 'file was', 'files were')} not searched: there are too many."

    def _is_missing(self, row: int, names: set[str]) -> bool:
        """Whether a file has a header of which nothing was read, in a part that is no comment or string."""
        file = self._index.file(row)
        if file.language == "Rust":  # a macro may have items in it that are not read
            text = self._snapshot.data(row)
            wanted = {name.encode() for name in names if name}
            headers = sum(
                defined == [b""] and not wanted.isdisjoint(named)
                for defined, named in type_headers.headers(text, "Rust")
            )
            bases = [edge.base for edge in self.edges(row) if edge.base.how == "implements"]
            return headers > sum(names.issuperset(base.parts[-1:]) for base in bases)
        defining = self._index.headers(family(file.language)).defining
        known = {fact.name for fact in file.facts.types}
        missing = (name for name in names if name and name not in known)
        return file.facts.broken and any(row in defining.get(name.encode(), ()) for name in missing)

    def _within_budget(self, rows: list[int], notes: list[str]) -> list[int]:
        left = PARSED_BYTES
        kept: list[int] = []
        for row in rows:
            left -= self._index.cost(row)
            if left < 0:
                notes.append(
                    f"{pluralize(len(rows) - len(kept), 'file')} that may have more were not read yet: "
                    "ask again to go on."
                )
                break
            kept.append(row)
        return kept

    def edges(self, row: int) -> list[Edge]:
        """The bases that the types of a file name."""
        return self._edges.get(row, lambda: list(self._find_edges(row)), len)

    def edges_of(self, keys: Iterable[TypeKey]) -> list[Edge]:
        """The bases that some types name, in order."""
        return [
            edge
            for key in keys
            if not key.external
            for row in self._index.implementing(key.row, key.qualified[-1])
            for edge in self.edges(row)
            if edge.child == key
        ]

    def _find_edges(self, row: int) -> Iterator[Edge]:
        file, path = self._index.file(row), self._snapshot.paths[row]
        for fact in file.facts.types:
            for base in fact.bases:
                means = self._resolver.resolve(Place(file, fact.scope, fact.start), base.parts)
                child = TypeKey(row, fact.qualified)
                yield Edge(child, path, fact.line, fact.name, fact.kind, base, means)
        for each in file.facts.implementations:
            means = self._resolver.resolve(Place(file, each.scope), each.base.parts)
            subjects = self._resolver.resolve(Place(file, each.scope), each.subject)
            subject = self._lookup.fact(subjects[0]) if subjects else None
            child = subjects[0] if subject else TypeKey(-1, (path, each.text))
            name = each.subject[-1] if each.subject else each.text
            yield Edge(child, path, each.line, name, subject.kind if subject else "type", each.base, means)

    def _parents(self, key: TypeKey) -> list[TypeKey]:
        """The bases of a type, each as the first that it may mean."""
        edges = [] if key.external else self.edges_of([key])
        return [edge.means[0] if edge.means else TypeKey(-1, (edge.base.text,)) for edge in edges]

    def _outside(self, keys: Iterable[TypeKey]) -> Iterator[str]:
        """A sentence on bases that could not be followed."""
        named = {
            edge.base.text: f"{edge.base.text} ({edge.path}:{edge.base.line})"
            for edge in self.edges_of(keys)
            if not inside(edge.means)
        }
        if named:
            yield f"Not defined in the workspace: {comma_list(list(named.values()), _LISTED)}."

    def _base_relations(self, edge: Edge) -> Iterator[Relation]:
        own = inside(edge.means)
        for key in own:
            yield self.relation(key, edge.base.text)
        if not own:
            name = edge.base.parts[-1] if edge.base.parts else edge.base.text
            full = ".".join(edge.means[0].qualified) if edge.means else edge.base.text
            yield Relation(edge.path, edge.base.line, name, full, "external", edge.base.text)

    def relation(self, key: TypeKey, via: str = "") -> Relation:
        """A type, with what relates it."""
        fact = self._lookup.fact(key)
        name = ".".join(key.qualified)
        if key.external:
            return Relation("", 0, key.qualified[-1], name, "external", via)
        line, kind = (fact.line, fact.kind) if fact else (1, "variable")
        return Relation(self._snapshot.paths[key.row], line, key.qualified[-1], name, kind, via)

    def relations(self, edges: Iterable[Edge]) -> Iterator[Relation]:
        """Types with the base that each names."""
        for edge in edges:
            qualified = edge.child.qualified[-1] if edge.child.external else ".".join(edge.child.qualified)
            yield Relation(edge.path, edge.line, edge.name, qualified, edge.kind, edge.base.text)

    def _split(self, ref: Ref) -> tuple[Ref, str]:
        """A method as its type and its name."""
        if isinstance(ref, Symbol | Relation):
            qualified, path = ref.qualified_name, ref.path
        else:
            path, colons, qualified = str(ref).strip().partition("::")
            if not colons or ("/" not in path and path not in self._snapshot):
                path, qualified = "", str(ref).strip().replace("::", ".").replace("#", ".")
        owner, _, method = qualified.removesuffix("()").rpartition(".")
        if not owner:
            raise QueryError("Name the type too: 'Class.method' or 'path::Class.method'.")
        return (f"{path}::{owner}" if path else owner), method

    def _family(self, key: TypeKey) -> str:
        return family(self._index.file(key.row).language)

    def _families(self) -> Iterator[str]:
        """The families of languages in the workspace."""
        names = {
            language.name for row in range(len(self._snapshot)) if (language := self._index.language(row))
        }
        yield from {found for name in names if (found := family(name))}

    @staticmethod
    def _note(notes: Iterable[str]) -> str:
        return " ".join(dict.fromkeys(note for note in notes if note))


def of_symbol(symbol: Symbol, via: str) -> Relation:
    """A method as a relation."""
    return Relation(symbol.path, symbol.line, symbol.name, symbol.qualified_name, symbol.kind, via)


def limited(found: list[Relation], limit: int, notes: Iterable[str]) -> Results[Relation]:
    """As many as were asked for; the note says how many there are more."""
    omitted = max(0, len(found) - limit)
    told = [note for note in notes if note]
    if omitted:
        told.insert(0, f"{omitted:,} more than limit={limit}.")
    return Results(found[:limit], " ".join(dict.fromkeys(told)), omitted)
