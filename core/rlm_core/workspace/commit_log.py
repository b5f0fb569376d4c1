"""Commit log: what the past of a workspace's folders is, commit by commit and line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.errors import QueryError
from rlm_core.wording import truncate
from rlm_core.workspace import git_log, git_objects
from rlm_core.workspace.discovery import is_excluded
from rlm_core.workspace.git_runner import HISTORY_SECONDS
from rlm_core.workspace.roots import is_plain_path, printable_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rlm_core.workspace.git_log import Commit
    from rlm_core.workspace.git_runner import GitRequest, GitRunner
    from rlm_core.workspace.secret_filter import SecretFilter

MAX_COMMITS = 2000
MAX_LINES = 5000
MOST_FILES = 100
MESSAGE_CHARS = 4000
SUBJECT_CHARS = 200
# The part of the time in which commits are looked for; in the rest it is read what they say.
_WALKING = 0.75
_SHALLOW = "The clone is shallow: what came before is not in it."
_ADDRESS = re.compile(r" ?<[^<>\s@]*@[^<>\s]*>")


class LoggedCommit(NamedTuple):
    """A commit as a context shows it.

    Attributes:
        id: all of its id.
        date: when it was written (ISO 8601).
        author: the name alone.
        message: all of it, or how it begins; secrets masked, addresses left out.
        files: paths that it changed, a merge those that differ from all its parents; the first `MOST_FILES`,
            and None where git could not say.
    """

    id: str
    date: str
    author: str
    message: str
    files: list[str] | None = None


class Log(NamedTuple):
    """The latest commits of a path, whether there are more, and what is to be said of them."""

    commits: list[LoggedCommit]
    more: bool
    note: str


class Blame(NamedTuple):
    """Of which commits lines are: first line, number of lines, index of the commit; and what is missing."""

    ranges: list[tuple[int, int, int]]
    commits: list[LoggedCommit]
    note: str


class CommitLog:
    """The commits of a workspace's repositories; its methods read them and belong on a thread.

    Args:
        roots: the workspace's folders and what paths in each start with.
        git: what makes requests to git.
        secrets: what masks their text and hides some files, as in the present.
    """

    def __init__(self, roots: Sequence[tuple[Path, str]], git: GitRunner, secrets: SecretFilter) -> None:
        self._roots = roots
        self._git = git
        self._secrets = secrets

    def log(self, path: str, revision: str, limit: int) -> Log:
        """The latest commits up to a revision, at most `MAX_COMMITS`.

        Args:
            path: a file or a folder that they changed; empty for any, where there is one root.
            revision: of git.
            limit: how many at most.

        Raises:
            QueryError: no such revision, nothing that belongs in a context, or git took too long.
        """
        root, name, prefix = self._place(path)
        git = self._git.request(HISTORY_SECONDS * _WALKING)
        start = self._commit(git, root, revision)
        limit = max(0, min(limit, MAX_COMMITS))
        listed, cut = git_log.list_commits(git, root, start, name, limit + 1)
        commits, more = listed[:limit], len(listed) > limit or bool(cut)
        notes = [f"{cut}, so there may be older commits." if cut else ""]
        git = self._git.request(HISTORY_SECONDS * (1 - _WALKING))
        if not more and git_log.is_shallow(git, root):
            more = True
            notes.append(_SHALLOW)
        if not more and name and commits:
            notes.append(self._renamed(git, root, name, prefix, commits[-1].id))
        files, why = git_log.changed_paths(git, root, [commit.id for commit in commits])
        if len(files) < len(commits):
            notes.append(f"{why or 'git did not say'}, so .files is None for the oldest ones.")
        if any(len(paths) > MOST_FILES for paths in files.values()):
            notes.append(f".files has the first {MOST_FILES} of a commit.")
        shown = [self._shown(commit, prefix, files.get(commit.id), MESSAGE_CHARS) for commit in commits]
        return Log(shown, more, " ".join(filter(None, notes)))

    def blame(self, path: str, revision: str, first: int, last: int) -> Blame:
        """Of which commits lines of a file are, as git numbers them at a revision; at most `MAX_LINES`.

        Raises:
            QueryError: no such revision, nothing that belongs in a context, or git took too long.
        """
        root, name, prefix = self._place(path)
        git = self._git.request(HISTORY_SECONDS * _WALKING)
        start = self._commit(git, root, revision)
        ranges, cut = git_log.blame(git, root, start, name, first, min(last, first + MAX_LINES - 1))
        ids = list(dict.fromkeys(found.commit_id for found in ranges))
        git = self._git.request(HISTORY_SECONDS * (1 - _WALKING))
        said, why = git_log.read_commits(git, root, ids) if ids else ({}, "")
        known = {commit_id: at for at, commit_id in enumerate(filter(said.__contains__, ids))}
        notes = [f"{reason}, so not all lines are told." for reason in dict.fromkeys([cut, why]) if reason]
        if git_log.is_shallow(git, root):
            notes.append(_SHALLOW)
        return Blame(
            [
                (found.first, found.lines, known[found.commit_id])
                for found in ranges
                if found.commit_id in known
            ],
            [self._shown(said[commit_id], prefix, None, SUBJECT_CHARS) for commit_id in known],
            " ".join(notes),
        )

    def _place(self, path: str) -> tuple[Path, str, str]:
        """The root of a path, its name in there, and what paths of that root start with."""
        for root, prefix in self._roots:
            if f"{path}/".startswith(prefix):
                name = f"{path}/".removeprefix(prefix).rstrip("/")
                if name and (not is_plain_path(name) or is_excluded(root, name, self._secrets)):
                    raise QueryError(f"{path} is not part of the context, nor is its past.")
                return root, name, prefix
        names = ", ".join(prefix for _, prefix in self._roots)
        raise QueryError(f"There are several folders, each with a past of its own: give one of {names}.")

    def _renamed(self, git: GitRequest, root: Path, name: str, prefix: str, first: str) -> str:
        """What a path was called before the first of its commits."""
        old = git_log.renamed_from(git, root, first, name)
        if old is None:
            return "Whether it had another name before is not known."
        if not old or is_excluded(root, old, self._secrets):
            return ""
        was = f"{prefix}{printable_path(old)}"
        return f"Before {first[:12]} it was {was}: log({was!r}, rev='{first[:12]}~1')."

    def _shown(self, commit: Commit, prefix: str, files: list[str] | None, most_chars: int) -> LoggedCommit:
        said = f"{_decoded(commit.author)}\n{_decoded(commit.message)}".encode()
        author, _, message = self._secrets.masked(said, "").text.decode().partition("\n")
        names = None if files is None else [prefix + printable_path(name) for name in files[:MOST_FILES]]
        author = " ".join(word for word in _ADDRESS.sub("", author).split() if "@" not in word)
        return LoggedCommit(
            commit.id, commit.date, author, truncate(_ADDRESS.sub("", message), most_chars), names
        )

    def _commit(self, git: GitRequest, root: Path, revision: str) -> str:
        commit = git_objects.resolve_commit(git, root, revision)
        if commit is None:
            raise QueryError(f"{revision!r} is no git revision of {git_objects.name_of(root)}.")
        return commit


def _decoded(text: bytes) -> str:
    """A text of a commit, which seldom says how it is encoded."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")
