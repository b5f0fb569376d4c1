"""Walk of a folder that git does not list, under the gitignore(5) files on the way down (the `ignore` crate).

The walk holds the interpreter's lock, and opens an ignore file whatever it is: a pipe would stop the whole
process for good. So the folders are looked through for such files first.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import ignore
from ignore.overrides import OverrideBuilder

from rlm_core.workspace.ignore_files import MAX_BYTES
from rlm_core.workspace.roots import MAX_DEPTH, TOO_DEEP, is_too_deep, printable_path
from rlm_core.workspace.snapshot import Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ignore.overrides import Override

DEFAULT_IGNORES = Path(__file__).with_name("default.gitignore")
_NEVER_NAMES = frozenset(line.rstrip("/") for line in DEFAULT_IGNORES.read_text("utf-8").split("\n"))
_BARRED = "folder whose ignore file cannot be read"
_GLOB_SIGNS = re.compile(r"[\\*?\[\]{}!]")


def walk(
    root: Path, folder: str, skipped: list[Skipped], notes: list[str], usual: list[str]
) -> tuple[list[str], set[str]]:
    """The files below a folder that its ignore files and `default.gitignore` leave, and the folders.

    Where an ignore file cannot be read, all below its folder is left out: somebody has meant to keep
    something back.

    Args:
        root: absolute, links resolved.
        folder: relative to the root.
        skipped: takes what could not be looked into.
        notes: takes sentences about ignore files that cannot be read.
        usual: takes the folders that `default.gitignore` names, which an ignore file may take back.

    Returns:
        The files, relative to the root, and the folders, absolute.
    """
    start = f"{folder}/" if folder else ""
    seen: list[str] = []
    barred = _barred(root / folder, notes, seen)
    usual += [start + name for name in seen]
    skipped.extend(Skipped(printable_path(start + (without or ".")), _BARRED) for without in barred)
    if "" in barred:
        return [], set()

    def leave_out(builder: ignore.WalkBuilder, top: Path) -> None:
        # `.ignore` is for tools that search, and git, where it has the say, does not read it.
        builder.ignore(False).overrides(_without(top, barred)).add_ignore(DEFAULT_IGNORES)

    return _entries(root, folder, leave_out, skipped)


def walk_all(root: Path, folder: str) -> list[str]:
    """All files below a folder but those of repositories' own folders, relative to the root."""

    def leave_nothing_out(builder: ignore.WalkBuilder, _top: Path) -> None:
        builder.ignore(False).git_ignore(False).git_exclude(False)

    return [path for path in _entries(root, folder, leave_nothing_out, [])[0] if "/.git/" not in f"/{path}"]


def _builder(top: Path, levels: int) -> ignore.WalkBuilder:
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir(os.sep)  # the walk wants one that exists, and where this process stood was deleted
    builder = ignore.WalkBuilder(top).max_depth(levels)
    return builder.hidden(False).require_git(False).git_global(False).parents(False)


def _entries(
    root: Path,
    folder: str,
    configure: Callable[[ignore.WalkBuilder, Path], None],
    skipped: list[Skipped],
) -> tuple[list[str], set[str]]:
    start = f"{folder}/" if folder else ""
    levels = MAX_DEPTH - start.count("/")
    found: list[str] = []
    folders: set[str] = set()
    with _unicode_path(root / folder) as top:
        prefix = len(os.path.join(top, ""))  # noqa: PTH118 - strings: this runs once for every file
        builder = _builder(top, max(0, levels + 1))
        configure(builder, top)
        entries = builder.build()
        while True:
            try:
                path = os.fspath(next(entries).path())
                inner = path[prefix:]
                if not stat.S_ISDIR(os.lstat(path).st_mode):
                    found.append(start + inner.replace(os.sep, "/"))
                elif inner.count(os.sep) < levels:
                    folders.add(os.path.join(root, folder, inner).rstrip(os.sep))  # noqa: PTH118 - quick
                else:
                    deep = start + inner.replace(os.sep, "/")
                    skipped.append(Skipped(printable_path(deep), TOO_DEEP))
            except StopIteration:
                return found, folders
            except FileNotFoundError:
                continue  # deleted while we were looking
            except (ignore.Error, ignore.IOError, OSError) as error:
                skipped.append(Skipped(printable_path(str(error)), "unreadable folder"))


@contextmanager
def _unicode_path(folder: Path) -> Iterator[Path]:
    """A path of a folder that is Unicode, as the walk wants one: a descriptor's, if its own is not.

    Only on Linux, where proc(5) has these, are there names that are not.
    """
    path = os.fspath(folder)
    if _encodable(path) == path:
        yield folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _barred(top: Path, notes: list[str], usual: list[str]) -> list[str]:
    """The folders, relative, whose ignore files cannot be read; `usual` is as in `walk`."""
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
            for name in subfolders:
                path = f"{folder}/{name}" if folder else name
                if name in _NEVER_NAMES:
                    usual.append(path)
                elif not is_too_deep(f"{path}/"):
                    pending.append(path)
    return barred


def _look(folder: Path) -> tuple[list[str], list[str]]:
    """The ignore files of a folder, and the folders in it."""
    ignore_files: list[str] = []
    subfolders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == ".git":
                    ignore_files.append(".git/info/exclude")
                elif entry.name == ".gitignore":
                    ignore_files.append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
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
