"""Context as a worker receives it: the value of `context`, from the descriptors that it was started with.

What a workspace takes is imported when there is one: a text needs none of it.
"""

from __future__ import annotations

import mmap
import os
import sys
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.wire import HISTORY_BLAME, HISTORY_CHANGES, HISTORY_LOG, HISTORY_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlm_core.context.changes import CommitRow
    from rlm_core.context.context import Context
    from rlm_core.workspace.snapshot import Snapshot


def received_descriptors(numbers: Sequence[int]) -> list[int]:
    """Returns the descriptors that this process was started with, from what it knows them by."""
    if sys.platform == "win32":
        import msvcrt

        return [msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY) for handle in numbers]
    else:  # noqa: RET505 - type checkers follow only one branch
        return list(numbers)


def context(kind: str, descriptors: Sequence[int], call: Callable[..., Any]) -> Context | str:
    """Returns the context.

    Args:
        kind: `text` or `snapshot`.
        descriptors: of the text; or of the snapshot's table and the arena's shards.
        call: calls a function of the host, as `WorkerChannel.call` does.
    """
    value = snapshot_or_text(kind, descriptors)
    if isinstance(value, str):
        return value
    from rlm_core.context.context import Context

    return Context(value, RemoteHistory(call))


def snapshot_or_text(kind: str, descriptors: Sequence[int]) -> Snapshot | str:
    """Returns what the context is over; takes the same arguments as `context`."""
    data, *shards = descriptors
    maps = [_mapped(shard) for shard in shards]
    if os.fstat(data).st_size == 0:  # cannot be mapped, and can only be a text
        return ""
    with _mapped(data) as mapped:
        if kind == "text":
            return str(mapped, "utf-8", "surrogatepass")
        from rlm_core.workspace.snapshot import Snapshot

        return Snapshot.load(mapped, maps)


class RemoteHistory:
    """Asks the host what the context said before (`rlm_core.context.changes.HistorySource`)."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def changes(self, since: str) -> list[tuple[str, str]]:
        """Path and status of each file that differs."""
        return [(path, status) for path, status in self._call(HISTORY_CHANGES, (since,), {})]

    def text(self, path: str, since: str) -> str | None:
        """What a file said then."""
        text: str | None = self._call(HISTORY_TEXT, (path, since), {})
        return text

    def log(self, path: str, revision: str, limit: int) -> tuple[list[CommitRow], bool, str]:
        """The latest commits of a path."""
        commits, more, note = self._call(HISTORY_LOG, (path, revision, limit), {})
        return commits, more, note

    def blame(
        self, path: str, revision: str, first: int, last: int
    ) -> tuple[list[tuple[int, int, int]], list[CommitRow], str]:
        """Of which commits lines of a file are."""
        ranges, commits, note = self._call(HISTORY_BLAME, (path, revision, first, last), {})
        return ranges, commits, note


def _mapped(descriptor: int) -> mmap.mmap:
    """What a read-only descriptor has, which can never be made writable; see mprotect(2), EACCES.

    A private mapping could be: into copies of its pages, which would be memory that no limit counts.
    `ACCESS_READ` is a shared mapping that can be read.
    """
    return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
