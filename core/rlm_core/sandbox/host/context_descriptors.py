"""Descriptors of a context, which a worker is handed when it starts: never copies of the workspace's text."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from rlm_core.errors import SandboxError
from rlm_core.sandbox.wire import MAX_DESCRIPTORS
from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from types import TracebackType


class TableCache:
    """Cache of the table of the snapshot that was handed over last: sessions over one come in numbers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # descriptors are made on threads
        self._snapshot: weakref.ref[Snapshot] | None = None
        self._descriptor = -1

    def of(self, snapshot: Snapshot) -> int:
        """A descriptor of the snapshot's table, for the caller to close."""
        with self._lock:
            if self._snapshot is None or self._snapshot() is not snapshot:
                self._forget()
                self._descriptor = _memory(snapshot.dump())
                self._snapshot = weakref.ref(snapshot)
            return os.dup(self._descriptor)

    def close(self) -> None:
        """Gives the memory back."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._snapshot is not None:
            self._snapshot = None
            os.close(self._descriptor)


class ContextDescriptors:
    """A context as descriptors, open until the `with` block ends.

    Args:
        context: a snapshot or a text.
        tables: where the tables of snapshots are kept.

    Attributes:
        kind: `snapshot` or `text`.
        descriptors: the snapshot's table and the arena's shards, or the text.

    Raises:
        SandboxError: the workspace is closed, or has more shards than can be handed over.
        TypeError: neither a snapshot nor a text.
    """

    def __init__(self, context: Any, tables: TableCache) -> None:
        self._stack = ExitStack()
        with self._stack:
            if isinstance(context, str):
                self.kind = "text"
                self.descriptors = [self._closing(_memory(context.encode("utf-8", "surrogatepass")))]
            elif isinstance(context, Snapshot):
                self.kind = "snapshot"
                self.descriptors = [self._closing(tables.of(context)), *self._shards(context)]
            else:
                raise TypeError(f"A context is a Snapshot or a str, not {type(context).__name__}.")
            self._stack = self._stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _shards(self, snapshot: Snapshot) -> list[int]:
        """The arena's read-only descriptors; texts that are in no arena are copied."""
        if len(snapshot.maps) > MAX_DESCRIPTORS - 3:  # the channel, the region and the table go along
            raise SandboxError(
                f"The workspace fills {len(snapshot.maps)} shards, more than a sandbox can be handed; "
                "narrow the question to a part of it."
            )
        if snapshot.arena is None:
            return [self._closing(_memory(bytes(mapped))) for mapped in snapshot.maps]
        descriptors = snapshot.arena.descriptors[: len(snapshot.maps)]
        if len(descriptors) < len(snapshot.maps):
            raise SandboxError("The workspace has been closed; open it again to run programs over it.")
        return descriptors

    def _closing(self, descriptor: int) -> int:
        self._stack.callback(os.close, descriptor)
        return descriptor


def _memory(data: bytes) -> int:
    """A read-only descriptor of a file with these bytes that has no name any more."""
    if sys.platform == "linux":
        writable = os.memfd_create("rlm-context", os.MFD_CLOEXEC)
        with os.fdopen(writable, "wb") as file:
            file.write(data)
            file.flush()
            return os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    else:
        with tempfile.NamedTemporaryFile(prefix="rlm-context-") as named:
            named.write(data)
            named.flush()
            # Windows deletes the file with the last descriptor of those that agree to it.
            flags = getattr(os, "O_BINARY", 0) | getattr(os, "O_TEMPORARY", 0)
            return os.open(named.name, os.O_RDONLY | flags)
