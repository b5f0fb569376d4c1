"""Type lookup: which types an argument means: a name, `path::Class`, a symbol or another result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.find import name_parts
from rlm_core.context.paths import resolve_path
from rlm_core.context.results import Results
from rlm_core.context.type_resolution.names import TypeKey
from rlm_core.errors import QueryError
from rlm_core.syntax.symbols import Symbol
from rlm_core.wording import comma_list

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rlm_core.context.find import DefinitionFinder
    from rlm_core.context.slicing import Ref
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_resolution.resolver import TypeResolver
    from rlm_core.syntax.type_facts import TypeFact
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

_LISTED = 6
_MOST_DEFINITIONS = 1000


class TypeLookup:
    """Finds the types that are meant, in one snapshot."""

    def __init__(
        self, snapshot: Snapshot, finder: DefinitionFinder, index: TypeIndex, resolver: TypeResolver
    ) -> None:
        self._snapshot = snapshot
        self._finder = finder
        self._index = index
        self._resolver = resolver

    def fact(self, key: TypeKey) -> TypeFact | None:
        """What is known of a type; the first of several definitions."""
        if key.external:
            return None
        return next(iter(self._index.file(key.row).types_at(key.qualified)), None)

    def types(self, ref: Ref) -> Results[TypeKey]:
        """Returns the types that are meant; one outside of the workspace where none of the name is in it.

        The note says why nothing can be known, or which others have the name.

        Raises:
            QueryError: there is no such file, or what is given is no reference.
        """
        if isinstance(ref, Symbol):
            return self._of(ref.path, tuple(ref.qualified_name.split(".")), ref.line)
        if not isinstance(ref, str):
            if hasattr(ref, "qualified_name"):
                return self._of(ref.path, tuple(ref.qualified_name.split(".")), ref.line)
            raise QueryError("This takes the name of a type, 'path::Class' or a result that is a type.")
        path, colons, name = ref.strip().partition("::")
        if colons and ("/" in path or path in self._snapshot):
            return self._of(resolve_path(self._snapshot, path), tuple(name_parts(name)), 0)
        parts = tuple(name_parts(ref))
        if not parts:
            raise QueryError("This needs the name of a type.")
        return self._by_module(parts) or self._by_name(parts)

    def _of(self, path: str, qualified: Parts, line: int) -> Results[TypeKey]:
        row = self._snapshot.index(path)
        file = self._index.file(row)
        if file.failure:
            return Results(note=f"{path}: {file.failure}")
        own = [fact for fact in file.facts.types if fact.qualified[-len(qualified) :] == qualified]
        at_line = [fact for fact in own if fact.line == line]
        found = [TypeKey(row, fact.qualified) for fact in at_line or own]
        found = found or self._resolver.exported(path, qualified)
        if found:
            return Results(dict.fromkeys(found))
        if not file.known:
            return Results(note=self.unknown([row]))
        return Results(note=f"{path} has no type {'.'.join(qualified)}.")

    def _by_module(self, parts: Parts) -> Results[TypeKey]:
        """A name with the Python module that it is taken from."""
        for count in range(len(parts) - 1, 0, -1):
            target = self._resolver.module("Python", ".".join(parts[:count]))
            if target and not target.endswith("/"):
                return Results(self._resolver.exported(target, parts[count:]))
        return Results()

    def _by_name(self, parts: Parts) -> Results[TypeKey]:
        symbols = self._finder.find(parts[-1], None, _MOST_DEFINITIONS)
        exact = [symbol for symbol in symbols if symbol.name == parts[-1]]
        found: dict[TypeKey, TypeFact] = {}
        unknown: set[int] = set()
        for symbol in exact:
            row = self._snapshot.index(symbol.path)
            file = self._index.file(row)
            facts = [fact for fact in file.facts.types if fact.name == parts[-1] and fact.line == symbol.line]
            found.update({TypeKey(row, fact.qualified): fact for fact in facts})
            if not facts and symbol.kind in {"class", "struct", "interface", "enum"} and not file.known:
                unknown.add(row)
        if len(parts) > 1:
            around = {key: [*self._snapshot.paths[key.row].split("/"), *key.qualified[:-1]] for key in found}
            within = [key for key in found if _is_within(parts[:-1], around[key])]
            nearest = [key for key in within if parts[-2] in _names(around[key][-2:])]
            found = {key: found[key] for key in nearest or within}
        if not found and unknown:
            return Results(note=self.unknown(unknown))
        if not found:
            return Results([TypeKey(-1, parts)], f"No type {'.'.join(parts)} is defined in the workspace.")
        note = ""
        if len(found) > 1:
            places = [f"{self._snapshot.paths[key.row]}:{fact.line}" for key, fact in found.items()]
            note = (
                f"{parts[-1]} is defined {len(found)} times, all are meant: {comma_list(places, _LISTED)}; "
                f"'{self._snapshot.paths[next(iter(found)).row]}::{'.'.join(next(iter(found)).qualified)}' "
                "is one."
            )
        return Results(found, note)

    def unknown(self, rows: Iterable[int]) -> str:
        """A sentence on files in whose language bases are not known."""
        names = {
            (language.name if language else "this kind of file")
            for language in (self._index.language(row) for row in rows)
        }
        return f"Bases are not known in {comma_list(sorted(names), _LISTED)}; grep works."


def _is_within(parts: Parts, around: Iterable[str]) -> bool:
    """Whether names stand in this order among others, folders and files without their ending."""
    rest = iter(_names(around))
    return all(part in rest for part in parts)


def _names(around: Iterable[str]) -> list[str]:
    return [name.partition(".")[0] for name in around]
