"""Boot of a worker: what every kind does between its start and the first request."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from rlm_core.context.cell_notes import cell_notes
from rlm_core.errors import SandboxError
from rlm_core.sandbox.base import LockError
from rlm_core.sandbox.repl.repl import Repl
from rlm_core.sandbox.worker.channel import WorkerChannel
from rlm_core.sandbox.worker.interrupts import Interrupts
from rlm_core.sandbox.worker.memory_reserve import MappedReserve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rlm_core.sandbox.repl.checkpoint_store import CheckpointStore
    from rlm_core.sandbox.worker.channel import Connection


def serve(
    connection: Connection,
    prepare: Callable[[WorkerChannel, dict[str, Any]], tuple[Any, CheckpointStore]],
) -> NoReturn:
    """Serves one session with a REPL in this very interpreter.

    Args:
        connection: to the host.
        prepare: takes the channel and the host's opening message, does all that must be done before the
            first program runs, and returns the value of `context` and the store of the checkpoint.
    """
    interrupts = Interrupts()
    channel = WorkerChannel(connection, interrupts)
    opening = channel.receive()
    with refusing(channel.send):
        context, store = prepare(channel, opening)
        repl = Repl(channel, interrupts, opening, context, store, MappedReserve(), cell_notes)
    repl.serve()


@contextmanager
def refusing(send: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Tells the host why there is no worker, should anything fail meanwhile, and ends the process."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, the host must be told
        reason = str(error) if isinstance(error, SandboxError) else f"A worker failed to start: {error!r}."
        send({"op": "refused", "unlocked": isinstance(error, LockError), "message": reason[:1_000]})
        os._exit(1)
