"""Modules of Go: `go.mod`, `go.work`, their replacements, and what is vendored."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.module_resolution.layout import Mentions, joined, upwards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.module_resolution.layout import Layout
    from rlm_core.context.module_resolution.project_files import ProjectFiles

_PATH = r"""["`]?([^\s"`()]+)["`]?"""
_MODULE = re.compile(rf"^[ \t]*module[ \t]*\(?\s*{_PATH}", re.MULTILINE)
# Also a line of a block; a version may stand before the arrow.
_REPLACE = re.compile(
    rf"""^[ \t]*(?:replace[ \t]+)?{_PATH}(?:[ \t]+v[^\s=]*)?[ \t]*=>[ \t]*["`]?(\.{{1,2}}/[^\s"`]*)""",
    re.MULTILINE,
)


class _Module(NamedTuple):
    """Attributes: its path, its folder, and the folder below which it has that path."""

    path: str
    folder: str
    scope: str


class GoModules:
    """Resolves the imports of Go."""

    def __init__(self, layout: Layout, files: ProjectFiles) -> None:
        self._layout = layout
        self._files = files

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns the folder of the package that an import means."""
        name = module.strip('"`')
        for folder in self._folders(posixpath.dirname(path), name):
            if folder in self._layout.folders:
                return f"{folder}/" if folder else "./"
        return ""

    def mentions(self, path: str) -> Mentions:
        """Returns how imports name the package of a file."""
        folder = posixpath.dirname(path)
        roots = {posixpath.basename(module.path) for module in self._modules if module.folder == folder}
        return Mentions(sorted(roots) or [posixpath.basename(folder)])

    def _folders(self, near: str, name: str) -> Iterator[str]:
        for module in self._modules:
            known = not module.scope or f"{near}/".startswith(f"{module.scope}/")
            if known and f"{name}/".startswith(f"{module.path}/"):
                yield posixpath.join(module.folder, name[len(module.path) + 1 :]).rstrip("/")
        yield from (posixpath.join(above, "vendor", name) for above in upwards(near))

    @cached_property
    def _modules(self) -> list[_Module]:
        """Modules, the longest path first; what a path is replaced by before what has it."""
        replaced: list[_Module] = []
        found: list[_Module] = []
        for path in (*self._layout.named("go.mod"), *self._layout.named("go.work")):
            folder, text = posixpath.dirname(path), self._files.text(path)
            if match := _MODULE.search(text):
                found.append(_Module(match[1], folder, ""))
            replaced += (
                _Module(match[1], joined(folder, match[2]), folder) for match in _REPLACE.finditer(text)
            )
        return sorted(replaced + found, key=lambda module: -len(module.path))
