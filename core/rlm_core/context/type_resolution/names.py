"""Names in a file: where one is written, what it may stand for there, and what it turns out to be."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.lru import WeightedLru

if TYPE_CHECKING:
    from rlm_core.context.module_resolution.resolver import ModuleResolver
    from rlm_core.context.type_index import TypeFile
    from rlm_core.syntax.type_facts import Binding, TypeFact
    from rlm_core.syntax.type_names import Parts

END = 1 << 62
_CACHED_TARGETS = 200_000


class TypeKey(NamedTuple):
    """A type: the file and its qualified name; what is not in the workspace has -1 for a file."""

    row: int
    qualified: Parts

    @property
    def external(self) -> bool:
        """Whether it is not in the workspace, or not known to be."""
        return self.row < 0


class Place(NamedTuple):
    """Where a name is written.

    Attributes:
        file: the file.
        scope: names of what it is in there.
        at: byte offset, as what is bound behind it does not count; the end by default.
    """

    file: TypeFile
    scope: Parts = ()
    at: int = END


def entries(place: Place, name: str) -> list[TypeFact | Binding | None]:
    """Returns what a name may stand for: its last definition, and those in branches behind that.

    None stands for what is no type.
    """
    for depth in range(len(place.scope), -1, -1):
        bound = place.file.named.get((place.scope[:depth], name), [])
        if bound:
            before = [entry for entry in bound if entry is None or entry.start < place.at] or bound
            chosen: list[TypeFact | Binding | None] = []
            for entry in reversed(before):
                chosen.append(entry)
                if entry is None or not entry.conditional:
                    break
            return chosen
    return []


def inside(keys: list[TypeKey]) -> list[TypeKey]:
    """Returns those that are in the workspace."""
    return [key for key in keys if not key.external]


class ModuleTargets:
    """Which files modules mean, kept: a module means the same in every file of a folder."""

    def __init__(self, modules: ModuleResolver) -> None:
        self._modules = modules
        self._targets: WeightedLru[tuple[str, str, str], str] = WeightedLru(_CACHED_TARGETS)

    def of(self, language: str, path: str, module: str) -> str:
        """Returns the file or the folder that a module means in a file, or an empty string."""
        place = path if language == "Rust" else posixpath.dirname(path)
        return self._targets.get(
            (language, place, module),
            lambda: self._found(language, path, module),
            lambda _: 0,
        )

    def _found(self, language: str, path: str, module: str) -> str:
        modules = self._modules.of(language)
        return modules.resolve(path, module) if modules else ""
