"""Roots: the folders that a workspace is made of, and what their files are called in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core.errors import WorkspaceError
from rlm_core.wording import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What can make more of a path than names below a folder: Windows has drives, streams and backslashes too.
# What HFS+ does not look at when it compares names.
_IGNORABLE = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF], None
)
SPECIAL_CHARS = ("\\", ":") if sys.platform == "win32" else ()

# So many folders deep may a file lie below its root; those of large projects are below 30.
MAX_DEPTH = 128
TOO_DEEP = f"more than {MAX_DEPTH} folders deep"


class Roots:
    """Paths of the workspace, and where they are on disk.

    A path is POSIX and relative to the root; with several roots it starts with the root's name. A name
    that is not UTF-8 is called otherwise in the workspace than on disk.

    Args:
        folders: the roots.

    Raises:
        WorkspaceError: a root is not a folder, or is a whole file system or home folder.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = checked_roots(folders)
        self.prefixes = _prefixes(self.folders)
        self.disk_names: Mapping[str, str] = {}
        self._shown: dict[str, str] = {}

    def set_disk_names(self, disk_names: Mapping[str, str]) -> None:
        """Takes in which paths are called otherwise on disk: path → path on disk, both with prefix."""
        self.disk_names = disk_names
        self._shown = {raw: path for path, raw in disk_names.items()}

    def path_of(self, file: str) -> str | None:
        """What a file on disk (absolute, links resolved) is called; None outside the roots."""
        for folder, prefix in zip(self.folders, self.prefixes, strict=True):
            start = os.path.join(folder, "")  # noqa: PTH118 - strings: this runs for every event
            if file.startswith(start):
                raw = prefix + file[len(start) :].replace(os.sep, "/")
                return self._shown.get(raw, raw)
        return None

    def file_of(self, path: str) -> Path:
        """Where a path is on disk; raises `WorkspaceError` if it is in none of the roots."""
        folder, inner = self.split(path)
        return folder / inner

    def split(self, path: str) -> tuple[Path, str]:
        """The root that a path is in, and what it is called there on disk; raises as `file_of`."""
        raw = self.disk_names.get(path, path)
        for folder, prefix in zip(self.folders, self.prefixes, strict=True):
            if raw.startswith(prefix):
                return folder, raw.removeprefix(prefix)
        raise WorkspaceError(f"{path} is in none of the workspace's folders.")


def is_gits_own(path: str) -> bool:
    """Whether a path leads into a folder, or is a file, that git keeps for itself: `.git` in any spelling.

    Git refuses such paths in an index (`verify_path` in its read-cache.c), also in the spellings that other
    file systems than the present one take for it.
    """
    if "git" not in path.lower():
        return False
    names = (name.translate(_IGNORABLE).lower().partition(":")[0].rstrip(". ") for name in path.split("/"))
    return any(name in {".git", "git~1"} for name in names)


def is_plain_path(path: str) -> bool:
    """Whether a path is made of plain names, so that it can name nothing but what is below its folder.

    git's index may say anything: nobody checks it when a repository comes as an archive.
    """
    names = path.split("/")
    plain = "" not in names and "." not in names and ".." not in names
    return plain and not any(sign in path for sign in SPECIAL_CHARS)


def is_too_deep(path: str) -> bool:
    """Whether a path leads through more folders than are looked into.

    git and the system read a path anew for each folder on it, and everybody keeps one open for each.
    """
    return path.count("/") > MAX_DEPTH


def default_root() -> Path:
    """The folder to open where none is named: the working directory's git top level, else itself."""
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    # A git repository in the home folder (dotfiles) is not what anyone means by "here".
    return here if top == Path.home() else top


def printable_path(path: str) -> str:
    r"""A path as printable Unicode: other characters, and bytes that are not UTF-8, appear as `\xNN`.

    A name may hold line ends and what a terminal takes for commands.
    """
    return escaped(path)


def checked_roots(roots: Sequence[Path]) -> tuple[Path, ...]:
    """The roots, resolved and without repetition; raises `WorkspaceError` for one that cannot be used."""
    return tuple(dict.fromkeys(_checked(root) for root in roots))


def _checked(root: Path) -> Path:
    """The root, resolved, if it is one that a person can have meant."""
    try:
        resolved = root.expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise WorkspaceError(f"There is no folder {root}; give an existing one with --root.") from error
    if not resolved.is_dir():
        raise WorkspaceError(f"{root} is not a folder; give the folder that holds it with --root.")
    if resolved == Path(resolved.anchor) or resolved == Path.home():
        kind = "whole file system" if resolved == Path(resolved.anchor) else "home folder"
        raise WorkspaceError(f"{resolved} is a {kind}, not a project; give a project's folder with --root.")
    return resolved


def _prefixes(roots: Sequence[Path]) -> tuple[str, ...]:
    """What each root's paths start with: nothing for a single root, else its name, made unique."""
    if len(roots) == 1:
        return ("",)
    taken: list[str] = []
    for root in roots:
        called = name = printable_path(root.name)
        number = 1
        while f"{name}/" in taken:
            number += 1
            name = f"{called}-{number}"
        taken.append(f"{name}/")
    return tuple(taken)
