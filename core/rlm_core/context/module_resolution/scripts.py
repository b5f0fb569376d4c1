"""Modules of JavaScript and TypeScript, and of the components that have scripts in them."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING

from rlm_core.context.module_resolution.layout import Mentions, joined, upwards
from rlm_core.context.module_resolution.package_json import Packages
from rlm_core.context.module_resolution.project_files import text
from rlm_core.context.module_resolution.tsconfig import TsConfigs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.module_resolution.layout import Layout
    from rlm_core.context.module_resolution.package_json import Alias
    from rlm_core.context.module_resolution.project_files import ProjectFiles

# In the order in which they are tried.
_CODE = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_ENDINGS = (*_CODE, ".vue", ".svelte", ".astro", ".json")
_ENDING = re.compile(r"\.(?:d\.)?(?:[mc]?[jt]s|[jt]sx|vue|svelte|astro|json)$")
_COMPILED = re.compile(r"\.([mc]?)js(x?)$")
# What bundlers' templates call a folder of the project, where nothing else says so.
_USUAL = {
    "@/": ("src", "app", ""),
    "~/": ("src", "app", ""),
    "@@/": ("",),
    "~~/": ("",),
    "$lib/": ("src/lib",),
}
# Where compilers write: the source of `dist/esm/cart.js` is `src/cart.ts`.
_OUTPUT = re.compile(r"(?:(?:\.?dist|build|lib|out|output|esm?|cjs|umd|types|module|commonjs|\.output)/)+")
# Lines whose module is only the way to a folder: `from '../..'`, `from './index.js'`.
_ONLY_DOTS = r"""['"`]\.{1,2}(?:/\.\.)*/?(?:index(?:\.\w+)*)?['"`]"""


class ScriptModules:
    """Resolves the modules of scripts."""

    def __init__(self, layout: Layout, files: ProjectFiles) -> None:
        self._layout = layout
        self._packages = Packages(layout, files)
        self._configs = TsConfigs(layout, files, self._packages)

    def resolve(self, path: str, module: str, _inside: tuple[str, ...] = ()) -> str:
        """Returns what a module means in a file."""
        # Bundlers' loaders stand before a name, and what they are to do behind it.
        name = module.strip("'\"`").rpartition("!")[2].partition("?")[0]
        if name.startswith("."):
            return self._file(joined(posixpath.dirname(path), name))
        if not name:
            return ""
        configured = self._configs.meanings(path, name)
        if found := self._first_file(configured):
            return found
        if name.startswith("#"):
            for target in self._packages.own_imports(path, name):
                if found := self._built(target) or self._package(path, target):
                    return found
        return self._package(path, name) or self._first_file(_usual(path, name))

    def mentions(self, path: str) -> Mentions:
        """Returns how imports name a file."""
        folder, file = posixpath.split(path)
        stem = file.partition(".")[0] or file
        names = sorted(self._names_of(path))
        if stem != "index":
            return Mentions([stem, *names])
        words = [posixpath.basename(folder), *names]
        return Mentions([word for word in words if word], "", _ONLY_DOTS, f"{folder}/" if folder else "")

    def _package(self, path: str, name: str) -> str:
        found = self._packages.split(path, name)
        if found is None:
            return ""
        folder, rest = found
        targets = self._packages.entries(folder, rest)
        return next(filter(None, map(self._built, targets)), f"{folder}/" if folder else "./")

    def _names_of(self, path: str) -> set[str]:
        """The names by which project files mean a file, where these need not have its own name in them."""
        bare = _ENDING.sub("", path)
        paths = [path, bare]
        if posixpath.basename(bare) == "index":
            paths.append(posixpath.dirname(path))
        names = set(self._exact_names.get(path, ()))
        for alias in self._patterns:
            # What stands for `*` has the file's name, other than where that is `index`.
            if len(paths) > 2 or not alias.target.endswith("*"):
                names.update(name for item in paths if (name := alias.reversed(item)))
        return names

    @cached_property
    def _exact_names(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for alias in self._aliases:
            if "*" not in alias.name and (found := self._built(alias.target)):
                names.setdefault(found, []).append(alias.name)
        return names

    @cached_property
    def _patterns(self) -> list[Alias]:
        return [
            alias._replace(target=_ENDING.sub("", target))
            for alias in self._aliases
            if "*" in alias.name
            for target in [alias.target, *_sources(alias.target)]
        ]

    @property
    def _aliases(self) -> list[Alias]:
        return [*self._configs.aliases, *self._packages.aliases]

    def _first_file(self, bases: Iterator[str]) -> str:
        return next(filter(None, map(self._file, bases)), "")

    def _built(self, base: str) -> str:
        """The file of a path, or what it is compiled from."""
        return self._file(base) or self._first_file(iter(_sources(base)))

    def _file(self, base: str) -> str:
        source = _COMPILED.sub(r".\1ts\2", base)  # TypeScript imports a file by the name of its output
        if found := self._layout.first([*_with_endings(base), source, f"{source}x"]):
            return found
        if base and base not in self._layout.folders:
            return ""
        main = text(self._packages.manifest(base).get("main")) if base else ""
        return self._layout.first(
            [
                *(_with_endings(joined(base, main)) if main else ()),
                *_with_endings(posixpath.join(base, "index")),
            ]
        )


def _with_endings(base: str) -> list[str]:
    return [base, *(f"{base}{ending}" for ending in _ENDINGS)]


def _usual(path: str, name: str) -> Iterator[str]:
    if name.startswith("/"):
        yield name[1:]
    for prefix, folders in _USUAL.items():
        if name.startswith(prefix):
            for above in upwards(posixpath.dirname(path)):
                for folder in folders:
                    yield posixpath.join(above, folder, name[len(prefix) :])


def _sources(base: str) -> list[str]:
    """Where the source of something compiled may be: in `src/` or `lib/` beside the folder of the output."""
    folders = base.split("/")
    for at in range(len(folders) - 1):
        if output := _OUTPUT.match("/".join(folders[at:])):
            before, behind = "/".join([*folders[:at], ""]), "/".join(folders[at:])[output.end() :]
            bare = _ENDING.sub("", behind)
            return [f"{before}{source}{bare}" for source in ("src/", "lib/", "source/", "")]
    return []
