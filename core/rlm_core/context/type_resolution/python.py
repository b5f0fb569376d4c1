"""Types of Python: names are bound by definitions, assignments and imports, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.type_resolution.names import Place, TypeKey, entries, inside
from rlm_core.syntax.type_facts import Binding, TypeFact

if TYPE_CHECKING:
    from rlm_core.context.type_index import TypeFile, TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot


class PythonTypes:
    """Resolves names in Python files."""

    def __init__(self, snapshot: Snapshot, index: TypeIndex, targets: ModuleTargets) -> None:
        self._snapshot = snapshot
        self._index = index
        self._targets = targets

    def resolve(self, place: Place, parts: Parts, steps: int) -> list[TypeKey]:
        """Returns what a name means."""
        if steps <= 0:
            return []
        file, rest = place.file, parts[1:]
        bound = entries(place, parts[0])
        found: list[TypeKey] = []
        for entry in bound:
            if isinstance(entry, TypeFact):
                found += self._member(file, entry, rest, steps - 1)
            elif entry is None or not entry.known:
                found.append(TypeKey(file.row, parts))
            elif entry.module:
                found += self._of_module(file, entry.module, (*entry.source, *rest), steps - 1)
            else:
                earlier = Place(file, entry.scope, entry.start)
                found += self.resolve(earlier, (*entry.source, *rest), steps - 1)
        return found if bound else self._by_star(file, parts, steps)

    def _by_star(self, file: TypeFile, parts: Parts, steps: int) -> list[TypeKey]:
        """What `from module import *` may have brought, the last one first."""
        for binding in reversed(file.named.get(((), ""), ())):
            if isinstance(binding, Binding) and not parts[0].startswith("_"):
                found = self._of_module(file, binding.module, parts, steps - 1)
                if inside(found):
                    return found
        return [TypeKey(-1, parts)]

    def _of_module(self, file: TypeFile, module: str, parts: Parts, steps: int) -> list[TypeKey]:
        path = self._snapshot.paths[file.row]
        target = self._targets.of("Python", path, module)
        external = [TypeKey(-1, (*(part for part in module.split(".") if part), *parts))]
        if not parts or steps <= 0:
            return external
        if target and not target.endswith("/"):
            other = self._index.file(self._snapshot.index(target))
            if other.row != file.row or ((), parts[0]) in file.named:
                found = self.resolve(Place(other), parts, steps - 1)
                if inside(found):
                    return found
                external = external if found == [TypeKey(-1, parts)] else found
        if len(parts) > 1:  # a module below a package has no name in it
            joint = "" if module.endswith(".") else "."
            inner = f"{module}{joint}{parts[0]}"
            if self._targets.of("Python", path, inner):
                return self._of_module(file, inner, parts[1:], steps - 1)
        return external

    def _member(self, file: TypeFile, fact: TypeFact, parts: Parts, steps: int) -> list[TypeKey]:
        """A type in a type: its own, or that of a base."""
        if not parts:
            return [TypeKey(file.row, fact.qualified)]
        for entry in reversed(file.named.get((fact.qualified, parts[0]), [])):
            if isinstance(entry, TypeFact):
                return self._member(file, entry, parts[1:], steps - 1)
            if isinstance(entry, Binding) and entry.source and not entry.module:
                place = Place(file, fact.qualified, entry.start)
                return self.resolve(place, (*entry.source, *parts[1:]), steps - 1)
        return self._inherited(file, fact, parts, steps // 2)

    def _inherited(self, file: TypeFile, fact: TypeFact, parts: Parts, steps: int) -> list[TypeKey]:
        place = Place(file, fact.scope, fact.start)
        for base in fact.bases if steps > 0 else ():
            for key in inside(self.resolve(place, base.parts, steps - 1) if base.parts else []):
                other = self._index.file(key.row)
                for above in other.types_at(key.qualified):
                    if above is not fact and (found := self._member(other, above, parts, steps - 1)):
                        return found
        return []
