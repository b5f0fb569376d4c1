"""`tsconfig.json`, `jsconfig.json` and Deno's import maps: names of modules that are paths in a workspace."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.module_resolution.layout import joined, upwards
from rlm_core.context.module_resolution.package_json import Alias
from rlm_core.context.module_resolution.project_files import table, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.module_resolution.layout import Layout
    from rlm_core.context.module_resolution.package_json import Packages
    from rlm_core.context.module_resolution.project_files import ProjectFiles, Table

# Templates have the paths in a file that `tsconfig.json` refers to: tsconfig.app.json, tsconfig.base.json.
_CONFIG = re.compile(r"[tj]sconfig(?:\..*)?\.json")
_MAIN = ("tsconfig.json", "jsconfig.json")
_IMPORT_MAPS = ("deno.json", "deno.jsonc", "import_map.json")


class _Options(NamedTuple):
    """What of a configuration is about names.

    Attributes:
        base: the folder of `baseUrl`; None without.
        paths: the entry itself.
        folder: where the file lies that has `paths`.
    """

    base: str | None = None
    paths: Table | None = None
    folder: str = ""


class TsConfigs:
    """The configurations of a workspace, each with what it extends."""

    def __init__(self, layout: Layout, files: ProjectFiles, packages: Packages) -> None:
        self._layout = layout
        self._files = files
        self._packages = packages

    def meanings(self, path: str, name: str) -> Iterator[str]:
        """Yields the paths without an ending that a name may mean in a file, by the nearest configuration."""
        for folder in upwards(posixpath.dirname(path)):
            for config in self._by_folder.get(folder, ()):
                aliases, base = self._read[config]
                # The longest of the patterns that fit counts, and an exact name before any.
                fitting = [alias for alias in aliases if alias.applied(name) is not None]
                for alias in sorted(fitting, key=lambda alias: ("*" in alias.name, -len(alias.name))):
                    yield alias.applied(name) or ""
                if base is not None:
                    yield joined(base, name)
            if any(posixpath.join(folder, name) in self._layout.snapshot for name in _MAIN):
                return

    @property
    def aliases(self) -> list[Alias]:
        """Names that configurations give to paths."""
        return [alias for aliases, _ in self._read.values() for alias in aliases]

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        folders: dict[str, list[str]] = {}
        for path in self._layout.snapshot:
            name = posixpath.basename(path)
            if name in _IMPORT_MAPS or _CONFIG.fullmatch(name):
                folders.setdefault(posixpath.dirname(path), []).append(path)
        for configs in folders.values():
            configs.sort(key=lambda config: (posixpath.basename(config) not in _MAIN, config))
        return folders

    @cached_property
    def _read(self) -> dict[str, tuple[list[Alias], str | None]]:
        return {config: self._names(config) for configs in self._by_folder.values() for config in configs}

    def _names(self, config: str) -> tuple[list[Alias], str | None]:
        folder = posixpath.dirname(config)
        if posixpath.basename(config) in _IMPORT_MAPS:
            imports = table(self._files.json(config), "imports")
            return [
                Alias(name + "*" * name.endswith("/"), joined(folder, target) + "/*" * name.endswith("/"))
                for name, target in imports.items()
                if text(target).startswith(".")
            ], None
        options = self._options(config, set())
        root = options.folder if options.base is None else options.base
        return [
            Alias(name, _within(root, folder, target))
            for name, targets in (options.paths or {}).items()
            for target in texts(targets)
        ], options.base

    def _options(self, config: str, seen: set[str]) -> _Options:
        """The options of a configuration over those that it extends; the last of these counts most."""
        seen.add(config)
        folder, manifest = posixpath.dirname(config), self._files.json(config)
        options = _Options()
        for name in texts(manifest.get("extends")):
            if (other := self._extended(config, name)) and other not in seen:
                inherited = self._options(other, seen)
                options = _Options(
                    options.base if inherited.base is None else inherited.base,
                    *((options.paths, options.folder) if inherited.paths is None else inherited[1:]),
                )
        own = table(manifest, "compilerOptions")
        if base := text(own.get("baseUrl")):
            options = options._replace(base=joined(folder, base))
        if "paths" in own:
            options = options._replace(paths=table(own, "paths"), folder=folder)
        return options

    def _extended(self, config: str, name: str) -> str:
        if name.startswith("."):
            path = joined(posixpath.dirname(config), name)
        elif (package := self._packages.split(config, name)) is not None:
            path = posixpath.join(package[0], package[1] or "tsconfig.json")
        else:
            return ""
        return self._layout.first([path, f"{path}.json", f"{path}/tsconfig.json"])


def _within(root: str, folder: str, target: str) -> str:
    """The path of a target, which may begin with a variable for the folder of the configuration."""
    behind = target.removeprefix("${configDir}")
    return joined(root, target) if behind == target else joined(folder, f".{behind}")
