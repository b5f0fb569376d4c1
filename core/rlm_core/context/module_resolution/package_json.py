"""`package.json`: packages of the workspace by name, and which files their entries stand for."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from rlm_core.context.module_resolution.layout import joined, nearest, upwards
from rlm_core.context.module_resolution.project_files import table, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.module_resolution.layout import Layout
    from rlm_core.context.module_resolution.project_files import ProjectFiles, Table

# What a package is for others, where it has no `exports`; the source first, since its output is seldom here.
_ENTRIES = ("source", "module", "main", "browser", "types", "typings", "svelte")
_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
# Another name for a package of the workspace: `"alias": "workspace:@acme/parts@*"`, or for a folder.
_ALIASED = re.compile(r"(?:workspace|npm):(@?[^@/\s]+(?:/[^@/\s]+)?)@")
_LOCAL = re.compile(r"(?:workspace|file|link|portal):(\.{1,2}(?:/.*)?)", re.DOTALL)
# Conditions nest two or three levels; what is beyond these bounds nobody wrote.
_MAX_TARGETS = 64
_MAX_LEVELS = 8


class Alias(NamedTuple):
    """A name for paths.

    Attributes:
        name: what an import says; at most one `*` stands for any text.
        target: the path that it means, from the workspace's root, with the same `*`.
    """

    name: str
    target: str

    def applied(self, name: str) -> str | None:
        """Returns what a name means by this alias; None when it is another name."""
        return _replaced(self.name, self.target, name)

    def reversed(self, path: str) -> str | None:
        """Returns the name that means a path; None when none does."""
        return _replaced(self.target, self.name, path)


class Packages:
    """The packages of a workspace that have a `package.json`."""

    def __init__(self, layout: Layout, files: ProjectFiles) -> None:
        self._layout = layout
        self._files = files

    def manifest(self, folder: str) -> Table:
        """Returns the manifest of a folder; empty without."""
        return self._files.json(posixpath.join(folder, "package.json"))

    def split(self, path: str, name: str) -> tuple[str, str] | None:
        """Returns the folder of the package that a name begins with, and the rest of the name.

        Args:
            path: the file with the import; it may know a package by a name of its own.
            name: of a module.
        """
        package = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
        folders = self._folders.get(package) or self._folder_by_dependency(path, package)
        return (nearest(path, folders), name[len(package) + 1 :]) if folders else None

    def entries(self, folder: str, rest: str) -> Iterator[str]:
        """Yields what a package may mean by a name in it, or by its own name: paths without an ending."""
        manifest = self.manifest(folder)
        exported = _matching(_subpaths(manifest.get("exports")), f"./{rest}" if rest else ".")
        yield from (joined(folder, target) for target in exported)
        if not rest:
            yield from (joined(folder, entry) for key in _ENTRIES if (entry := text(manifest.get(key))))
        yield from (joined(folder, place) for place in (rest or ".", f"src/{rest}", f"lib/{rest}"))

    def own_imports(self, path: str, name: str) -> Iterator[str]:
        """Yields what a name with `#` means to the package of a file: a path, or another module's name."""
        for folder in upwards(posixpath.dirname(path)):
            if posixpath.join(folder, "package.json") in self._layout.snapshot:
                for target in _matching(table(self.manifest(folder), "imports"), name):
                    yield joined(folder, target) if target.startswith(".") else target
                return

    @cached_property
    def aliases(self) -> list[Alias]:
        """Names that manifests give to paths."""
        found: list[Alias] = []
        named: dict[str, list[str]] = {}
        for name, folders in self._folders.items():
            for folder in folders:
                for key, value in _subpaths(self.manifest(folder).get("exports")).items():
                    shown = name + key[1:] + "*" * key.endswith("/")
                    found += (Alias(shown, joined(folder, target)) for target in _starred(key, value))
                named.setdefault(name, []).extend(self.entries(folder, ""))
        for folder in self._manifest_folders:
            for key, value in table(self.manifest(folder), "imports").items():
                found += (Alias(key, joined(folder, target)) for target in _starred(key, value))
            for alias, name in self._renamed(folder).items():
                found += (Alias(alias, target) for target in named.get(name, ()))
        return [*found, *(Alias(name, target) for name, targets in named.items() for target in targets)]

    @cached_property
    def _manifest_folders(self) -> list[str]:
        return [
            posixpath.dirname(path)
            for path in self._layout.named("package.json")
            if "/node_modules/" not in f"/{path}"
        ]

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        packages: dict[str, list[str]] = {}
        for folder in self._manifest_folders:
            if name := text(self.manifest(folder).get("name")):
                packages.setdefault(name, []).append(folder)
        return packages

    def _folder_by_dependency(self, path: str, package: str) -> list[str]:
        for folder in upwards(posixpath.dirname(path)):
            for key in _DEPENDENCIES:
                version = text(table(self.manifest(folder), key).get(package))
                if local := _LOCAL.fullmatch(version):
                    return [joined(folder, local[1])]
                if alias := _ALIASED.match(version):
                    return self._folders.get(alias[1], [])
        return []

    def _renamed(self, folder: str) -> dict[str, str]:
        """Packages of the workspace by the name that a manifest's dependencies have for them."""
        names = {other: name for name, folders in self._folders.items() for other in folders}
        renamed: dict[str, str] = {}
        for key in _DEPENDENCIES:
            for alias, version in table(self.manifest(folder), key).items():
                if local := _LOCAL.fullmatch(text(version)):
                    renamed[alias] = names.get(joined(folder, local[1]), alias)
                elif match := _ALIASED.match(text(version)):
                    renamed[alias] = match[1]
        return {alias: name for alias, name in renamed.items() if alias != name}


