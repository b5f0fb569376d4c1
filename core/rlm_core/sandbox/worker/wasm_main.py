"""Main of a worker whose program runs in a WebAssembly guest, with the operating system's lock around it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox import wire
from rlm_core.sandbox.lock import best_effort
from rlm_core.sandbox.repl import replies
from rlm_core.sandbox.worker import boot, received_context
from rlm_core.sandbox.worker.pipes import Pipes
from rlm_core.sandbox.worker.wasm_machine import STACK_BYTES, WasmMachine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlm_core.workspace.snapshot import Snapshot


def main(parent: int, numbers: Sequence[int], component: str) -> None:
    """Serves one session.

    Args:
        parent: the host's process id.
        numbers: what it inherits: the table (or text) of the context, and the arena's shards.
        component: the compiled component's file.
    """
    threading.stack_size(STACK_BYTES)
    guest = threading.Thread(
        target=_serve, args=(parent, received_context.received_descriptors(numbers), component)
    )
    guest.start()
    threading.stack_size(0)
    guest.join()


def _serve(parent: int, descriptors: Sequence[int], component: str) -> None:
    relay = _Relay(Pipes.taken_over())
    frame = relay.read()
    opening = wire.message(frame)
    with boot.refusing(lambda message: relay.send(wire.encode(message))):
        machine = _locked(relay, parent, opening, descriptors, component)
    machine.run(frame.decode("latin-1"))


def _locked(
    relay: _Relay, parent: int, opening: dict[str, Any], descriptors: Sequence[int], component: str
) -> WasmMachine:
    """Takes what it needs, makes the guest, closes all but the channel, and locks the process."""
    ask = _context_server(received_context.snapshot_or_text(opening["context"], descriptors), relay)
    for descriptor in descriptors:
        os.close(descriptor)
    memory = opening["memory_mb"] << 20
    machine = WasmMachine(Path(component))
    machine.start(
        memory,
        send=lambda frames: relay.send(frames.encode("latin-1")),
        receive=lambda seconds: relay.next(None if seconds < 0 else seconds).decode("latin-1"),
        ask=lambda request: ask(request.encode("latin-1")).decode("latin-1"),
    )
    relay.send(wire.encode({"op": "locked", "by": best_effort.lock(parent, memory)}))
    relay.start()
    return machine


def _context_server(context: Snapshot | str, relay: _Relay) -> Callable[[bytes], bytes]:
    """What answers the guest's requests to the context; about a text there is one, what it says."""
    if isinstance(context, str):
        text = context.encode("utf-8", "surrogatepass")
        return lambda _request: text
    from rlm_core.sandbox.worker.wasm_context_server import ContextServer
    from rlm_core.syntax.registry import preload

    preload()
    return ContextServer(context, received_context.RemoteHistory(relay.call)).answer


class _Relay:
    """Passes frames between the host and the guest, and makes calls of its own on behalf of `context`.

    From `start` on a thread reads, so that the end of the host is the end of a guest that burns, too.
    """

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes
        self._frames: SimpleQueue[bytes] = SimpleQueue()
        self._last = 0

    def start(self) -> None:
        """Starts the thread."""
        threading.Thread(target=self._read_on, daemon=True).start()

    def next(self, seconds: float | None = None) -> bytes:
        """Waits for a frame, for ever or so many seconds; empty if none came."""
        try:
            return self._frames.get(timeout=seconds)
        except Empty:
            return b""

    def send(self, frames: bytes) -> None:
        """Writes frames; ends the process when the host is gone."""
        try:
            self._pipes.sendall(frames)
        except OSError:
            os._exit(0)

    def read(self) -> bytes:
        """Reads a frame; ends the process when the host is gone."""
        prefix = self._exactly(wire.PREFIX.size)
        return prefix + self._exactly(sum(wire.sizes(prefix)))

    def call(self, name: str, arguments: tuple[Any, ...], _keywords: dict[str, Any]) -> Any:
        """Calls a function of the host, as `worker.channel.WorkerChannel.call` does.

        The guest waits meanwhile, for frames that come in between as well.
        """
        self._last -= 1  # the guest's own calls have positive numbers
        call = {"op": "call", "id": self._last, "name": name, "args": arguments, "kwargs": {}}
        self.send(wire.encode(call, wire.MAX_HEAD_TO_HOST))
        others, joined, reply = [], wire.Joined(), None
        while reply is None:
            frame = self.next()
            if wire.message(frame).get("id") == self._last:
                reply = joined.message(*wire.split(frame))
            else:
                others.append(frame)  # replies to calls of the guest's other threads
        for frame in others:
            self._frames.put(frame)
        return replies.result(reply)

    def _read_on(self) -> None:
        try:
            while True:
                self._frames.put(self.read())
        except MemoryError:  # without this thread nothing would ever be answered
            os._exit(1)

    def _exactly(self, size: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            piece = self._pipes.recv(min(size - len(pieces), 1 << 20))
            if not piece:
                os._exit(0)
            pieces += piece
        return bytes(pieces)
