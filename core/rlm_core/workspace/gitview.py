"""Git's own view of a work tree: its files, and the folders in which more may appear."""

from __future__ import annotations

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.wording import pluralize
from rlm_core.workspace import gitdirs
from rlm_core.workspace.git_runner import GitLimitError
from rlm_core.workspace.roots import (
    SPECIAL_CHARS,
    TOO_DEEP,
    is_plain_path,
    is_too_deep,
    printable_path,
)
from rlm_core.workspace.snapshot import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rlm_core.workspace.git_runner import GitRequest

_OTHERS = ["ls-files", "-z", "--others", "--exclude-standard"]
# A line of stderr; of a long path git prints the start alone.
_UNREADABLE = re.compile(r"warning: could not open directory '(.*?)/?(?:'|$)")
# Repositories in one another, and within one root in all: each is a few processes, and git looks through all
# folders above for where it begins.
MAX_LEVELS = 8
MAX_REPOSITORIES = 1000
# What `ls-files --stage -z` prints of a file, and of a submodule, whose mode in the index is 160000.
_ENTRY = re.compile(r"\t([^\0]*)\0")
_GITLINK = re.compile(r"(?:^|\0)160000 [^\t]*\t([^\0]*)")
_SUBMODULE = "160000 "


class GitListing(NamedTuple):
    """What git sees below a folder.

    Attributes:
        paths: files, tracked or neither tracked nor ignored, relative to the folder.
        folders: absolute paths of the folders in which such a file may appear, and of git's own whose
            `index`, `HEAD` and `exclude` decide what is listed; empty unless asked for.
        unlisted: repositories below the folder that git cannot list, relative to it.
        skipped: what exists but is not listed.
    """

    paths: list[str]
    folders: set[str]
    unlisted: list[str]
    skipped: list[Skipped]


def list_files(git: GitRequest, root: Path, notes: list[str], *, with_folders: bool) -> GitListing | None:
    """The view of a folder in a work tree, submodules and embedded repositories included.

    None where git has nothing to say: there is no git or no repository, or the root is itself ignored
    or still empty. `notes` takes a sentence when there is a repository that git cannot or must not list.

    Raises:
        GitLimitError: it took too long, printed too much, or there are too many repositories.
    """
    seen = GitListing([], set(), [], [])
    pending = [("", 0)]  # repositories, and in how many others each lies
    count = 0
    while pending:
        place, level = pending.pop()
        prefix = f"{place}/" if place else ""
        listed = _repository(git, root / place, notes) if level <= MAX_LEVELS else None
        if listed is None:
            if not place:
                return None
            seen.unlisted.append(place)
            continue
        paths = [path for path in listed.paths if not is_too_deep(prefix + path)]
        if len(paths) < len(listed.paths):
            deep = [path for path in listed.paths if is_too_deep(prefix + path)]
            seen.skipped.extend(Skipped(printable_path(prefix + path), TOO_DEEP) for path in deep)
        seen.skipped.extend(Skipped(prefix + item.path, item.reason) for item in listed.skipped)
        seen.paths.extend([prefix + path for path in paths] if prefix else paths)
        if with_folders:
            seen.folders.update(_folders(git, root / place, paths))
        inner = [prefix + folder for folder in listed.unlisted]
        count += len(inner)
        if count > MAX_REPOSITORIES:
            raise GitLimitError(f"git found more than {MAX_REPOSITORIES:,} repositories")
        pending += [(folder, level + 1) for folder in inner]
    return seen if seen.paths or seen.unlisted or seen.skipped else None


