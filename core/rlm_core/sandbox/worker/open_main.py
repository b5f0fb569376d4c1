"""Main of a worker without a lock: started afresh, with pipes for its channel, on any system."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.repl.checkpoint_store import HostStore
from rlm_core.sandbox.worker import boot, received_context
from rlm_core.sandbox.worker.pipes import Pipes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.sandbox.repl.checkpoint_store import CheckpointStore
    from rlm_core.sandbox.worker.channel import WorkerChannel


def main(parent: int, numbers: Sequence[int]) -> None:
    """Serves one session in this interpreter as it is: nothing is locked.

    Args:
        parent: the host's process id.
        numbers: what it inherits: the table (or text) of the context, and the arena's shards.
    """
    if sys.platform == "linux":  # elsewhere the end of the pipe tells
        from rlm_core.sandbox.lock.linux import limits

        limits.die_with(parent)
    descriptors = received_context.received_descriptors(numbers)

    def prepare(channel: WorkerChannel, opening: dict[str, Any]) -> tuple[Any, CheckpointStore]:
        context = received_context.context(opening["context"], descriptors, channel.call)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.start()
        channel.listen()
        return context, HostStore(opening["checkpoint"], channel.send)

    boot.serve(Pipes.taken_over(), prepare)
