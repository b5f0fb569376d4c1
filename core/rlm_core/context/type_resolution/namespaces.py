"""Types in namespaces (Java, C#, C++, PHP, Ruby, Rust): a name is visible by its place, or by a `use`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.type_headers import family
from rlm_core.context.type_resolution.names import Place, TypeKey, entries, inside
from rlm_core.syntax.type_facts import Binding

if TYPE_CHECKING:
    from rlm_core.context.type_index import TypeFile, TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

# Languages in which a name that is neither near nor imported is the language's own.
CLOSED = frozenset({"Java", "PHP", "Rust", "Go"})
# Parts of a path that are no part of a Rust module's name.
_UNNAMED_PARTS = frozenset({"src", "lib", "mod", "main"})
_RUST_ROOTS = frozenset({"crate", "self", "super"})

# Full names of types that have the name that is looked for.
_Named = dict[TypeKey, tuple[str, ...]]


class NamespacedTypes:
    """Resolves names by comparing the full names of all types that are called so."""

    def __init__(self, snapshot: Snapshot, index: TypeIndex, targets: ModuleTargets) -> None:
        self._snapshot = snapshot
        self._index = index
        self._targets = targets

    def resolve(self, place: Place, parts: Parts, steps: int) -> list[TypeKey]:
        """Returns what a name means."""
        full, bound = self._expanded(place, parts, steps)
        named = {
            TypeKey(file.row, fact.qualified): self._full_name(file, fact.qualified)
            for file, fact in self._index.declared(family(place.file.language), full[-1])
        }
        if not named:
            return [TypeKey(-1, full)]
        if bound or len(full) > 1:
            return self._qualified(place, named, full)
        return self._near(place, named, full) or self._by_wildcard(place, named, full)

    def _full_name(self, file: TypeFile, qualified: Parts) -> Parts:
        if file.language == "Rust":
            path = self._snapshot.paths[file.row].removesuffix(".rs").split("/")
            return (*(part.replace("-", "_") for part in path if part not in _UNNAMED_PARTS), *qualified)
        return (*file.facts.namespace, *qualified)

    def _expanded(self, place: Place, parts: Parts, steps: int) -> tuple[Parts, bool]:
        """A name with what its first part stands for, and whether it stands for anything else."""
        bound = False
        anywhere = Place(place.file, place.scope)
        for _ in range(steps):
            stand_for = [each for each in entries(anywhere, parts[0]) if isinstance(each, Binding)]
            if not stand_for or not stand_for[0].known or not stand_for[0].source:
                break
            bound = True
            source = stand_for[0].source
            if source[0] == parts[0]:  # `use a::b` in a crate a, `using A::B`
                return (*source, *parts[1:]), True
            parts = (*source, *parts[1:])
        return parts, bound

    def _near(self, place: Place, named: _Named, full: Parts) -> list[TypeKey]:
        """Types in what is around a place, the innermost first: in the file, in the namespace."""
        for depth in range(len(place.scope), -1, -1):
            here = (*place.scope[:depth], *full)
            if (own := TypeKey(place.file.row, here)) in named:
                return [own]
            around = self._full_name(place.file, here)
            if len(around) > 1 and (near := [key for key, name in named.items() if name == around]):
                return near
        return []

    def _qualified(self, place: Place, named: _Named, full: Parts) -> list[TypeKey]:
        """Types by a name with a qualifier, written or by a `use`."""
        language = place.file.language
        if language == "Rust":
            return self._rust(place, named, full)
        for depth in range(len(place.scope), -1, -1):
            around = self._full_name(place.file, (*place.scope[:depth], *full))
            if exact := [key for key, name in named.items() if name in (full, around)]:
                return exact
        ending = [key for key, name in named.items() if name[-len(full) :] == full]
        return ending if ending and language not in CLOSED else [TypeKey(-1, full)]

    def _rust(self, place: Place, named: _Named, full: Parts) -> list[TypeKey]:
        paths = self._snapshot.paths
        path = paths[place.file.row]
        target = self._targets.of("Rust", path, "::".join(full))
        here = [key for key in named if paths[key.row] == target and len(key.qualified) == 1]
        if here:
            return here
        if not target and full[0] not in _RUST_ROOTS:
            own = [key for key in named if key.row == place.file.row and key.qualified[-len(full) :] == full]
            return own or [TypeKey(-1, full)]
        # It is exported again from where it is taken: whatever it may be in that crate.
        crate = (target or path).partition("/src/")[0]
        found = [key for key in named if paths[key.row].startswith(f"{crate}/")]
        return found or [TypeKey(-1, full)]

    def _by_wildcard(self, place: Place, named: _Named, full: Parts) -> list[TypeKey]:
        """Types of namespaces that are imported as a whole; else all, where any may be visible."""
        language = place.file.language
        wildcards = [each.source for each in place.file.facts.bindings if not each.name]
        if language == "Rust":
            found = [key for source in wildcards for key in self._rust(place, named, (*source, *full))]
            return inside(found) or [TypeKey(-1, full)]
        if found := [key for key, name in named.items() if name[:-1] in wildcards]:
            return found
        return [TypeKey(-1, full)] if language in CLOSED else list(named)
