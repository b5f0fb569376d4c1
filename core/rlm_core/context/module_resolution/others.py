"""Modules by path, below folders that a compiler is told of: Java's classes, C's headers, Ruby's files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from rlm_core.context.module_resolution.layout import Mentions, joined, nearest

if TYPE_CHECKING:
    from rlm_core.context.module_resolution.layout import Layout

# Folders that C compilers are told of, as the last part of a path.
_INCLUDE_FOLDERS = frozenset({"", "include", "inc", "src", "source", "lib", "uapi", "generated", "public"})


class JavaModules:
    """Resolves the imports of Java."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns the file of a class, or the folder of a package."""
        parts = module.split(".")
        if parts[-1] == "*":
            folders = self._layout.folders_ending("/".join(parts[:-1]))
            return nearest(path, folders) or self.resolve(path, ".".join(parts[:-1]))
        # Behind the class there may be an inner one, or a static member.
        for count in range(len(parts), 1, -1):
            if found := self._layout.ending(path, "/".join(parts[:count]) + ".java"):
                return found
        return ""

    def mentions(self, path: str) -> Mentions:
        """Returns how imports name a class: `org.shop.Cart` or `org.shop.*`."""
        folder, file = posixpath.split(path)
        return Mentions([file.partition(".")[0], posixpath.basename(folder)])


class IncludedFiles:
    """Resolves the includes of C and what is built upon it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns the file that is included."""
        name = module[1:-1]
        beside = joined(posixpath.dirname(path), name)
        if module.startswith('"'):
            return beside if beside in self._layout.snapshot else self._layout.ending(path, name)
        found = self._layout.ending(path, name, _INCLUDE_FOLDERS)
        return found or (beside if beside in self._layout.snapshot else "")

    def mentions(self, path: str) -> Mentions:
        """Returns how includes name a file."""
        return Mentions([posixpath.basename(path)])


class RubyModules:
    """Resolves the files that Ruby requires."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns the file; `require_relative` and `require` are told apart by what is there."""
        name = module.strip("'\"").removesuffix(".rb")
        beside = joined(posixpath.dirname(path), f"{name}.rb")
        found = beside in self._layout.snapshot
        return beside if found else self._layout.ending(path, f"{name}.rb", {"lib", "app", ""})

    def mentions(self, path: str) -> Mentions:
        """Returns how files name one that they need."""
        return Mentions([posixpath.basename(path).partition(".")[0]])
