"""Module resolver: the language's own for each import, and what project files could not be read for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from rlm_core.context.module_resolution.go import GoModules
from rlm_core.context.module_resolution.layout import Layout
from rlm_core.context.module_resolution.others import IncludedFiles, JavaModules, RubyModules
from rlm_core.context.module_resolution.php import PhpModules
from rlm_core.context.module_resolution.project_files import ProjectFiles
from rlm_core.context.module_resolution.python import PythonModules
from rlm_core.context.module_resolution.rust import RustModules
from rlm_core.context.module_resolution.scripts import ScriptModules
from rlm_core.context.module_resolution.shell import ShellModules
from rlm_core.syntax.calls_and_imports import INCLUDE_LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.module_resolution.layout import Mentions
    from rlm_core.workspace.snapshot import Snapshot

# These import each other.
SCRIPTS = frozenset({"JavaScript", "TypeScript", "TSX", "Vue", "Svelte", "Astro"})
_USE_END = re.compile(r"(?:::)?\*$|\s+as\s+\w+$|::self$")
_USE_GROUP = re.compile(r"^(.*?)\{(.*)\}$", re.DOTALL)
_MAX_MODULES = 200


class Modules(Protocol):
    """Resolves the modules of one language, or of several that name them alike."""

    def resolve(self, path: str, module: str, inside: tuple[str, ...] = (), /) -> str:
        """Returns the path of what a module means in a file, a folder with `/` behind it, or nothing.

        Args:
            path: the file with the import.
            module: as it is written there, quotes and all.
            inside: the modules in the file that the import is in.
        """
        ...

    def mentions(self, path: str) -> Mentions:
        """Returns how imports name a file."""
        ...


class ModuleResolver:
    """Resolves imports over one snapshot.

    Attributes:
        scripts: the resolver of scripts.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        layout = Layout(snapshot)
        files = ProjectFiles(snapshot)
        scripts, includes, shell = ScriptModules(layout, files), IncludedFiles(layout), ShellModules(layout)
        self._files = files
        self.scripts: Modules = scripts
        self._modules: dict[str, Modules] = {
            "Python": PythonModules(layout),
            **dict.fromkeys(SCRIPTS, scripts),
            "Go": GoModules(layout, files),
            "Rust": RustModules(layout, files),
            "Java": JavaModules(layout),
            **dict.fromkeys(INCLUDE_LANGUAGES, includes),
            "Ruby": RubyModules(layout),
            "PHP": PhpModules(layout, files, shell),
            "Bash": shell,
        }

    def of(self, language: str) -> Modules | None:
        """Returns the resolver of a language; None where it is not known what its imports mean."""
        return self._modules.get(language)

    @property
    def unread(self) -> dict[str, str]:
        """Returns why project files were not read that were needed so far, by their path."""
        return self._files.unread


def expand_import_groups(language: str, module: str) -> list[str]:
    """Returns each module that an import names: Rust's `a::{b, c::d}` are `a::b` and `a::c::d`."""
    if language != "Rust":
        return [module]
    done: list[str] = []
    pending = [module]
    while pending and len(done) < _MAX_MODULES:
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
