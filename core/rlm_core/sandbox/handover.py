"""What a worker is handed when it starts: descriptors, never copies of the workspace's text."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from rlm_core.errors import SandboxError
from rlm_core.sandbox.wire import MAX_DESCRIPTORS
from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from types import TracebackType


REGION_BYTES = 16 << 20  # for the variables that a session's workers leave to each other


def region() -> int:
    """The descriptor of fresh memory in which a worker leaves its variables to the next one."""
    descriptor = os.memfd_create("rlm-variables", os.MFD_CLOEXEC)
    os.truncate(descriptor, REGION_BYTES)
    return descriptor


class Handover:
    """A context as descriptors, open until the `with` block ends.

    Attributes:
        kind: `snapshot` or `text`.
        descriptors: the snapshot's table and the arena's shards, or the text.

    Raises:
        SandboxError: the workspace is closed, or has more shards than can be handed over.
        TypeError: neither a snapshot nor a text.
    """

    def __init__(self, context: Any) -> None:
        self._stack = ExitStack()
        with self._stack:
            if isinstance(context, str):
                self.kind = "text"
                self.descriptors = [self._memory(context.encode("utf-8", "surrogatepass"))]
            elif isinstance(context, Snapshot):
                self.kind = "snapshot"
                self.descriptors = [self._memory(context.dump()), *self._shards(context)]
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
            return [self._memory(bytes(mapped)) for mapped in snapshot.maps]
        descriptors = snapshot.arena.descriptors[: len(snapshot.maps)]
        if len(descriptors) < len(snapshot.maps):
            raise SandboxError("The workspace has been closed; open it again to run programs over it.")
        return descriptors

    def _memory(self, data: bytes) -> int:
        """The descriptor of an anonymous file with these bytes."""
        descriptor = os.memfd_create("rlm-context", os.MFD_CLOEXEC)
        self._stack.callback(os.close, descriptor)
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        return descriptor
