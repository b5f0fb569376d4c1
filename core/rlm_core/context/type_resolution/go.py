"""Types of Go: a name is one of the package, which is a folder, or of an imported one."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from rlm_core.context.type_resolution.names import Place, TypeKey

if TYPE_CHECKING:
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot


class GoTypes:
    """Resolves names in Go files."""

    def __init__(self, snapshot: Snapshot, index: TypeIndex, targets: ModuleTargets) -> None:
        self._snapshot = snapshot
        self._index = index
        self._targets = targets

    def resolve(self, place: Place, parts: Parts, _steps: int) -> list[TypeKey]:
        """Returns what a name means."""
        path = self._snapshot.paths[place.file.row]
        package, full = package_of(path), parts
        if len(parts) > 1:
            package = ""
            for binding in place.file.facts.bindings:
                module = binding.module.strip('"`')
                if module and parts[0] == (binding.name or posixpath.basename(module)):
                    package, full = self._targets.of("Go", path, binding.module), (module, *parts[1:])
                    break
        named = self._index.declared("Go", parts[-1]) if package else ()
        found = [
            TypeKey(file.row, fact.qualified)
            for file, fact in named
            if package_of(self._snapshot.paths[file.row]) == package
        ]
        return found or [TypeKey(-1, full)]


def package_of(path: str) -> str:
    """Returns the folder of a file as imports mean it, with `/` behind it."""
    return f"{posixpath.dirname(path) or '.'}/"
