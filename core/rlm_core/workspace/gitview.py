"""Git's view of a work tree: its files, the folders in which more may appear, and its history."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING, NamedTuple

from rlm_core.errors import QueryError
from rlm_core.wording import pluralize
from rlm_core.workspace import gitdirs
from rlm_core.workspace.roots import SPECIAL_CHARS, is_plain_path
from rlm_core.workspace.subprocesses import NO_WINDOW, git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

# A repository's own configuration can name programs for git to run; none of these may.
# (git-config(1): core.fsmonitor, core.hooksPath.)
_SETTINGS = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
# Change nothing, fetch nothing (older gits know only the protocols), speak English.
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
# Where the server was started by git (a hook, an editor), these name the repository that git was run in.
_REPOSITORY_VARIABLES = frozenset(
    {
        "GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE",
    }
)  # fmt: skip
_OTHERS = ["ls-files", "-z", "--others", "--exclude-standard"]
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
    """

    paths: list[str]
    folders: set[str]
    unlisted: list[str]


def list_files(root: Path, notes: list[str], *, with_folders: bool) -> GitListing | None:
    """The view of a folder in a work tree, submodules and embedded repositories included.

    None where git has nothing to say: there is no git or no repository, or the root is itself ignored
    or still empty. `notes` takes a sentence when there is a repository that git cannot or must not list.
    """
    listing = _listing(root, notes, with_folders=with_folders)
    return listing if listing and (listing.paths or listing.unlisted) else None


def _listing(root: Path, notes: list[str], *, with_folders: bool) -> GitListing | None:
    tracked = _start(root, ["ls-files", "-z", "--stage"])
    others = _finish(_start(root, _OTHERS))  # both at once: the one reads the index, the other the tree
    entries = _finish(tracked)
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
    listing = GitListing(list(paths), _folders(root, paths) if with_folders else set(), [])
    for folder in inner:
        if os.path.lexists(root / folder / ".git") and _is_real(root / folder):
            _add(listing, folder, _listing(root / folder, notes, with_folders=with_folders))
    return listing


def _add(listing: GitListing, folder: str, below: GitListing | None) -> None:
    """Takes in what git sees in a repository below."""
    if below is None:
        listing.unlisted.append(folder)
    else:
        listing.paths.extend(f"{folder}/{path}" for path in below.paths)
        listing.folders.update(below.folders)
        listing.unlisted.extend(f"{folder}/{path}" for path in below.unlisted)


def list_ignored(root: Path) -> list[str]:
    """The files that git ignores."""
    return _records(_git(root, [*_OTHERS, "--ignored"]))


def filter_listed(root: Path, paths: Sequence[str]) -> list[str]:
    """Those of the paths that belong to git's view."""
    arguments = ["--literal-pathspecs", *_OTHERS, "--cached", "--deduplicate", "--", *paths]
    return _records(_git(root, arguments))


def is_ignored(root: Path, path: str) -> bool | None:
    """Whether git would ignore a file of that name; None where git has nothing to say."""
    printed = _finish(_start(root, ["check-ignore", "-z", "--stdin"]), [path])
    return None if printed is None else bool(printed)


