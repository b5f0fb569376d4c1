"""History: what the workspace said before, in git revisions and earlier snapshots of this process."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, NamedTuple

from rlm_core.errors import QueryError
from rlm_core.workspace import git_objects
from rlm_core.workspace.commit_log import CommitLog
from rlm_core.workspace.decoding import NotTextError, to_utf8
from rlm_core.workspace.discovery import is_excluded
from rlm_core.workspace.git_runner import HISTORY_SECONDS
from rlm_core.workspace.roots import printable_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rlm_core.workspace.commit_log import Blame, Log
    from rlm_core.workspace.git_runner import GitRequest, GitRunner
    from rlm_core.workspace.secret_filter import SecretFilter
    from rlm_core.workspace.snapshot import Snapshot


class Change(NamedTuple):
    """A file that differs: `added`, `modified` or `deleted` since then."""

    path: str
    status: Literal["added", "modified", "deleted"]


class History:
    """The past of one snapshot; its methods read repositories and belong on a thread.

    Contents are compared, never times: what git calls modified without a difference is not listed, nor
    what has other line ends only, and no filter that a repository's configuration names is run. Files of
    submodules are not compared with a revision of the repository around them.

    Args:
        present: the snapshot, whole; snapshots of a part of it share its history.
        roots: the workspace's folders and what paths in each start with.
        earlier: other snapshots by id.
        git: what makes requests to git.
        max_bytes: files that were larger have no text, as in the present.
        secrets: what masks their text and hides some, as in the present.
    """

    def __init__(
        self,
        present: Snapshot,
        roots: Sequence[tuple[Path, str]],
        earlier: Mapping[str, Snapshot],
        git: GitRunner,
        max_bytes: int,
        secrets: SecretFilter,
    ) -> None:
        self.present = present
        self._roots = roots
        self._earlier = earlier
        self._git = git
        self._max_bytes = max_bytes
        self._secrets = secrets
        self._commits = CommitLog(roots, git, secrets)

    def changes(self, since: str) -> list[Change]:
        """The files that differ from an earlier snapshot (its id) or a git revision, by path.

        Raises:
            QueryError: there is no such snapshot or revision, or git took too long or printed too much.
        """
        if since in self._earlier:
            return differences(self._earlier[since], self.present)
        git = self._git.request(HISTORY_SECONDS)
        changes: list[Change] = []
        for root, prefix in self._roots:
            changes.extend(self._since_revision(git, root, prefix, since))
        return sorted(changes)

    def text(self, path: str, since: str) -> str | None:
        """What a file said then; None when it was not there, was no text, or does not belong in a context.

        Raises:
            QueryError: there is no such snapshot or revision, the file was too large, or git took too long.
        """
        if since in self._earlier:
            before = self._earlier[since]
            return before.text(path) if path in before else None
        for root, prefix in self._roots:
            if path.startswith(prefix):
                name = path.removeprefix(prefix)
                git = self._git.request(HISTORY_SECONDS)
                blob = git_objects.blob_of(git, root, self._commit(git, root, since), name)
                if blob is None or is_excluded(root, name, self._secrets):
                    return None
                sizes = git_objects.sizes(git, root, [blob])
                if sizes[blob] > self._max_bytes:
                    limit = f"{self._max_bytes // 1024} KB, the most that a file may have (max_file_kb)"
                    raise QueryError(f"{path} was larger than {limit} at {since}.")
                return self._blob_text(next(git_objects.read_blobs(git, root, sizes)), path)
        return None

    def log(self, path: str, revision: str, limit: int) -> Log:
        """See `CommitLog.log`."""
        return self._commits.log(path, revision, limit)

    def blame(self, path: str, revision: str, first: int, last: int) -> Blame:
        """See `CommitLog.blame`."""
        return self._commits.blame(path, revision, first, last)

    def _commit(self, git: GitRequest, root: Path, since: str) -> str:
        commit = git_objects.resolve_commit(git, root, since)
        if commit is None:
            known = ", ".join(self._earlier)
            raise QueryError(
                f"{since!r} is no git revision of {printable_path(root.name)}/"
                + (f", nor one of the earlier snapshots {known}." if known else ".")
            )
        return commit

    def _since_revision(self, git: GitRequest, root: Path, prefix: str, since: str) -> list[Change]:
        present = self.present
        tree = git_objects.list_tree(git, root, self._commit(git, root, since))
        then = {prefix + printable_path(path): oid for path, oid in tree.items()}
        rows = {path: row for row, path in enumerate(present.paths) if path.startswith(prefix)}
        differing = {
            path: oid
            for path, oid in then.items()
            if path in rows and not _is_blob(present.data(rows[path]), oid)
        }
        # Another encoding, a byte order mark, a masked secret: other bytes, same text. What was too large
        # then is not read: it was another text, since the present one is not.
        sizes = git_objects.sizes(git, root, list(dict.fromkeys(differing.values())))
        small = {oid: size for oid, size in sizes.items() if size <= self._max_bytes}
        paths = _by_value(differing)
        for oid, blob in zip(small, git_objects.read_blobs(git, root, small), strict=True):
            for path in paths[oid]:
                text = _lines((self._blob_text(blob, path) or "").encode())
                if text == _lines(present.data(rows[path])):
                    del differing[path]
        unread = {item.path.removesuffix("/.") for item in present.skipped}  # folders, too
        if not rows.keys() >= then.keys():
            unread.update(prefix + printable_path(path) for path in git_objects.absent_files(git, root))
        there = [path for path in then if unread.isdisjoint([path, *_folders_of(path)])]
        return _compared(there, rows.keys(), differing.keys() | (rows.keys() - then.keys()))

    def _blob_text(self, blob: bytes, path: str) -> str | None:
        try:
            text = to_utf8(blob)
        except NotTextError:
            return None
        return None if self._secrets.why_hidden(text) else self._secrets.masked(text, path).text.decode()


def _folders_of(path: str) -> Iterator[str]:
    """The folders that a path lies in."""
    while path := path.rpartition("/")[0]:
        yield path


def _by_value(mapping: Mapping[str, str]) -> dict[str, list[str]]:
    """The keys that have each value."""
    keys: dict[str, list[str]] = {}
    for key, value in mapping.items():
        keys.setdefault(value, []).append(key)
    return keys


def differences(before: Snapshot, after: Snapshot) -> list[Change]:
    """The files in which two snapshots differ, by path."""
    old = {path: before.digest(row) for row, path in enumerate(before.paths)}
    new = {path: after.digest(row) for row, path in enumerate(after.paths)}
    return _compared(old, new, [path for path in new if old.get(path) != new[path]])


def _compared(old: Collection[str], new: Collection[str], differing: Iterable[str]) -> list[Change]:
    changes = [Change(path, "modified" if path in old else "added") for path in differing]
    return sorted([*changes, *(Change(path, "deleted") for path in old if path not in new)])


def _is_blob(text: bytes, oid: str) -> bool:
    """Whether a text is a blob's.

    Line ends do not count: git writes others into a work tree than it keeps, on Windows as a rule and
    elsewhere by attribute (gitattributes(5), "End-of-line conversion").
    """
    return _blob_id(text, oid) == oid or (b"\r\n" in text and _blob_id(_lines(text), oid) == oid)


def _lines(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n")


def _blob_id(text: bytes, like: str) -> str:
    """The name that git would give these bytes (gitformat-pack(5)), in the repository's hash."""
    algorithm = "sha256" if len(like) == 64 else "sha1"
    return hashlib.new(algorithm, b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()
