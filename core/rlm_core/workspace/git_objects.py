"""Git objects: the commit that a revision names, its tree and blobs, read by git within bounds.

Objects may be hostile, too: a blob of a few kilobytes can inflate to gigabytes, and a tree that names
itself over and over to more paths than fit on any disk.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.errors import QueryError
from rlm_core.workspace import gitdirs
from rlm_core.workspace.git_runner import GitLimitError
from rlm_core.workspace.roots import is_plain_path, printable_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rlm_core.workspace.git_runner import GitRequest

_SUBMODULE = "160000 "
# What git prints: an object's id, its size, an entry of a tree.
ID = re.compile(r"[0-9a-f]{40,64}")
_SIZE = re.compile(r"[0-9]{1,18}")
_ENTRY = re.compile(r"[0-7]+ [a-z]+ [0-9a-f]{40,64}\t")
# Of gitrevisions(7) all that names a commit by name, id, date or number. `:/text` and `^{/text}` search
# messages for a regular expression, which the C library may take gigabytes to compile.
_REVISION = re.compile(r"(?!.*\^\{/)[\w./@{}^~+#-]{1,256}", re.ASCII)


def resolve_commit(git: GitRequest, root: Path, revision: str) -> str | None:
    """The id of the commit that a revision names; None when there is none.

    Raises:
        QueryError: the revision is not written as one may be here, the repository's past could be another
            one's, or git ran into a limit.
    """
    if not _REVISION.fullmatch(revision):
        raise QueryError(
            f"{revision[:80]!r} is no git revision as it can be given here: a branch, a tag, a commit's id, "
            "HEAD~3 or the like. Commit messages (:/text, ^{/text}) are not searched."
        )
    if why_not := gitdirs.foreign_repository(root):
        raise QueryError(why_not)
    # What a program asks for must not be read as an option, here or later: only the id goes on.
    asked = ["--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
    printed = run_git(git, root, ["rev-parse", "--git-path", "objects", *asked]) or ""
    objects, _, commit_id = printed.partition("\n")
    if objects and (by_what := gitdirs.why_foreign_objects(root / objects)):
        raise QueryError(
            f"The repository of {name_of(root)} takes objects from another one, or may do so "
            f"({printable_path(by_what)}). That one may not be meant, so there is no past. "
            "`git repack -a -d` copies the objects; delete that file then."
        )
    return commit_id.strip() if ID.fullmatch(commit_id.strip()) else None


def list_tree(git: GitRequest, root: Path, commit_id: str) -> dict[str, str]:
    """The files of a commit below a folder, relative to it, and their blobs' ids; no submodules.

    Raises:
        QueryError: git cannot list them, or ran into a limit.
    """
    return {path: blob for path, (_, blob) in list_tree_entries(git, root, commit_id).items()}


def list_tree_entries(git: GitRequest, root: Path, commit_id: str) -> dict[str, tuple[str, str]]:
    """As `list_tree`, with each file's mode (`100644`, `120000` for a link) before its blob's id."""
    return _entries(git, root, ["ls-tree", "-r", "-z", commit_id])


def absent_files(git: GitRequest, root: Path) -> set[str]:
    """The files below a folder, relative to it, that git keeps out of the work tree (a sparse checkout).

    Raises:
        QueryError: git ran into a limit.
    """
    printed = run_git(git, root, ["ls-files", "-z", "-t"]) or ""
    return {entry[2:] for entry in printed.split("\0") if entry.startswith("S ")}


def blob_of(git: GitRequest, root: Path, commit_id: str, path: str) -> str | None:
    """The id of one file's blob in a commit; None where it has no such file.

    Raises:
        QueryError: git ran into a limit, or cannot read the commit.
    """
    if not is_plain_path(path):
        return None
    arguments = ["--literal-pathspecs", "ls-tree", "-z", commit_id, "--", path]
    return _entries(git, root, arguments).get(path, ("", None))[1]


def sizes(git: GitRequest, root: Path, ids: Sequence[str]) -> dict[str, int]:
    """How many bytes blobs have.

    Raises:
        QueryError: the repository lacks one, or git ran into a limit.
    """
    found: dict[str, int] = {}
    try:
        with git.stream(root, ["cat-file", "--batch-check"], _lines(ids)) as process:
            printed, _ = process.finish(len(ids) * 128) if process else (b"", 0)
    except GitLimitError as error:
        raise _refused(root, error) from error
    for blob, line in zip(ids, printed.decode("ascii", "replace").splitlines(), strict=False):
        found[blob] = _size(root, blob, line)
    if len(found) < len(set(ids)):
        raise _missing(root, next(blob for blob in ids if blob not in found))
    return found


def read_blobs(git: GitRequest, root: Path, sizes: dict[str, int]) -> Iterator[bytes]:
    """The contents of blobs of known sizes, in order, one at a time.

    Raises:
        QueryError: the repository lacks one, or git ran into a limit.
    """
    try:
        with git.stream(root, ["cat-file", "--batch"], _lines(list(sizes))) as process:
            for blob, size in sizes.items():
                head = process.read_line() if process else b""
                if process is None or _size(root, blob, head.decode("ascii", "replace")) != size:
                    raise _missing(root, blob)
                content = process.read(size + 1)[:size]
                if len(content) < size:
                    raise _missing(root, blob)
                yield content
    except GitLimitError as error:
        raise _refused(root, error) from error


def _entries(git: GitRequest, root: Path, arguments: Sequence[str]) -> dict[str, tuple[str, str]]:
    printed = run_git(git, root, arguments)
    entries = printed.split("\0")[:-1] if printed is not None else [""]
    if not all(map(_ENTRY.match, entries)):
        raise QueryError(
            f"git could not read that revision of {name_of(root)}; `git fsck` there may say why."
        )
    split = (entry.partition("\t") for entry in entries if not entry.startswith(_SUBMODULE))
    return {path: (mode, blob) for about, _, path in split for mode, _, blob in [about.split(" ")]}


def run_git(git: GitRequest, root: Path, arguments: Sequence[str]) -> str | None:
    """What git prints, as `GitRequest.run`; raises `QueryError` where it ran into a limit."""
    try:
        return git.run(root, arguments)
    except GitLimitError as error:
        raise _refused(root, error) from error


def name_of(root: Path) -> str:
    """What a folder's repository is called in sentences."""
    return f"{printable_path(root.name)}/"


def _lines(ids: Sequence[str]) -> str:
    return "".join(f"{blob}\n" for blob in ids)


def _size(root: Path, blob: str, line: str) -> int:
    """What a line of cat-file's says about a blob."""
    *_, size = line.split() or [""]
    if not _SIZE.fullmatch(size):
        raise _missing(root, blob)
    return int(size)


def _missing(root: Path, blob: str) -> QueryError:
    return QueryError(
        f"The repository {name_of(root)} lacks a file of that revision ({blob}), or git cannot read it in "
        "the memory that it may use."
    )


def _refused(root: Path, error: GitLimitError) -> QueryError:
    return QueryError(f"The past of {name_of(root)} cannot be read: {error}, which is all that it may.")
