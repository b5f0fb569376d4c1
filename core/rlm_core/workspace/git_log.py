"""Git log and blame: which commits a path has, and of which its lines are, read by git within bounds.

Only plumbing is asked where there is some: what a repository configures for people (signatures that a
program checks, converted texts, names of other files) must not count. What was read before git ran into a
limit is given back with the reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.workspace.git_objects import ID, name_of, run_git
from rlm_core.workspace.git_runner import GitLimitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rlm_core.workspace.bounded_process import BoundedProcess
    from rlm_core.workspace.git_runner import GitRequest

LOG_BYTES = 4 << 20  # of messages, and of names of files
# Texts as they were committed: git would have a library convert them from whatever they say they are in.
_FORMAT = ["--encoding=none", "--format=%H%x00%aI%x00%an%x00%B%x00"]
_LINES = re.compile(rb"([0-9a-f]{40,64}) ([0-9]{1,9}) ([0-9]{1,9}) ([0-9]{1,9})\n")


class Commit(NamedTuple):
    """A commit: its id, when it was written (ISO 8601), by whom, and its message, as it was committed."""

    id: str
    date: str
    author: bytes
    message: bytes


class BlamedRange(NamedTuple):
    """Lines, from 1, and the id of the commit that they are of."""

    first: int
    lines: int
    commit_id: str


def is_shallow(git: GitRequest, root: Path) -> bool:
    """Whether the repository has only the latest part of its past."""
    return (run_git(git, root, ["rev-parse", "--is-shallow-repository"]) or "").startswith("true")


def list_commits(
    git: GitRequest, root: Path, commit_id: str, path: str, limit: int
) -> tuple[list[Commit], str]:
    """The latest commits up to one that changed a path below the folder, or anything in it for an empty one.

    Returns:
        the commits, the latest first, and why there may be more, other than by the limit.
    """
    below = path or run_git(git, root, ["rev-parse", "--show-prefix"]) != "\n"
    paths = ["--", path or "."] if below else ["--"]
    arguments = ["--literal-pathspecs", "rev-list", f"--max-count={limit}", *_FORMAT, commit_id, *paths]
    return _commits(git, root, arguments)


def read_commits(git: GitRequest, root: Path, ids: Sequence[str]) -> tuple[dict[str, Commit], str]:
    """What commits say, by id, and why some may be missing."""
    commits, why = _commits(git, root, ["rev-list", "--no-walk=unsorted", "--stdin", *_FORMAT], ids)
    return {commit.id: commit for commit in commits}, why


def changed_paths(git: GitRequest, root: Path, ids: Sequence[str]) -> tuple[dict[str, list[str]], str]:
    """The paths below a folder that each commit changed, a merge those that differ from all its parents.

    Returns:
        paths by commit, in order, and why the last ones are missing.
    """
    found: dict[str, list[str]] = {}
    shown = ["--name-status", "-z", "--no-renames", "--relative"]
    arguments = ["diff-tree", "--stdin", "-r", "-c", "--root", "--always", *shown]
    current = ""
    why = ""
    try:
        with git.stream(root, arguments, _given(ids)) as process:
            fields = _fields(process)
            for field in fields:
                name = _path(field)
                if ID.fullmatch(name):  # a path stands behind a status, which no id is
                    found[name] = []
                    current = name
                elif current:
                    found[current].append(_path(next(fields, b"")))
            _finish(process, root)
    except GitLimitError as error:
        found.pop(current, None)
        why = str(error)
    return found, why


def renamed_from(git: GitRequest, root: Path, commit_id: str, path: str) -> str | None:
    """What a file was called before its first commit; empty if that made it, None if not known."""
    shown = ["--name-status", "-z", "-M", "-l500", "--diff-filter=R", "--relative"]
    try:
        printed = git.run(root, ["diff-tree", "--no-commit-id", "-r", *shown, commit_id])
    except GitLimitError:
        printed = None
    if printed is None:
        return None
    fields = printed.split("\0")
    return next((old for old, new in zip(fields[1::3], fields[2::3], strict=False) if new == path), "")


def blame(
    git: GitRequest, root: Path, commit_id: str, path: str, first: int, last: int
) -> tuple[list[BlamedRange], str]:
    """Of which commits lines of a file are, as it was at a commit.

    Returns:
        ranges, in the order in which git found them, and why some lines may be in none.
    """
    found: list[BlamedRange] = []
    arguments = ["blame", "--incremental", "--no-textconv", f"-L{first},{last}", commit_id, "--", path]
    try:
        with git.stream(root, ["--literal-pathspecs", *arguments], "") as process:
            starts = True
            while process and (piece := process.read_line()):
                # Only at its start can a line be one of these: all others start with a word.
                if starts and (match := _LINES.fullmatch(piece)):
                    found.append(BlamedRange(int(match[3]), int(match[4]), match[1].decode()))
                starts = piece.endswith(b"\n")
            _finish(process, root)
    except GitLimitError as error:
        return found, str(error)
    return found, ""


def _commits(
    git: GitRequest, root: Path, arguments: Sequence[str], ids: Sequence[str] = ()
) -> tuple[list[Commit], str]:
    commits: list[Commit] = []
    try:
        with git.stream(root, arguments, _given(ids)) as process:
            fields = _fields(process)
            for about, date, author, message in zip(fields, fields, fields, fields, strict=False):
                # Before its format git prints a line `commit ID`.
                commit_id = about.rpartition(b"\n")[2].decode("ascii", "replace")
                commits.append(Commit(commit_id, date.decode("ascii", "replace"), author, message.strip()))
            _finish(process, root)
    except GitLimitError as error:
        return commits, str(error)
    return commits, ""


def _fields(process: BoundedProcess | None) -> Iterator[bytes]:
    """What git prints, up to each NUL."""
    left = LOG_BYTES
    pieces: list[bytes] = []
    while process and (piece := process.read_line()):
        left -= len(piece)
        if left < 0:
            raise GitLimitError(f"git printed more than {LOG_BYTES >> 20} MB")
        first, *others = piece.split(b"\0")
        pieces.append(first)
        for other in others:
            yield b"".join(pieces)
            pieces = [other]


def _finish(process: BoundedProcess | None, root: Path) -> None:
    """Waits for git's end; raises `GitLimitError` if that came too early."""
    if process is None or process.finish(0)[1] != 0:
        raise GitLimitError(
            f"git could not read all of {name_of(root)} (`git fsck` there may say why, or a file that is "
            "missing is named in its configuration)"
        )


def _given(ids: Sequence[str]) -> str:
    return "".join(f"{commit_id}\n" for commit_id in ids)


def _path(field: bytes) -> str:
    return field.decode("utf-8", "surrogateescape")
