"""Module resolution: which file an import means, as far as its words and the layout of folders tell.

No build is run and no search path is read, so what a tool would find by its configuration is found here
only where the layout is the usual one. Every function returns a path, a folder with `/` behind it (a
package of several files), or an empty string.
"""

from __future__ import annotations

import json
import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rlm_core.workspace.snapshot import Snapshot

_SCRIPTS = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".json")
_COMPILED = re.compile(r"\.([mc]?)js(x?)$")
# Folders that C compilers are told of, as the last part of a path.
_INCLUDE_FOLDERS = frozenset({"", "include", "inc", "src", "source", "lib", "uapi", "generated", "public"})
_SOURCE_FOLDERS = frozenset({"src", "lib", "python", "source", "app"})
# Files that are imported by the name of their folder.
_FOR_FOLDER = frozenset({"__init__", "index", "mod", "lib", "main"})
_VARIABLE = re.compile(r"""^["']?(?:\$\{?\w+\}?|\$\([^)]*\)|__DIR__|dirname\(__FILE__\))["']?[\s./]*""")
_GO_MODULE = re.compile(r"^module[ \t]+(\S+)", re.MULTILINE)
_USE_END = re.compile(r"(?:::)?\*$|\s+as\s+\w+$|::self$")
_USE_GROUP = re.compile(r"^(.*?)\{(.*)\}$", re.DOTALL)