def resolve_commit(root: Path, revision: str) -> str | None:
    """The id of the commit that a revision (gitrevisions(7)) names; None when there is none.

    Raises:
        QueryError: the repository's past could be another one's.
    """
    if why_not := gitdirs.foreign_repository(root):
        raise QueryError(why_not)
    # What a program asks for must not be read as an option, here or later: only the id goes on.
    asked = ["--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    objects, _, commit_id = _git(root, ["rev-parse", "--git-path", "objects", *asked]).partition("\n")
    if objects and gitdirs.has_alternates(root / objects):
        raise QueryError(
            f"The repository of {root.name}/ takes objects from another one, by objects/info/alternates or "
            "by links. That one may not be meant, so there is no past. `git repack -a -d` copies the "
            "objects; delete that file then."
        )
    return commit_id.strip() or None


def list_tree(root: Path, commit_id: str) -> dict[str, str]:
    """The files of a commit below a folder, relative to it, and their blobs' ids; no submodules."""
    entries = _records(_git(root, ["ls-tree", "-r", "-z", commit_id]))
    split = (entry.partition("\t") for entry in entries if not entry.startswith(_SUBMODULE))
    return {path: about.split(" ")[2] for about, _, path in split}


def read_blobs(root: Path, ids: Sequence[str]) -> Iterator[bytes]:
    """The contents of blobs, in order, one at a time; raises `QueryError` when the repository lacks one."""
    process = _spawn(root, ["cat-file", "--batch"], subprocess.PIPE)
    if process is None or process.stdin is None or process.stdout is None:
        raise QueryError("git is not there to read the revision with.")
    with process:
        for blob in ids:
            process.stdin.write(f"{blob}\n".encode())
            process.stdin.flush()
            *_, size = process.stdout.readline().split()
            if not size.isdigit():
                raise QueryError(f"The repository {root.name}/ lacks a file of that revision ({blob}).")
            yield process.stdout.read(int(size))
            process.stdout.read(1)


def _escaping(paths: Iterable[str]) -> set[str]:
    """The paths that do not simply lead down; the quick look spares all others the thorough one."""
    suspects = [path for path in paths if "./" in path or "//" in path or path[:1] == "/" or SPECIAL_CHARS]
    return {path for path in suspects if not is_plain_path(path)}


def _folders(root: Path, paths: Iterable[str]) -> set[str]:
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
        below = [path for folder in fresh for path in _subfolders(root, folder) if path not in found]
        left_out = set(_records(_git(root, ["check-ignore", "-z", "--stdin"], below))) if below else set()
        fresh = {path for path in below if path not in left_out}
        found |= fresh
    own = _git(root, ["rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir"]).split("\n")[
        :-1
    ]
    return {f"{root}/{folder}".rstrip("/") for folder in found} | set(own) | {f"{path}/info" for path in own}


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


def _git(root: Path, arguments: Sequence[str], lines: Sequence[str] = ()) -> str:
    """What git prints; nothing where it fails. `lines` go to its stdin, each ended by NUL."""
    return _finish(_start(root, arguments), lines) or ""


def _records(output: str) -> list[str]:
    return output.split("\0")[:-1]


class _Running(NamedTuple):
    process: subprocess.Popen[bytes]
    output: IO[bytes]


def _start(root: Path, arguments: Sequence[str]) -> _Running | None:
    """Starts git; what it prints goes to a file, so that it never waits for us to read."""
    output = tempfile.TemporaryFile()  # noqa: SIM115 - `_finish` closes it
    process = _spawn(root, arguments, output.fileno())
    if process is None:
        output.close()
        return None
    return _Running(process, output)


def _spawn(root: Path, arguments: Sequence[str], stdout: int) -> subprocess.Popen[bytes] | None:
    if gitdirs.foreign_repository(root):
        return None
    try:
        return subprocess.Popen(  # noqa: S603 - fixed program, no shell
            [git(), *_SETTINGS, *arguments],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES}
            | _ENVIRONMENT,
            creationflags=NO_WINDOW,
        )
    except OSError:
        return None


def _finish(running: _Running | None, lines: Sequence[str] = ()) -> str | None:
    if running is None:
        return None
    with running.output as output:
        running.process.communicate(b"".join(_encoded(line) + b"\0" for line in lines))
        output.seek(0)
        # check-ignore says 1 for "none of them"
        return _decoded(output.read()) if running.process.returncode < 2 else None


# os.fsencode and os.fsdecode, but for bytes that are not UTF-8: there the latter raises on Windows.
def _encoded(text: str) -> bytes:
    return text.encode(sys.getfilesystemencoding(), "surrogateescape")


def _decoded(output: bytes) -> str:
    return output.decode(sys.getfilesystemencoding(), "surrogateescape")
