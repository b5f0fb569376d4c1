"""Git's own view of a work tree: which files there are, and in which folders more may appear."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# A repository's own configuration can name programs for git to run; none of these may.
# (git-config(1): core.fsmonitor, core.hooksPath.)
_GIT = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
_OTHERS = ["ls-files", "-z", "--others", "--exclude-standard"]
_GITLINK = "160000 "  # the mode of a submodule's entry in the index


class View(NamedTuple):
    """What git sees below a folder.

    Attributes:
        paths: files, tracked or neither tracked nor ignored, relative to the folder.
        folders: absolute paths of the folders in which such a file may appear, and of git's own whose
            `index`, `HEAD` and `exclude` decide what is listed; empty unless asked for.
    """

    paths: list[str]
    folders: set[str]


def listed(root: Path, notes: list[str], *, with_folders: bool) -> View | None:
    """The view of a folder in a work tree, submodules and embedded repositories included.

    None where git has nothing to say: there is no git or no repository, or the root is itself ignored
    or still empty. `notes` takes a sentence when there is a repository that git cannot list.
    """
    tracked = _begin(root, ["ls-files", "-z", "--stage"])
    others = _finish(_begin(root, _OTHERS))  # both at once: the one reads the index, the other the tree
    entries = _finish(tracked)
    if entries is None or others is None:
        if (root / ".git").exists():
            notes.append(f"git could not list {root}; the .gitignore files were read without it.")
        return None
    paths: dict[str, None] = {}  # an unmerged file has several entries
    inner: list[str] = []
    for entry in _records(entries):
        path = entry[entry.index("\t") + 1 :]
        if entry.startswith(_GITLINK):
            inner.append(path)
        else:
            paths[path] = None
    for name in _records(others):
        if name.endswith("/"):
            inner.append(name[:-1])
        else:
            paths[name] = None
    if not paths and not inner:
        return None
    view = View(list(paths), _folders(root, paths) if with_folders else set())
    for folder in inner:
        if (root / folder / ".git").exists() and not (root / folder).is_symlink():
            below = listed(root / folder, notes, with_folders=with_folders) or View([], set())
            view.paths.extend(f"{folder}/{path}" for path in below.paths)
            view.folders.update(below.folders)
    return view


def ignored(root: Path) -> list[str]:
    """The files that git ignores."""
    return _records(_git(root, [*_OTHERS, "--ignored"]))


def named(root: Path, paths: Sequence[str]) -> list[str]:
    """Those of the paths that belong to git's view."""
    arguments = ["--literal-pathspecs", *_OTHERS, "--cached", "--deduplicate", "--", *paths]
    return _records(_git(root, arguments))


def _folders(root: Path, paths: Iterable[str]) -> set[str]:
    """The folders of the paths and those above them, empty ones that are not ignored, and git's own."""
    found = {""}
    for folder in {path.rpartition("/")[0] for path in paths}:
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    fresh = found
    while fresh:
        below = [path for folder in fresh for path in _subfolders(root, folder) if path not in found]
        left_out = set(_records(_git(root, ["check-ignore", "-z", "--stdin"], below))) if below else set()
        fresh = {path for path in below if path not in left_out}
        found |= fresh
    own = _git(root, ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"]).split("\n")[
        :-1
    ]
    return {f"{root}/{folder}".rstrip("/") for folder in found} | set(own) | {f"{path}/info" for path in own}


def _subfolders(root: Path, folder: str) -> list[str]:
    """Folders in a folder that are not repositories themselves."""
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    prefix = f"{folder}/" if folder else ""
    return [
        prefix + name
        for name in names
        if name != ".git" and not os.path.exists(f"{root}/{prefix}{name}/.git")  # noqa: PTH110 - quick
    ]


def _git(root: Path, arguments: Sequence[str], lines: Sequence[str] = ()) -> str:
    """What git prints; nothing where it fails. `lines` go to its stdin, each ended by NUL."""
    return _finish(_begin(root, arguments), lines) or ""


def _records(output: str) -> list[str]:
    return output.split("\0")[:-1]


def _begin(root: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(  # noqa: S603 - fixed program, no shell
            [*_GIT, *arguments],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except OSError:
        return None


def _finish(process: subprocess.Popen[bytes] | None, lines: Sequence[str] = ()) -> str | None:
    if process is None:
        return None
    output, _ = process.communicate(b"".join(os.fsencode(line) + b"\0" for line in lines))
    # check-ignore says 1 for "none of them"
    return os.fsdecode(output) if process.returncode < 2 else None