def _subpaths(exports: Any) -> Table:
    """The entry `exports` by subpath; what has none is all about the package itself."""
    entries = table(exports)
    return entries if any(key.startswith(".") for key in entries) else {".": exports}


def _matching(entries: Table, name: str) -> Iterator[str]:
    """The targets of a name in `exports` or `imports`: exact keys before patterns, the longest first."""
    if name in entries:
        yield from _targets(entries[name])
        return
    for key in sorted(entries, key=len, reverse=True):
        if "*" in key or key.endswith("/"):
            for target in _starred(key, entries[key]):
                if (meant := _replaced(key + "*" * key.endswith("/"), target, name)) is not None:
                    yield meant


def _starred(key: str, value: Any) -> Iterator[str]:
    """The targets of a key; a folder (`./parts/`, as it was written once) stands for all in it."""
    for target in _targets(value):
        yield target + "*" * (key.endswith("/") and target.endswith("/"))


def _targets(value: Any) -> Iterator[str]:
    """The texts in nested conditions: `source` first, types last, which say less."""
    found: list[tuple[int, str]] = []
    pending: list[tuple[Any, int, int]] = [(value, 0, 0)]
    while pending and len(found) < _MAX_TARGETS:
        item, rank, level = pending.pop()
        if target := text(item):
            found.append((rank, target))
        elif level < _MAX_LEVELS:
            if isinstance(item, list):
                pending += [(inner, rank, level + 1) for inner in reversed(item)]
            elif isinstance(item, dict):
                ranks = {"source": -1, "types": 1}
                pending += [(inner, ranks.get(key, rank), level + 1) for key, inner in reversed(item.items())]
    yield from (target for _, target in sorted(found, key=lambda pair: pair[0]))


def _replaced(pattern: str, replacement: str, name: str) -> str | None:
    """What a pattern's `*` stands for in a name, put into another pattern; None when it does not fit."""
    before, star, behind = pattern.partition("*")
    if not star:
        return replacement if name == pattern and "*" not in replacement else None
    if len(name) < len(before) + len(behind) or not (name.startswith(before) and name.endswith(behind)):
        return None
    return replacement.replace("*", name[len(before) : len(name) - len(behind)])
