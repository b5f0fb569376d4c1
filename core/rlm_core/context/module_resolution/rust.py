"""Modules and crates of Rust: the tree of modules that files make, and what `Cargo.toml` calls crates."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.module_resolution.layout import Mentions, joined, upwards
from rlm_core.context.module_resolution.project_files import table, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rlm_core.context.module_resolution.layout import Layout
    from rlm_core.context.module_resolution.project_files import ProjectFiles, Table

# `#[path = "x.rs"] mod y;`, other attributes between them; bounded, since it is searched in any text.
_PATH_ATTRIBUTE = re.compile(
    r'#\[path\s{0,9}=\s{0,9}"([^"\n]{1,300})"\]'
    r"(?:\s{0,99}#\[[^\]\n]{0,200}\])*+\s{0,99}(?:pub(?:\([^)\n]{0,99}\))?\s{1,99})?mod\s{1,99}(?:r#)?(\w{1,200})\s{0,99};"
)
_DEPENDENCIES = ("dependencies", "dev-dependencies", "build-dependencies")
# Files of these folders are crates of their own, and so is the main file of a folder in them.
_TARGET_FOLDERS = frozenset({"src/bin", "tests", "examples", "benches"})


class _Crate(NamedTuple):
    """A package's library.

    Attributes:
        folder: the package's.
        root: the library's main file, or its program's where there is none; empty where there is neither.
        names: what `use` may call it.
    """

    folder: str
    root: str
    names: frozenset[str]


class RustModules:
    """Resolves the paths of `use` and `mod`."""

    def __init__(self, layout: Layout, files: ProjectFiles) -> None:
        self._layout = layout
        self._files = files
        self._attributes: dict[str, dict[str, str]] = {}
        self._dependencies: dict[str, dict[str, str]] = {}

    def resolve(self, path: str, module: str, inside: tuple[str, ...] = ()) -> str:
        """Returns what a path means in a file.

        Args:
            path: the file.
            module: the path, `self::x` for `mod x;`.
            inside: the modules in the file that the statement is in.
        """
        first, *parts = (part.removeprefix("r#") for part in module.split("::") if part)
        if first == "crate":
            root = self._root_of(path)
            return self._walked(root, parts) if root else ""
        if first in {"self", "super"}:
            return self._relative(path, list(inside), [first, *parts])
        crate = self._dependency(path, first)
        if crate is None:
            return self._child(path, [*inside, first, *parts])
        return self._walked(crate, parts) if crate else ""

    def mentions(self, path: str) -> Mentions:
        """Returns how paths name a file."""
        folder, name = posixpath.split(path)
        stem = name.removesuffix(".rs")
        crates = sorted(self._crate_names.get(path, ()))
        words = crates or [posixpath.basename(folder) if stem == "mod" else stem]
        words += [name for name in self._other_names.get(path, ()) if name not in words]
        nameless = r"\b(?:super|crate|self)\b" if path in self._roots else r"\bsuper\b"
        return Mentions(words, "", nameless, f"{self._own(path)}/".lstrip("/"))

    def _relative(self, path: str, inside: list[str], parts: list[str]) -> str:
        file, climbed = path, False
        for number, part in enumerate(parts):
            if part == "super":
                climbed = True
                if inside:
                    inside = inside[:-1]
                else:
                    file = self._parent(file)
            elif part != "self":
                return self._child(file, [*inside, *parts[number:]]) or (file if climbed else "")
            if not file:
                return ""
        return file if climbed else ""

    def _child(self, file: str, parts: Sequence[str]) -> str:
        """The file that a path leads to from a module in a file; empty when that is the file itself."""
        found = self._walked(file, parts)
        return "" if found == file else found

    def _walked(self, file: str, parts: Sequence[str]) -> str:
        """The last file on the way along a path: what has no file of its own is in the one before."""
        folder = self._own(file)
        for part in parts:
            base = posixpath.join(folder, part)
            written = self._written(file).get(part, "")
            found = written if written in self._layout.snapshot else ""
            found = found or self._layout.first([f"{base}.rs", f"{base}/mod.rs"])
            if found and found != file:
                file, folder = found, self._own(found)
            elif base in self._layout.folders:
                folder = base  # of a module that stands in the file and has files of its own
            else:
                break
        return file

    def _own(self, file: str) -> str:
        """The folder of a file's modules: `a/b.rs` keeps them in `a/b/`, a root and `a/mod.rs` in `a/`."""
        folder, name = posixpath.split(file)
        if name == "mod.rs" or file in self._roots or self._is_target(file):
            return folder
        return posixpath.join(folder, name.removesuffix(".rs"))

    def _parent(self, file: str) -> str:
        """The file of the module above that of a file; empty for a crate's root."""
        if file in self._roots or self._is_target(file):
            return ""
        folder, name = posixpath.split(file)
        above = posixpath.dirname(folder) if name == "mod.rs" else folder
        usual = [posixpath.join(above, "mod.rs"), *([f"{above}.rs"] if above else ())]
        return self._layout.first([*usual, *self._roots_in.get(above, ())])

    def _written(self, file: str) -> dict[str, str]:
        """Files by the name of the module that they are, where an attribute says so."""
        if file not in self._attributes:
            source = self._layout.snapshot.text(file)
            folder = posixpath.dirname(file)
            self._attributes[file] = (
                {match[2]: joined(folder, match[1]) for match in _PATH_ATTRIBUTE.finditer(source)}
                if "#[path" in source
                else {}
            )
        return self._attributes[file]

    def _root_of(self, path: str) -> str:
        """The main file of the crate that a file is in."""
        if path in self._roots or self._is_target(path):
            return path
        folders = (self._roots_in.get(above) for above in upwards(posixpath.dirname(path)))
        return next((roots[0] for roots in folders if roots), "")

    def _is_target(self, file: str) -> bool:
        """Whether a file is a program, a test or an example of its own."""
        folder, name = posixpath.split(file)
        if name == "build.rs":
            return self._is_package(folder)
        return any(
            f"/{folder}".endswith(f"/{usual}") and self._is_package(folder[: -len(usual)].rstrip("/"))
            for usual in _TARGET_FOLDERS
        )

    def _is_package(self, folder: str) -> bool:
        return posixpath.join(folder, "Cargo.toml") in self._layout.snapshot

    def _dependency(self, path: str, name: str) -> str | None:
        """The main file of the crate that has a name in a file; None for no crate of the workspace."""
        for above in upwards(posixpath.dirname(path)):
            if self._is_package(above) and (folder := self._renamed(above).get(name)) is not None:
                return self._crate_by_folder[folder].root if folder in self._crate_by_folder else ""
        crate = self._crate_by_name.get(name)
        return crate.root if crate else None

    def _manifest(self, folder: str) -> Table:
        return self._files.toml(posixpath.join(folder, "Cargo.toml"))

    def _renamed(self, folder: str) -> dict[str, str]:
        """Folders of a package's dependencies in the workspace, by the name that it has for them."""
        if folder not in self._dependencies:
            found = self._dependencies[folder] = {}
            for name, entry, at in self._entries(folder, self._manifest(folder)):
                package = text(entry.get("package")).replace("-", "_")
                if place := text(entry.get("path")):
                    found[name.replace("-", "_")] = joined(at, place)
                elif package in self._crate_by_name:
                    found[name.replace("-", "_")] = self._crate_by_name[package].folder
        return self._dependencies[folder]

    def _entries(self, folder: str, manifest: Table) -> Iterator[tuple[str, Table, str]]:
        """Dependencies, the workspace's where they say so, with the folder that paths are relative to."""
        targets = table(manifest, "target").values()
        for tables in (manifest, *targets):
            for key in _DEPENDENCIES:
                for name, entry in table(tables, key).items():
                    if table(entry).get("workspace") is True:
                        for above in upwards(folder):
                            shared = table(self._manifest(above), "workspace", "dependencies")
                            if name in shared:
                                yield name, table(shared[name]), above
                                break
                    else:
                        yield name, table(entry), folder

    @cached_property
    def _roots(self) -> frozenset[str]:
        """Main files of crates: the usual ones and those that manifests name."""
        roots = {*self._layout.named("lib.rs"), *self._layout.named("main.rs")}
        for path in self._layout.named("Cargo.toml"):
            folder, manifest = posixpath.dirname(path), self._files.toml(path)
            targets = [table(manifest, "lib")]
            for key in ("bin", "test", "example", "bench"):
                entries = manifest.get(key)
                targets += map(table, entries if isinstance(entries, list) else ())
            roots.update(joined(folder, place) for target in targets if (place := text(target.get("path"))))
        return frozenset(roots)

    @cached_property
    def _roots_in(self) -> dict[str, list[str]]:
        """Main files by their folder, a library's first."""
        folders: dict[str, list[str]] = {}
        for path in sorted(self._roots, key=lambda path: (not path.endswith("lib.rs"), path)):
            folders.setdefault(posixpath.dirname(path), []).append(path)
        return folders

    @cached_property
    def _other_names(self) -> dict[str, list[str]]:
        """Names of modules by the file that an attribute gives them."""
        names: dict[str, list[str]] = {}
        for path in self._layout.snapshot:
            if path.endswith(".rs"):
                for name, file in self._written(path).items():
                    names.setdefault(file, []).append(name)
        return names

    @cached_property
    def _crate_names(self) -> dict[str, set[str]]:
        """What `use` calls a crate anywhere, by its main file."""
        names: dict[str, set[str]] = {}
        for crate in self._crates:
            names.setdefault(crate.root, set()).update(crate.names)
            for name, folder in self._renamed(crate.folder).items():
                if folder in self._crate_by_folder:
                    names.setdefault(self._crate_by_folder[folder].root, set()).add(name)
        return names

    @cached_property
    def _crate_by_folder(self) -> dict[str, _Crate]:
        return {crate.folder: crate for crate in self._crates}

    @cached_property
    def _crate_by_name(self) -> dict[str, _Crate]:
        return {name: crate for crate in reversed(self._crates) if crate.root for name in crate.names}

    @cached_property
    def _crates(self) -> list[_Crate]:
        crates: list[_Crate] = []
        for path in self._layout.named("Cargo.toml"):
            folder, manifest = posixpath.dirname(path), self._files.toml(path)
            package, library = table(manifest, "package"), table(manifest, "lib")
            names = {text(package.get("name")), text(library.get("name"))} - {""}
            given = text(library.get("path"))
            usual = [posixpath.join(folder, "src/lib.rs"), posixpath.join(folder, "src/main.rs")]
            root = self._layout.first([*([joined(folder, given)] if given else ()), *usual])
            if names:
                crates.append(_Crate(folder, root, frozenset(name.replace("-", "_") for name in names)))
        return crates
