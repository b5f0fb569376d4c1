"""Type resolver: names of types, by the way in which the language of a file binds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rlm_core.context.type_resolution.go import GoTypes
from rlm_core.context.type_resolution.names import Place, TypeKey, inside
from rlm_core.context.type_resolution.namespaces import NamespacedTypes
from rlm_core.context.type_resolution.python import PythonTypes
from rlm_core.context.type_resolution.scripts import SCRIPTS, ScriptTypes

if TYPE_CHECKING:
    from rlm_core.context.type_index import TypeIndex
    from rlm_core.context.type_resolution.names import ModuleTargets
    from rlm_core.syntax.type_names import Parts
    from rlm_core.workspace.snapshot import Snapshot

# Imports of imports: no library has as many, and hostile text may go round in circles.
_MAX_STEPS = 40


class _Types(Protocol):
    def resolve(self, place: Place, parts: Parts, steps: int, /) -> list[TypeKey]: ...


class TypeResolver:
    """Resolves names of types over one snapshot."""

    def __init__(self, snapshot: Snapshot, index: TypeIndex, targets: ModuleTargets) -> None:
        self._snapshot = snapshot
        self._index = index
        self._targets = targets
        self._scripts = ScriptTypes(snapshot, index, self._targets)
        self._namespaces = NamespacedTypes(snapshot, index, self._targets)
        self._types: dict[str, _Types] = {
            "Python": PythonTypes(snapshot, index, self._targets),
            "Go": GoTypes(snapshot, index, self._targets),
            **dict.fromkeys(SCRIPTS, self._scripts),
        }

    def resolve(self, place: Place, parts: Parts) -> list[TypeKey]:
        """Returns what a name means; what is not in the workspace too, with the module that it is from."""
        if not parts:
            return []
        types = self._types.get(place.file.language, self._namespaces)
        return list(dict.fromkeys(types.resolve(place, parts, _MAX_STEPS)))

    def exported(self, path: str, parts: Parts) -> list[TypeKey]:
        """Returns what a name means that another file takes from a file."""
        file = self._index.file(self._snapshot.index(path))
        if file.language in SCRIPTS:
            return self._scripts.exported(file, parts, _MAX_STEPS)
        return inside(self.resolve(Place(file), parts))

    def module(self, language: str, name: str) -> str:
        """Returns the file that a module means, seen from the root of the workspace."""
        return self._targets.of(language, "", name)