class ModuleResolver:
    """Resolves imports over one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._resolvers: dict[str, Callable[[str, str], str]] = {
            "Python": self._python,
            "JavaScript": self._script,
            "TypeScript": self._script,
            "TSX": self._script,
            "Go": self._go,
            "Rust": self._rust,
            "Java": self._java,
            "C": self._include,
            "C++": self._include,
            "Ruby": self._ruby,
            "PHP": self._php,
            "Bash": self._shell,
        }

    def resolve(self, language: str, path: str, module: str) -> str:
        """Returns what a module means that is imported in a file.

        Args:
            language: the language's name.
            path: the file with the import.
            module: as it is written there, quotes and all.
        """
        resolver = self._resolvers.get(language)
        return resolver(path, module) if resolver else ""

    def import_words(self, language: str, path: str) -> tuple[list[str], str | None]:
        """Returns how imports name a file: words of which each has one, and the folder where none need be.

        The latter is None where every import has a word. `from . import x` has no name of the package
        whose `__init__.py` it means, `use super::x` none of the module above.
        """
        folder, file = posixpath.split(path)
        stem, package = file.partition(".")[0], posixpath.basename(folder)
        if language in {"C", "C++", "Bash"}:
            return [file], None
        if language == "Go":
            root = next((prefix for prefix, at in self._go_modules if at == folder), "")
            return [posixpath.basename(root) or package], None
        if language == "Java":  # org.shop.Cart or org.shop.*
            return [stem, package], None
        if stem not in _FOR_FOLDER:
            return [stem], f"{path.removesuffix('.rs')}/" if language == "Rust" else None
        crate = next((name for name, at in self._crates.items() if at == folder), "")
        named = folder
        while posixpath.basename(named) in _SOURCE_FOLDERS:
            named = posixpath.dirname(named)
        return [crate or posixpath.basename(named)], f"{folder}/" if folder else ""

    def _python(self, path: str, module: str) -> str:
        folder = posixpath.dirname(path)
        name = module.lstrip(".")
        parts = name.split(".") if name else []
        if dots := len(module) - len(name):
            for _ in range(dots - 1):
                folder = posixpath.dirname(folder)
            return self._python_file(folder, parts)
        for root in self._python_roots(folder):
            if found := self._python_file(root, parts):
                return found
        return ""

    def _python_file(self, root: str, parts: list[str]) -> str:
        base = posixpath.join(root, *parts)
        candidates = (f"{base}/__init__.py", f"{base}/__init__.pyi", f"{base}.py", f"{base}.pyi")
        found = self._first(candidates)
        # A namespace package has no file of its own.
        return found or (f"{base}/" if parts and base in self._folders else "")

    def _python_roots(self, folder: str) -> Iterator[str]:
        """Where a top-level module may be: beside scripts, at projects' roots, in their source folders."""
        for above in _upwards(folder):
            if posixpath.join(above, "__init__.py") not in self._snapshot:
                yield above
                yield from (
                    inner
                    for name in sorted(_SOURCE_FOLDERS)
                    if (inner := posixpath.join(above, name)) in self._folders
                    and posixpath.join(inner, "__init__.py") not in self._snapshot
                )

    def _script(self, path: str, module: str) -> str:
        name = module.strip("'\"`")
        if name.startswith("."):
            return self._script_file(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))
        if name.startswith(("@/", "~/")):  # what most bundlers' templates call the source folder
            for above in _upwards(posixpath.dirname(path)):
                if found := self._script_file(posixpath.join(above, "src", name[2:])):
                    return found
            return ""
        package = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
        folder = self._script_packages.get(package)
        if folder is None:
            return ""
        inside = posixpath.join(folder, name[len(package) + 1 :])
        return self._script_file(inside) or self._script_file(posixpath.join(folder, "src")) or f"{folder}/"

    def _script_file(self, base: str) -> str:
        endings = [base, *(f"{base}{extension}" for extension in _SCRIPTS)]
        source = _COMPILED.sub(r".\1ts\2", base)  # TypeScript imports a file by the name of its output
        index = (f"{base}/index{extension}" for extension in _SCRIPTS)
        return self._first([*endings, source, f"{source}x", *index])

    @cached_property
    def _script_packages(self) -> dict[str, str]:
        """Folders of the packages in this workspace, by the name in their `package.json`."""
        packages: dict[str, str] = {}
        for path in self._by_name.get("package.json", ()):
            if "/node_modules/" not in f"/{path}":
                try:
                    name = json.loads(self._snapshot.text(path)).get("name")
                except (ValueError, AttributeError, RecursionError):
                    continue
                if isinstance(name, str):
                    packages.setdefault(name, posixpath.dirname(path))
        return packages

    def _go(self, _path: str, module: str) -> str:
        name = module.strip('"`')
        for prefix, folder in self._go_modules:
            if name == prefix or name.startswith(f"{prefix}/"):
                inside = posixpath.join(folder, name[len(prefix) + 1 :]).rstrip("/")
                if inside in self._folders:
                    return f"{inside}/" if inside else "./"
        return ""

    @cached_property
    def _go_modules(self) -> list[tuple[str, str]]:
        """Module paths and their folders, the longest first."""
        found = [
            (match[1], posixpath.dirname(path))
            for path in self._by_name.get("go.mod", ())
            if (match := _GO_MODULE.search(self._snapshot.text(path)))
        ]
        return sorted(found, key=lambda item: (-len(item[0]), item))

    def _rust(self, path: str, module: str) -> str:
        first, *parts = module.split("::")
        folder, name = posixpath.split(path)
        # `a/b.rs` keeps its modules in `a/b/`, `a/mod.rs` and a crate's root in `a/`.
        own = folder if name in {"mod.rs", "lib.rs", "main.rs"} else posixpath.join(folder, name[:-3])
        if first == "crate":
            root = next((above for above in _upwards(folder) if self._crate_root(above)), "")
            return self._rust_file(root, parts) or self._crate_root(root)
        if first == "self":
            return self._rust_file(own, parts)
        if first == "super":
            above = posixpath.dirname(own)
            while parts[:1] == ["super"]:
                parts, above = parts[1:], posixpath.dirname(above)
            return self._rust_file(above, parts) or self._first(
                [f"{above}/mod.rs", f"{above}.rs", f"{above}/lib.rs", f"{above}/main.rs"]
            )
        crate = self._crates.get(first)
        if crate is None:
            return self._rust_file(own, [first, *parts])
        return self._rust_file(crate, parts) or self._crate_root(crate)

    def _rust_file(self, folder: str, parts: list[str]) -> str:
        """The module that the longest part of a path leads to; what comes behind is in it."""
        for count in range(len(parts), 0, -1):
            base = posixpath.join(folder, *parts[:count])
            if found := self._first([f"{base}.rs", f"{base}/mod.rs"]):
                return found
        return ""

    def _crate_root(self, folder: str) -> str:
        return self._first([posixpath.join(folder, name) for name in ("lib.rs", "main.rs")])

    @cached_property
    def _crates(self) -> dict[str, str]:
        """Source folders of the crates in this workspace, by the name that `use` has for them."""
        crates: dict[str, str] = {}
        for path in self._by_name.get("Cargo.toml", ()):
            name = re.search(r'^\s*name\s*=\s*"([^"]+)"', self._snapshot.text(path), re.MULTILINE)
            folder = posixpath.join(posixpath.dirname(path), "src")
            if name and folder in self._folders:
                crates.setdefault(name[1].replace("-", "_"), folder)
        return crates

    def _java(self, path: str, module: str) -> str:
        parts = module.split(".")
        if parts[-1] == "*":
            folder = "/".join(parts[:-1])
            return self._nearest(path, self._folders_ending(folder)) or self._java(path, ".".join(parts[:-1]))
        # Behind the class there may be an inner one, or a static member.
        for count in range(len(parts), 1, -1):
            if found := self._ending(path, "/".join(parts[:count]) + ".java"):
                return found
        return ""

    def _include(self, path: str, module: str) -> str:
        name = module[1:-1]
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if module.startswith('"'):
            return beside if beside in self._snapshot else self._ending(path, name)
        return self._ending(path, name, _INCLUDE_FOLDERS) or (beside if beside in self._snapshot else "")

    def _ruby(self, path: str, module: str) -> str:
        name = module.strip("'\"").removesuffix(".rb")
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), f"{name}.rb"))
        # `require_relative` and `require` are told apart by what is there.
        return beside if beside in self._snapshot else self._ending(path, f"{name}.rb", {"lib", "app", ""})

    def _php(self, path: str, module: str) -> str:
        if "'" in module or '"' in module or "/" in module:
            return self._shell(path, re.sub(r"\s*\.\s*(?=['\"])", "", module).strip("()"))
        parts = module.strip("\\").split("\\")
        # PSR-4: a prefix of the namespace stands for a folder of any name.
        for start in range(len(parts)):
            if len(parts) - start >= min(2, len(parts)) and (
                found := self._ending(path, "/".join(parts[start:]) + ".php")
            ):
                return found
        return ""

    def _shell(self, path: str, module: str) -> str:
        name = _VARIABLE.sub("", module).strip("'\"").lstrip("/")
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        for candidate in (beside, posixpath.normpath(name)):
            if candidate in self._snapshot:
                return candidate
        return "" if "$" in name else self._ending(path, name.removeprefix("./"))

    def _first(self, candidates: Iterable[str]) -> str:
        return next((path for path in candidates if path in self._snapshot), "")

    def _ending(self, near: str, end: str, folders: Iterable[str] | None = None) -> str:
        """The file whose path ends like that; of several the one that lies nearest.

        Args:
            near: the file with the import.
            end: whole parts of a path.
            folders: names that the folder before them may have; None for any.
        """
        end = end.removeprefix("./")
        found = []
        for path in self._by_name.get(posixpath.basename(end), ()):
            if path == end or path.endswith(f"/{end}"):
                before = path[: -len(end)].rstrip("/")
                if folders is None or posixpath.basename(before) in folders:
                    found.append(path)
        return self._nearest(near, found)

    def _nearest(self, near: str, paths: Iterable[str]) -> str:
        def distance(path: str) -> tuple[int, int, str]:
            return -len(posixpath.commonprefix([near.split("/"), path.split("/")])), path.count("/"), path

        return min(paths, key=distance, default="")

    def _folders_ending(self, end: str) -> list[str]:
        return [f"{path}/" for path in self._folders if path == end or path.endswith(f"/{end}")]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for path in self._snapshot:
            names.setdefault(posixpath.basename(path), []).append(path)
        return names

    @cached_property
    def _folders(self) -> frozenset[str]:
        folders: set[str] = {""}
        for path in self._snapshot:
            folder = posixpath.dirname(path)
            while folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(folders)


def expand_import_groups(language: str, module: str) -> list[str]:
    """Returns each module that an import names: Rust's `a::{b, c::d}` are `a::b` and `a::c::d`."""
    if language != "Rust":
        return [module]
    done: list[str] = []
    pending = [module]
    while pending and len(done) < 200:
        item = pending.pop(0).strip()
        group = _USE_GROUP.match(item)
        if group is None:
            done.append("".join(_USE_END.sub("", item).split()))
        else:
            pending[:0] = [group[1].strip() + part.strip() for part in _parts(group[2]) if part.strip()]
    return [item for item in done if item]


def _parts(text: str) -> Iterator[str]:
    """The parts of a list that commas separate, braces respected."""
    depth = start = 0
    for at, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _upwards(folder: str) -> Iterator[str]:
    """A folder and all above it, the root as an empty string last."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""
