"""Main of a native worker: from the fork, with everything open, to the REPL, with everything shut."""

from __future__ import annotations

import gc
import mmap
import os
import socket
from typing import TYPE_CHECKING, Any, NoReturn

from rlm_core.sandbox.lock.linux import limits, lock
from rlm_core.sandbox.repl import importable
from rlm_core.sandbox.repl.checkpoint_store import MappedStore
from rlm_core.sandbox.worker import boot, received_context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.sandbox.repl.checkpoint_store import CheckpointStore
    from rlm_core.sandbox.worker.channel import WorkerChannel


CHANNEL = 3  # the descriptor that a worker talks to the host through, and the only one that it keeps


def run(parent: int, descriptors: Sequence[int]) -> NoReturn:
    """Serves one session and ends the process.

    Args:
        parent: the zygote's process id.
        descriptors: the channel, the memory of the checkpoint, the table (or text) of the context, and the
            arena's shards.
    """
    limits.die_with(parent)
    channel, memory, *data = descriptors
    os.dup2(channel, CHANNEL, inheritable=False)

    def prepare(channel: WorkerChannel, opening: dict[str, Any]) -> tuple[Any, CheckpointStore]:
        """Takes what it needs from the descriptors, closes all but the channel, and locks the process."""
        store = MappedStore(mmap.mmap(memory, 0))
        context = received_context.context(opening["context"], data, channel.call)
        lock.close_from(CHANNEL + 1)
        channel.send({"op": "locked", "by": lock.apply(parent, opening["memory_mb"] << 20)})
        importable.close()
        gc.enable()
        channel.start()
        return context, store

    boot.serve(socket.socket(fileno=CHANNEL), prepare)
