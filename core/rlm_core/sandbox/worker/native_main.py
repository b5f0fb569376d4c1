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
from rlm_core.sandbox.repl.repl import Repl
from rlm_core.sandbox.worker import received_context
from rlm_core.sandbox.worker.channel import WorkerChannel
from rlm_core.sandbox.worker.interrupts import Interrupts
from rlm_core.sandbox.worker.memory_reserve import MappedReserve
from rlm_core.sandbox.worker.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence


CHANNEL = 3  # the descriptor that a worker talks to the host through, and the only one that it keeps


def run(parent: int, descriptors: Sequence[int]) -> NoReturn:
    """Serves one session and ends the process.

    Args:
        parent: the zygote's process id.
        descriptors: the channel, the memory of the checkpoint, the table (or text) of the
            context, and the arena's shards.
    """
    limits.die_with(parent)
    os.dup2(descriptors[0], CHANNEL, inheritable=False)
    interrupts = Interrupts()
    channel = WorkerChannel(socket.socket(fileno=CHANNEL), interrupts)
    opening = channel.receive()
    try:
        repl = _locked(parent, channel, interrupts, opening, descriptors[1:])
    except Exception as error:  # noqa: BLE001 - whatever it is, the host must be told
        channel.send(refusal(error))
        os._exit(1)
    channel.send({"op": "ready", "variables": repl.variables()})
    repl.serve()


def _locked(
    parent: int,
    channel: WorkerChannel,
    interrupts: Interrupts,
    opening: dict[str, Any],
    descriptors: Sequence[int],
) -> Repl:
    """Takes what it needs from the descriptors, closes all but the channel, and locks the process."""
    memory, *data = descriptors
    store = MappedStore(mmap.mmap(memory, 0))
    context = received_context.context(opening["context"], data, channel.call)
    lock.close_from(CHANNEL + 1)
    lock.apply(parent, opening["memory_mb"] << 20)
    importable.close()
    gc.enable()
    channel.start()
    return Repl(channel, interrupts, opening, context, store, MappedReserve())
