"""Types of JavaScript and TypeScript: names are imported and exported, or in namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.type_resolution.names import Place, TypeKey, entries, inside
from rlm_core.syntax.type_facts import TypeFact

if TYPE_CHECKING:
    from rlm_core.context.type_index import TypeFile, TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

SCRIPTS = frozenset({"JavaScript", "TypeScript", "TSX", "Vue", "Svelte", "Astro"})


class ScriptTypes:
    """Resolves names in scripts."""

    def __init__(self, snapshot: Snapshot, index: TypeIndex, targets: ModuleTargets) -> None:
        self._snapshot = snapshot
        self._index = index
        self._targets = targets

    def resolve(self, place: Place, parts: Parts, steps: int) -> list[TypeKey]:
        """Returns what a name means."""
        if steps <= 0:
            return []
        file, rest = place.file, parts[1:]
        found: list[TypeKey] = []
        for entry in entries(place, parts[0]):
            if isinstance(entry, TypeFact):
                found.append(TypeKey(file.row, (*entry.qualified, *rest)))
            elif entry is None:
                found += self._in_namespace(place, parts)
            elif entry.module:
                found += self._of_module(file, entry.module, (*entry.source, *rest), steps - 1)
            elif entry.known and entry.source[0] != parts[0]:
                found += self.resolve(place, (*entry.source, *rest), steps - 1)
            else:
                found.append(TypeKey(file.row, parts))
        return found or self._in_namespace(place, parts)

    def exported(self, file: TypeFile, parts: Parts, steps: int) -> list[TypeKey]:
        """Returns what a name means that another file takes from one; nothing where it is not known."""
        if steps <= 0 or not parts:
            return []
        found: list[TypeKey] = []
        for binding in file.exported.get(parts[0], ()):
            rest = (*binding.source, *parts[1:])
            if binding.module:
                found += self._of_module(file, binding.module, rest, steps - 1)
            else:
                found += self.resolve(Place(file), rest, steps - 1)
        if not found and ((), parts[0]) in file.named:
            found = self.resolve(Place(file), parts, steps - 1)
        if not found and parts[0] == "default":
            found = self.exported(file, parts[1:], steps - 1)  # `require(…).Name`
        if not found:
            for binding in file.exported.get("", ()):
                found += inside(self._of_module(file, binding.module, parts, steps - 1))
        return found

    def _in_namespace(self, place: Place, parts: Parts) -> list[TypeKey]:
        """Types of namespaces, which may be continued in other files, and of scripts without modules."""
        found: list[TypeKey] = []
        for other, fact in self._index.declared("JavaScript", parts[-1]):
            for depth in range(len(place.scope), -1, -1):
                shared = other.row == place.file.row or depth or not _is_module(other)
                if shared and fact.qualified == (*place.scope[:depth], *parts):
                    found.append(TypeKey(other.row, fact.qualified))
        return found or [TypeKey(-1, parts)]

    def _of_module(self, file: TypeFile, module: str, parts: Parts, steps: int) -> list[TypeKey]:
        target = self._targets.of(file.language, self._snapshot.paths[file.row], module)
        external = [TypeKey(-1, (module.strip("'\"`"), *parts))]
        if not target or target.endswith("/") or not parts or steps <= 0:
            return external
        other = self._index.file(self._snapshot.index(target))
        return self.exported(other, parts, steps - 1) or external


def _is_module(file: TypeFile) -> bool:
    return bool(file.exported) or any(binding.module for binding in file.facts.bindings)
