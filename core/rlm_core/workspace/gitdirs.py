"""Git directories: whose repository git would read in a folder, as an archive can bring a foreign `.git`.

Only a few names on disk are looked at (gitrepository-layout(5)); no git is run.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What git opens whatever it is, where it is asked for files or about the past.
_OPENED = (
    *("HEAD", "config", "config.worktree", "index", "info/exclude", "packed-refs", "shallow", "info/grafts"),
    *("info/attributes", "objects/info/alternates", "objects/info/commit-graph"),
    "objects/info/commit-graphs/commit-graph-chain",
)
# core.excludesFile, core.attributesFile, blame.ignoreRevsFile and include.path in git-config(1) name others.
_NAMED_FILE = re.compile(
    r"^[ \t]*(?:\[[^\]\r\n]*\])?[ \t]*(?:excludesfile|attributesfile|ignorerevsfile|path)[ \t]*=[ \t]*"
    r"([^\r\n#;]*)",
    re.MULTILINE | re.IGNORECASE,
)
# In git-config(1)'s syntax: the setting, and what quotes and escapes are to be replaced by.
_WORK_TREE = re.compile(r"^[ \t]*worktree[ \t]*=[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_QUOTING = re.compile(r'\\(.)|"')
# git gathers loose objects in packs from 6,700 on (gc.auto in git-config(1)).
_MOST_OBJECTS = 200_000
_MOST_CHARS = 1 << 20  # more, and git does not take it for a `.git` file either


def foreign_repository(root: Path) -> str:
    """Why git must not be asked about a folder (absolute, links resolved), as a sentence; empty if it may.

    A repository is a folder's own if it lies directly in it, or if it names the folder as its work tree,
    as those of git-worktree(1) and git-submodule(1) do. Where git finds no repository it looks further
    up, and so the folders above have to be in order as well.
    """
    for folder in (root, *root.parents):
        dot = folder / ".git"
        if os.path.lexists(dot) and not _is_own(dot):
            return (
                f"{dot} leads to a repository elsewhere that does not know of this folder, so git is not "
                f"asked about {root}. If that repository is meant, have it name the folder: `git worktree "
                f'repair` for a work tree that was moved, else `git config core.worktree "{folder}"`.'
            )
        if pipe := _not_a_file(dot):
            return f"{pipe} is no regular file, so git, which would wait for it, is not asked about {root}."
        if os.path.isfile(dot):  # noqa: PTH113 - Path's raises where the way is barred
            break  # git looks no further
        if _is_repository(folder):
            return f"{folder} is a repository without a work tree, so git is not asked about {root}."
    return ""


def why_foreign_objects(objects: Path) -> str:
    """By what a repository's folder of objects takes some from elsewhere, or may; empty if by nothing.

    By `info/alternates`, or by a link in the place of any folder or file: git opens what it leads to. Nothing
    tells whether the repository that they belong to was meant.
    """
    if os.path.lexists(objects / "info/alternates"):
        return "objects/info/alternates"
    if os.path.islink(objects):  # noqa: PTH114 - as above
        return "the link objects"
    pending = [objects]
    left = _MOST_OBJECTS
    while pending:
        for entry in _entries(pending.pop()):
            if entry.is_symlink():
                return f"the link {Path(entry.path).relative_to(objects.parent)}"
            left -= 1
            if left < 0:
                return f"more than {_MOST_OBJECTS:,} files, which are not all looked at"
            if entry.is_dir():
                pending.append(Path(entry.path))
    return ""


def _is_own(dot: Path) -> bool:
    """Whether the repository that a folder's `.git` is, or leads to, is that folder's."""
    folder = dot.parent
    leads = os.path.isfile(dot)  # noqa: PTH113 - as above
    place = folder / _read(dot).removeprefix("gitdir: ") if leads else dot
    git_dir = Path(os.path.realpath(place))
    own = git_dir.parent == folder or any(_is_same(tree, folder) for tree in _work_trees(git_dir))
    shared = git_dir / "commondir"
    if own and os.path.lexists(shared):  # one of several work trees, which are kept in one place
        own = git_dir.parent == Path(os.path.realpath(git_dir / _read(shared))) / "worktrees"
    return own


def _work_trees(git_dir: Path) -> Iterator[Path]:
    """The folders that a repository names as its work trees."""
    if dot := _read(git_dir / "gitdir"):
        yield (git_dir / dot).parent
    for name in ("config", "config.worktree"):
        for tree in _WORK_TREE.findall(_read(git_dir / name)):
            yield git_dir / _QUOTING.sub(lambda sign: sign[1] or "", tree)


def _not_a_file(dot: Path) -> Path | None:
    """A file of a repository's own, or one that its configuration names, that is a pipe or the like."""
    if not os.path.isdir(dot):  # noqa: PTH112 - as above
        return None
    for name in _OPENED:
        with suppress(OSError):
            if not stat.S_ISREG((dot / name).stat().st_mode):
                return dot / name
    return next((file for file in _named_files(dot) if _is_waited_for(file)), None)


def _named_files(dot: Path) -> Iterator[Path]:
    """The branch that `HEAD` names, the mail map, and files that the configuration may have git open."""
    yield dot.parent / ".mailmap"
    head = _read(dot / "HEAD")
    if head.startswith("ref: "):
        yield dot / head.removeprefix("ref: ")
    for name in ("config", "config.worktree"):
        for value in _NAMED_FILE.findall(_read(dot / name)):
            named = os.path.expanduser(_QUOTING.sub(lambda sign: sign[1] or "", value.rstrip()))  # noqa: PTH111
            yield from (dot / named, dot.parent / named)


def _is_waited_for(file: Path) -> bool:
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    return str(file) != os.devnull and (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode))


def _is_repository(folder: Path) -> bool:
    """Whether git could take a folder itself for a repository."""

    def has(name: str) -> bool:
        return os.path.lexists(f"{folder}/{name}")

    return has("HEAD") and (has("commondir") or (has("objects") and has("refs")))


def _read(file: Path) -> str:
    """What git takes a small file of its own to say; nothing where it cannot be read."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return ""  # a pipe would keep us waiting
        with file.open(encoding=sys.getfilesystemencoding(), errors="surrogateescape", newline="") as opened:
            return opened.read(_MOST_CHARS).rstrip("\r\n").partition("\0")[0]
    except OSError:
        return ""


def _is_same(tree: Path, folder: Path) -> bool:
    try:
        return tree.samefile(folder)
    except OSError:
        return False


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        yield from entries
