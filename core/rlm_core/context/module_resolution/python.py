"""Modules of Python: packages below the roots that scripts, projects and source folders are."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from rlm_core.context.lru import WeightedLru
from rlm_core.context.module_resolution.layout import Mentions, upwards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.module_resolution.layout import Layout

# A name in a list of imports that has a line of its own.
_LISTED = r"[\w.]+(?:\s+as\s+\w+)?"
# Modules and folders of which it is known what they mean.
_CACHED = 100_000
_SOURCE_FOLDERS = ("app", "lib", "python", "source", "src")


class PythonModules:
    """Resolves the modules of Python."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._roots: WeightedLru[str, tuple[str, ...]] = WeightedLru(_CACHED)
        self._absolute: WeightedLru[tuple[tuple[str, ...], str], str] = WeightedLru(_CACHED)

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns what a module means in a file; a folder where it is a namespace package."""
        folder = posixpath.dirname(path)
        name = module.lstrip(".")
        parts = name.split(".") if name else []
        if dots := len(module) - len(name):
            for _ in range(dots - 1):
                folder = posixpath.dirname(folder)
            return self._file(folder, parts)
        # Most files of a project import the same modules from the same roots.
        roots = self._roots.get(folder, lambda: tuple(self._find_roots(folder)), len)
        return self._absolute.get(
            (roots, name),
            lambda: next(filter(None, (self._file(root, parts) for root in roots)), ""),
            lambda _: 1,
        )

    def mentions(self, path: str) -> Mentions:
        """Returns how imports name a file."""
        folder, file = posixpath.split(path)
        stem = file.partition(".")[0]
        if stem != "__init__":
            return Mentions([stem], self._import_line(stem, folder))
        above, name = posixpath.split(folder)
        # `from . import x` has no name of the package whose `__init__.py` it means.
        nameless = r"^\s*from\s*\.+\s*import\b"
        line = self._import_line(name, above) if name else ""
        return Mentions([name], line, nameless, f"{folder}/" if folder else "")

    def _import_line(self, name: str, folder: str) -> str:
        """Expression for lines on which a module of a folder may be imported.

        Of a package its modules are imported as `package.module`, from it, or by dots.
        """
        word = rf"\b{re.escape(name)}\b"
        listed = rf"^\s*\(?\s*(?:{_LISTED}\s*,\s*)*{word}.*$"
        if posixpath.join(folder, "__init__.py") not in self._layout.snapshot:
            return rf"\b(?:from|import)\b.*{word}|{listed}"
        package = rf"\b{re.escape(posixpath.basename(folder))}"
        return (
            rf"{package}\s*\.\s*{word}|{package}\s+import\b.*{word}|^\s*import\b.*{word}|{listed}"
            rf"|\bfrom\s*\.+\s*{word}|\bfrom\s*\.+\s*import\b.*{word}"
        )

    def _file(self, root: str, parts: list[str]) -> str:
        base = posixpath.join(root, *parts)
        candidates = (f"{base}/__init__.py", f"{base}/__init__.pyi", f"{base}.py", f"{base}.pyi")
        found = self._layout.first(candidates)
        # A namespace package has no file of its own.
        return found or (f"{base}/" if parts and base in self._layout.folders else "")

    def _find_roots(self, folder: str) -> Iterator[str]:
        """Where a top-level module may be: beside scripts, at projects' roots, in their source folders."""
        for above in upwards(folder):
            if posixpath.join(above, "__init__.py") not in self._layout.snapshot:
                yield above
                yield from (
                    inner
                    for name in _SOURCE_FOLDERS
                    if (inner := posixpath.join(above, name)) in self._layout.folders
                    and posixpath.join(inner, "__init__.py") not in self._layout.snapshot
                )