def _repository(git: GitRequest, root: Path, notes: list[str]) -> GitListing | None:
    """What git lists of one repository; those within it are `unlisted`."""
    complaints: list[str] = []
    with ThreadPoolExecutor(1) as pool:  # both at once: the one reads the index, the other the tree
        tracked = pool.submit(git.run, root, ["ls-files", "-z", "--stage"])
        others = git.run(root, _OTHERS, complaints=complaints)
        entries = tracked.result()
    if entries is None or others is None:
        if why_not := gitdirs.foreign_repository(root):
            notes.append(why_not)
        elif os.path.lexists(root / ".git"):
            notes.append(f"git could not list {root}; the .gitignore files were read without it.")
        return None
    paths = dict.fromkeys(_ENTRY.findall(entries))  # an unmerged file has several entries
    inner = _GITLINK.findall(entries) if _SUBMODULE in entries else []  # few repositories have any
    if escaping := _escaping(paths):
        files = pluralize(len(escaping), "file")
        notes.append(f"git's index of {root} names {files} by paths that could lead out; left out.")
        paths = dict.fromkeys(path for path in paths if path not in escaping)
        inner = [path for path in inner if path not in escaping]
    for name in _records(others):
        if name.endswith("/"):
            inner.append(name[:-1])
        else:
            paths[name] = None
    for folder in inner:
        paths.pop(folder, None)
    inner = [
        folder for folder in inner if os.path.lexists(root / folder / ".git") and _is_real(root / folder)
    ]
    return GitListing(list(paths), set(), inner, _unreadable(complaints))


def _unreadable(complaints: Sequence[str]) -> list[Skipped]:
    """The folders that git could not look into."""
    folders = (_UNREADABLE.match(line) for line in complaints)
    return [
        Skipped(printable_path(folder[1]), "unreadable folder") for folder in folders if folder and folder[1]
    ]


def list_ignored(git: GitRequest, root: Path) -> list[str]:
    """The files that git ignores; raises `GitLimitError`."""
    return _records(git.run(root, [*_OTHERS, "--ignored"]))


def filter_listed(git: GitRequest, root: Path, paths: Sequence[str]) -> list[str]:
    """Those of the paths that belong to git's view; raises `GitLimitError`."""
    arguments = ["--literal-pathspecs", *_OTHERS, "--cached", "--deduplicate", "--", *paths]
    return _records(git.run(root, arguments))


def is_ignored(git: GitRequest, root: Path, path: str) -> bool | None:
    """Whether git would ignore a file of that name; None where it has nothing to say or takes too long."""
    try:
        printed = git.run(root, ["check-ignore", "-z", "--stdin"], [path])
    except GitLimitError:
        return None
    return None if printed is None else bool(printed)


def _escaping(paths: Iterable[str]) -> set[str]:
    """The paths that do not simply lead down; the quick look spares all others the thorough one."""
    suspects = [path for path in paths if "./" in path or "//" in path or path[:1] == "/" or SPECIAL_CHARS]
    return {path for path in suspects if not is_plain_path(path)}


def _folders(git: GitRequest, root: Path, paths: Iterable[str]) -> set[str]:
    """The folders of the paths and those above them, empty ones that are not ignored, and git's own."""
    found = {""}
    for folder in {path.rpartition("/")[0] for path in paths}:
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    # The index may name files of a folder that is gone, or has become a link to somewhere else.
    gone = tuple(f"{folder}/" for folder in found if not _is_folder(f"{root}/{folder}"))
    if gone:
        found = {folder for folder in found if not f"{folder}/".startswith(gone)}
    fresh = found
    while fresh:
        below = [
            path
            for folder in fresh
            for path in _subfolders(root, folder)
            if path not in found and not is_too_deep(f"{path}/")
        ]
        is_excluded = (
            set(_records(git.run(root, ["check-ignore", "-z", "--stdin"], below))) if below else set()
        )
        fresh = {path for path in below if path not in is_excluded}
        found |= fresh
    own = git.run(root, ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"]) or ""
    own_folders = own.split("\n")[:-1]
    return {f"{root}/{folder}".rstrip("/") for folder in found} | {
        *own_folders,
        *(f"{path}/info" for path in own_folders),
    }


def _is_real(folder: Path) -> bool:
    """Whether no link leads there, capitals aside where the system does not tell them apart."""
    return os.path.normcase(os.path.realpath(folder)) == os.path.normcase(folder)


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path.rstrip("/")).st_mode)
    except OSError:
        return False


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


def _records(output: str | None) -> list[str]:
    return output.split("\0")[:-1] if output else []
