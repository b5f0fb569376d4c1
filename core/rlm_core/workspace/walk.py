"""Walk of a folder that git does not list, under the gitignore(5) files on the way down (the `ignore` crate).

The walk holds the interpreter's lock, and opens an ignore file whatever it is: a pipe would stop the whole
process for good. So the folders are looked through for such files first.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import ignore
from ignore.overrides import OverrideBuilder

from rlm_core.workspace.ignore_files import MAX_BYTES
from rlm_core.workspace.roots import MAX_DEPTH, TOO_DEEP, is_too_deep, printable_path
from rlm_core.workspace.snapshot import Skipped

if TYPE_CHECKING:
    from ignore.overrides import Override

DEFAULT_IGNORES = Path(__file__).with_name("default.gitignore")
_NEVER_NAMES = frozenset(line.rstrip("/") for line in DEFAULT_IGNORES.read_text("utf-8").split("\n"))
_IGNORE_FILES = frozenset({".gitignore", ".ignore"})
_GLOB_SIGNS = re.compile(r"[\\*?\[\]{}!]")


def walk(root: Path, folder: str, skipped: list[Skipped], notes: list[str]) -> tuple[list[str], set[str]]:
    """The files below a folder that its ignore files and `default.gitignore` leave, and the folders.

    Where an ignore file cannot be read, all below its folder is left out: somebody has meant to keep
    something back.

    Args:
        root: absolute, links resolved.
        folder: relative to the root.
        skipped: takes what could not be looked into.
        notes: takes sentences about ignore files that cannot be read.

    Returns:
        The files, relative to the root, and the folders, absolute.
    """
    barred = _barred(root / folder, notes)
    if "" in barred:
        return [], set()
    builder = _builder(root, folder).overrides(_without(root / folder, barred))
    builder.add_ignore(DEFAULT_IGNORES)
    return _entries(root, builder, skipped)


def walk_all(root: Path, folder: str) -> list[str]:
    """All files below a folder but those of repositories' own folders, relative to the root."""
    builder = _builder(root, folder).ignore(False).git_ignore(False).git_exclude(False)
    return [path for path in _entries(root, builder, [])[0] if "/.git/" not in f"/{path}"]


def _builder(root: Path, folder: str) -> ignore.WalkBuilder:
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir(os.sep)  # the walk wants one that exists, and where this process stood was deleted
    levels = MAX_DEPTH + 1 - (folder.count("/") + 1 if folder else 0)
    builder = ignore.WalkBuilder(root / folder).max_depth(max(0, levels))
    return builder.hidden(False).require_git(False).git_global(False).parents(False)


def _entries(root: Path, builder: ignore.WalkBuilder, skipped: list[Skipped]) -> tuple[list[str], set[str]]:
    prefix = len(os.path.join(root, ""))  # noqa: PTH118 - strings: this runs once for every file
    deepest = os.path.join(root, "").count(os.sep) + MAX_DEPTH  # noqa: PTH118 - as above
    found: list[str] = []
    folders: set[str] = set()
    entries = builder.build()
    while True:
        try:
            path = os.fspath(next(entries).path())
            if stat.S_ISDIR(os.lstat(path).st_mode):
                if path.count(os.sep) < deepest:
                    folders.add(path)
                else:
                    inner = path[prefix:].replace(os.sep, "/")
                    skipped.append(Skipped(printable_path(inner), TOO_DEEP))
            else:
                found.append(path[prefix:].replace(os.sep, "/"))
        except StopIteration:
            return found, folders
        except FileNotFoundError:
            continue  # deleted while we were looking
        except (ignore.Error, ignore.IOError, OSError) as error:
            skipped.append(Skipped(printable_path(str(error)), "unreadable folder"))


def _barred(top: Path, notes: list[str]) -> list[str]:
    """The folders, relative, whose ignore files cannot be read."""
    barred: list[str] = []
    left_bytes = MAX_BYTES
    pending = [""]
    while pending:
        folder = pending.pop()
        names, subfolders = _look(top / folder)
        for name in names:
            size, why_not = _size(top / folder / name)
            left_bytes -= size
            if left_bytes < 0:
                why_not = f"is not read, as ignore files of more than {MAX_BYTES // 1024} KB are there"
            if why_not:
                without = _encodable(folder)
                barred.append(without)
                whose = printable_path(str(top / without))
                file = printable_path(str(top / folder / name))
                notes.append(f"{file} {why_not}, so all files of {whose} are left out.")
                break
        else:
            below = [f"{folder}/{name}" if folder else name for name in subfolders]
            pending += [path for path in below if not is_too_deep(f"{path}/")]
    return barred


def _look(folder: Path) -> tuple[list[str], list[str]]:
    """The ignore files of a folder, and the folders in it that may belong."""
    ignore_files: list[str] = []
    subfolders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == ".git":
                    ignore_files.append(".git/info/exclude")
                elif entry.name in _IGNORE_FILES:
                    ignore_files.append(entry.name)
                elif entry.name not in _NEVER_NAMES and entry.is_dir(follow_symlinks=False):
                    subfolders.append(entry.name)
    except OSError:
        pass  # the walk says so
    return ignore_files, subfolders


def _size(file: Path) -> tuple[int, str]:
    """How large an ignore file is, in bytes, and why it cannot be read, if that is so."""
    try:
        status = file.stat()
    except OSError:
        return 0, ""  # nothing there that could be opened
    return (status.st_size, "") if stat.S_ISREG(status.st_mode) else (0, "is no regular file")


def _without(top: Path, folders: list[str]) -> Override:
    """Leaves folders out before they are entered."""
    builder = OverrideBuilder(top)
    for folder in folders:
        builder.add("!/" + _GLOB_SIGNS.sub(r"\\\g<0>", folder) + "/")
    return builder.build()


def _encodable(folder: str) -> str:
    """A folder, or the nearest one around it whose path is Unicode, as globs have to be."""
    while not folder.isascii():
        try:
            folder.encode()
            break
        except UnicodeEncodeError:
            folder = folder.rpartition("/")[0]
    return folder
