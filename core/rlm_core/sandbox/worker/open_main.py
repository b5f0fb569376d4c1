"""Main of a worker without a lock: started afresh, with pipes for its channel, on any system."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.repl.checkpoint_store import HostStore
from rlm_core.sandbox.repl.repl import Repl
from rlm_core.sandbox.worker import received_context
from rlm_core.sandbox.worker.channel import WorkerChannel
from rlm_core.sandbox.worker.interrupts import Interrupts
from rlm_core.sandbox.worker.memory_reserve import MappedReserve
from rlm_core.sandbox.worker.pipes import Pipes
from rlm_core.sandbox.worker.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    interrupts = Interrupts()
    channel = WorkerChannel(Pipes.taken_over(), interrupts)
    opening = channel.receive()
    try:
        repl = _repl(channel, interrupts, opening, descriptors)
    except Exception as error:  # noqa: BLE001 - whatever it is, the host must be told
        channel.send(refusal(error))
        os._exit(1)
    channel.send({"op": "ready", "variables": repl.variables()})
    repl.serve()


def _repl(
    channel: WorkerChannel, interrupts: Interrupts, opening: dict[str, Any], descriptors: Sequence[int]
) -> Repl:
    context = received_context.context(opening["context"], descriptors, channel.call)
    for descriptor in descriptors:
        os.close(descriptor)
    channel.start()
    channel.listen()
    return Repl(
        channel, interrupts, opening, context, HostStore(opening["checkpoint"], channel.send), MappedReserve()
    )
