"""Implementers and methods (`context.implementers`, `methods`): who has what an interface asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.hierarchy import limited, of_symbol
from rlm_core.context.results import Results
from rlm_core.context.rows import Relation
from rlm_core.context.type_resolution.names import Place
from rlm_core.errors import QueryError
from rlm_core.syntax.symbols import CALLABLES, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.go_methods import GoMethods
    from rlm_core.context.hierarchy import Hierarchy
    from rlm_core.context.slicing import Ref
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_lookup import TypeLookup
    from rlm_core.context.type_resolution.names import TypeKey
    from rlm_core.context.type_resolution.resolver import TypeResolver
    from rlm_core.syntax.symbols import Symbol

_SHAPES = frozenset({"Python", "TypeScript", "TSX"})


class Implementers:
    """Finds implementers and methods of the types of one snapshot."""

    def __init__(
        self,
        definitions: Definitions,
        index: TypeIndex,
        resolver: TypeResolver,
        lookup: TypeLookup,
        hierarchy: Hierarchy,
        go: GoMethods,
    ) -> None:
        self._definitions = definitions
        self._index = index
        self._resolver = resolver
        self._lookup = lookup
        self._hierarchy = hierarchy
        self._go = go

    def implementers(self, ref: Ref, limit: int) -> Results[Relation]:
        """Returns the types that implement an interface, in order of path and line.

        In Go those that have its methods, elsewhere those that say so, and types below them.
        """
        if limit < 1:
            raise QueryError("implementers needs a limit of at least 1.")
        keys = self._lookup.types(ref)
        languages = {self._language(key) for key in keys}
        notes = [keys.note]
        if "Go" in languages or (languages == {""} and self._go.knows(keys[0])):
            notes = [] if languages == {""} else notes
            found: list[Relation] = []
            for key in keys:
                implementing, more = self._go.implementers(key)
                found += [self._hierarchy.relation(each, how) for each, how in implementing]
                notes += more
        else:
            # In Rust a type that has a trait has those above it by an `impl` of its own.
            descent = self._hierarchy.descend(keys, transitive="Rust" not in languages)
            below = self._hierarchy.relations(descent.edges.values())
            found = [each for each in below if each.kind != "interface"]
            notes += descent.notes
        if languages & _SHAPES:
            notes.append("By what types say: others may have its shape.")
        found.sort(key=lambda each: (each.path, each.line))
        return limited(found, limit, notes)

    def methods(self, ref: Ref) -> Results[Relation]:
        """Returns the methods of a type, inherited and promoted ones too; `via` is the type that has it."""
        keys = self._lookup.types(ref)
        notes = [keys.note]
        found: dict[str, Relation] = {}
        for key in keys[:1]:
            if self._language(key) == "Go":
                having = self._go.of(key)
                for name, each in sorted(having.methods.items()):
                    via = " ".join(each.via)
                    owner = f"{each.method.owner or '.'.join(key.qualified)}.{name}"
                    found[name] = Relation(each.path, each.method.line, name, owner, "method", via)
                notes += [f"Methods of {name} are not known." for name in having.unknown]
                continue
            order = self._hierarchy.mro(ref)
            notes = [order.note]
            for symbol, via in self._inherited(key):
                if symbol.name not in found:
                    found[symbol.name] = of_symbol(symbol, via)
        return Results(found.values(), " ".join(note for note in dict.fromkeys(notes) if note))

    def _inherited(self, key: TypeKey) -> Iterator[tuple[Symbol, str]]:
        """Methods of a type and of its ancestors, in order of lookup, with the ancestor that has each."""
        for ancestor in self._hierarchy.order(key).keys:
            if ancestor.external:
                continue
            via = "" if ancestor == key else ".".join(ancestor.qualified)
            members = list(self._hierarchy.members(ancestor))
            if self._language(ancestor) == "Rust":
                members += self._rust_members(ancestor)
            yield from ((symbol, via) for symbol in members if symbol.kind in CALLABLES)

    def _rust_members(self, key: TypeKey) -> Iterator[Symbol]:
        """What is implemented for a type in other files."""
        name = key.qualified[-1]
        for row in self._index.implementing(key.row, name):
            if row != key.row and key in self._resolver.resolve(Place(self._index.file(row)), (name,)):
                for symbol in walk(self._definitions.of(row)):
                    if symbol.qualified_name == f"{name}.{symbol.name}":
                        yield symbol

    def _language(self, key: TypeKey) -> str:
        return "" if key.external else self._index.file(key.row).language
