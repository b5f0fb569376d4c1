"""The component's entry point; componentize-py imports it and keeps the memory as it is then."""

# ruff: noqa: E402 - threads first: what is imported before them would have none

from __future__ import annotations

from rlm_core.sandbox.guest import threads

threads.install()

import gc
import random
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import wit_world

from rlm_core.context.cell_notes import cell_notes
from rlm_core.sandbox.guest import schedule
from rlm_core.sandbox.guest.channel import GuestChannel, decoded
from rlm_core.sandbox.guest.remote_context import remote
from rlm_core.sandbox.repl import importable
from rlm_core.sandbox.repl.checkpoint_store import HostStore
from rlm_core.sandbox.repl.repl import Repl

if TYPE_CHECKING:
    from rlm_core.context.context import Context

_RESERVE_BYTES = 4 << 20


class WitWorld(wit_world.WitWorld):  # type: ignore[misc]  # generated at build time
    """Implements the world `guest` of guest.wit."""

    def warm(self) -> None:
        """Sleeps: the first time, wasmtime starts the threads that it needs for that."""
        time.sleep(1e-6)

    def run(self, opening: str) -> None:
        """Serves one session."""
        random.seed()  # otherwise every session's would be the one of the day of the build
        opened = decoded(opening)
        channel = GuestChannel(wit_world.send, wit_world.receive)
        store = HostStore(opened["checkpoint"], channel.send)
        context = _context(opened["context"])
        repl = _Repl(channel, _NoInterrupts(), opened, context, store, _HeapReserve(), cell_notes)
        repl.serve()


class _Repl(Repl):
    def _execute(self, source: str) -> None:
        try:
            super()._execute(source)
        finally:
            schedule.finish()  # what was started and nobody has waited for


def _ask(request: bytes) -> bytes:
    answer: str = wit_world.ask(request.decode("latin-1"))
    return answer.encode("latin-1")


def _context(kind: str) -> Context | str:
    return remote(_ask) if kind == "snapshot" else _ask(b"").decode("utf-8", "surrogatepass")


class _NoInterrupts:
    """Stands in for `Interrupts`: nothing interrupts a guest but its end."""

    def armed(self) -> AbstractContextManager[None]:
        return nullcontext()


class _HeapReserve:
    """Memory kept back, as by `worker.memory_reserve.MappedReserve` where memory is mapped."""

    def __init__(self) -> None:
        self._held: Any = None
        self.refill()

    def refill(self) -> None:
        if self._held is None:
            try:
                self._held = bytearray(_RESERVE_BYTES)
            except MemoryError:
                gc.collect()

    def release(self) -> None:
        self._held = None


importable.preload()
importable.close()
gc.collect()
gc.freeze()
