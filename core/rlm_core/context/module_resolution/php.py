"""Names and included files of PHP: `composer.json` says which folder a namespace is in."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.module_resolution.layout import Mentions, joined, nearest
from rlm_core.context.module_resolution.project_files import table, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.module_resolution.layout import Layout
    from rlm_core.context.module_resolution.project_files import ProjectFiles
    from rlm_core.context.module_resolution.shell import ShellModules

_NAMESPACE = re.compile(
    rb"^[ \t]*(?:<\?php[ \t]+)?namespace[ \t]+([\w\\\x80-\xff]{1,500})[ \t]*[;{\r\n]", re.MULTILINE
)


class _Prefix(NamedTuple):
    """Where the names below a namespace are.

    Attributes:
        parts: of the namespace.
        folder: where they are.
        whole: whether the folders have the prefix again (PSR-0).
    """

    parts: tuple[str, ...]
    folder: str
    whole: bool


class PhpModules:
    """Resolves `use` and `require`."""

    def __init__(self, layout: Layout, files: ProjectFiles, shell: ShellModules) -> None:
        self._layout = layout
        self._files = files
        self._shell = shell
        self._namespaces: dict[str, str | None] = {}

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns the file of a class, or the one that is included."""
        if "'" in module or '"' in module or "/" in module:
            return self._shell.resolve(path, re.sub(r"\s*\.\s*(?=['\"])", "", module).strip("()"))
        parts = module.strip("\\").split("\\")
        return self._by_prefix(path, parts) or self._by_name(path, parts)

    def mentions(self, path: str) -> Mentions:
        """Returns how other files name a file."""
        return Mentions([posixpath.basename(path).partition(".")[0]])

    def _by_prefix(self, path: str, parts: list[str]) -> str:
        """The file that the longest prefix leads to; of several projects' the nearest one's."""
        longest = 0
        found: list[str] = []
        for prefix in self._prefixes:
            size = len(prefix.parts)
            if size < longest:
                break
            if tuple(parts[:size]) == prefix.parts and len(parts) > size:
                inside = parts if prefix.whole else parts[size:]
                candidate = joined(prefix.folder, "/".join(inside) + ".php")
                if candidate in self._layout.snapshot:
                    found.append(candidate)
                    longest = size
        return nearest(path, found)

    def _by_name(self, path: str, parts: list[str]) -> str:
        """The file with the name of a class that says that it is in its namespace.

        Without a namespace of its own, its folders have to be called like the last part of the name's.
        """
        namespace = "\\".join(parts[:-1]).lower()
        found, usual = [], []
        for candidate in self._layout.named(f"{parts[-1]}.php"):
            declared = self._namespace(candidate)
            if declared is not None and declared == namespace:
                found.append(candidate)
            elif declared is None and f"/{candidate}".endswith("/" + "/".join(parts[-2:]) + ".php"):
                usual.append(candidate)
        return nearest(path, found or usual)

    def _namespace(self, path: str) -> str | None:
        """The namespace that a file declares, in lower case as PHP compares them; None where it has none."""
        if path not in self._namespaces:
            snapshot = self._layout.snapshot
            found = _NAMESPACE.search(snapshot.data(snapshot.index(path)))
            self._namespaces[path] = (
                found[1].decode("utf-8", "replace").strip("\\").lower() if found else None
            )
        return self._namespaces[path]

    @cached_property
    def _prefixes(self) -> list[_Prefix]:
        """The prefixes of all projects, the longest first."""
        found: list[_Prefix] = []
        for path in self._layout.named("composer.json"):
            if "/vendor/" not in f"/{path}":
                found += self._of_project(posixpath.dirname(path))
        return sorted(found, key=lambda prefix: -len(prefix.parts))

    def _of_project(self, folder: str) -> Iterator[_Prefix]:
        manifest = self._files.json(posixpath.join(folder, "composer.json"))
        for part in ("autoload", "autoload-dev"):
            for kind in ("psr-4", "psr-0"):
                for name, places in table(manifest, part, kind).items():
                    parts = tuple(filter(None, name.split("\\")))
                    for place in texts(places) or ["."]:
                        yield _Prefix(parts, joined(folder, place), kind == "psr-0")
