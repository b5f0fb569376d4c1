"""Channel of a worker to the host: requests come in, calls go out and are answered in any order."""

from __future__ import annotations

import os
import threading
from _thread import start_new_thread
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from rlm_core.sandbox import wire
from rlm_core.sandbox.repl import replies

if TYPE_CHECKING:
    from rlm_core.sandbox.worker.interrupts import Interrupts

_PIECE = 1 << 16


class Connection(Protocol):
    """What a channel needs of a socket."""

    def recv(self, size: int, /) -> bytes:
        """Waits for some bytes; none when the other end is closed."""
        ...

    def sendall(self, data: bytes, /) -> None:
        """Writes all of some bytes."""
        ...


class _PendingCall:
    """A call under way: whoever made it waits for `done`."""

    def __init__(self) -> None:
        # A bare lock: waiting for it can be interrupted anywhere and leaves nothing half done.
        self.done = threading.Lock()
        self.done.acquire()
        self.reply: dict[str, Any] = {}


class WorkerChannel:
    """Talks to the host; `call` and `send` may be used by several threads at once.

    Reading is never interrupted, so it never loses its place in a frame: between cells the main thread
    reads, which ignores interrupts then; from the first call on a thread of its own does, which gets none.
    When the host is gone, the process ends.

    Args:
        connection: a connected stream socket, or what is like one.
        interrupts: what holds interrupts back while a frame is written.
    """

    def __init__(self, connection: Connection, interrupts: Interrupts) -> None:
        self._connection = connection
        self._interrupts = interrupts
        self._requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._calls: dict[int, _PendingCall] = {}
        self._last = 0
        self._writing = threading.RLock()
        self._reading = threading.Lock()
        self._needed = threading.Lock()  # held until the thread that reads is needed
        self._needed.acquire()
        self._buffer = bytearray()
        self._joined = wire.Joined()

    def start(self) -> None:
        """Starts the thread that reads, now that there is memory for it and nobody has patched anything."""
        start_new_thread(self._read, ())

    def listen(self) -> None:
        """Reads from now on: the end of the host is the end of a program that burns, too."""
        self._needed.release()

    def request(self) -> dict[str, Any]:
        """Waits for the host's next request and returns it; the main thread's to call, outside of cells."""
        while self._reading.acquire(blocking=False):
            message = self.receive()
            self._reading.release()
            if message["op"] != "reply":
                return message
            self._dispatch(message)
        return self._requests.get()

    def send(self, *messages: dict[str, Any]) -> None:
        """Writes messages, one after another.

        Raises:
            wire.FrameError: one is too large or nested too deeply; nothing was written.
        """
        self._write([b"".join(wire.encode(message, wire.MAX_HEAD_TO_HOST) for message in messages)])

    def call(self, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Calls a function of the host and returns what it returns; raises as `replies.result` does."""
        call = _PendingCall()
        with self._writing:
            self._last += 1
            number = self._last
            if self._needed.locked():
                self._needed.release()
        self._calls[number] = call
        try:
            message = {"op": "call", "id": number, "name": name, "args": arguments, "kwargs": keywords}
            self._write(list(wire.encode_in_parts(message, wire.MAX_HEAD_TO_HOST)))
            call.done.acquire()
        finally:  # after an interrupt the reply, when it comes, finds nobody waiting and is dropped
            self._calls.pop(number, None)
        return replies.result(call.reply)

    def _write(self, pieces: list[bytes]) -> None:
        with self._interrupts.shielded(), self._writing:
            try:
                for piece in pieces:
                    self._connection.sendall(piece)
            except OSError:
                os._exit(0)

    def _read(self) -> None:
        self._needed.acquire()  # for good: giving it back would race with a second call that does
        self._reading.acquire()
        try:
            while True:
                self._dispatch(self.receive())
        except MemoryError:  # without this thread nothing would ever be answered
            os._exit(1)

    def _dispatch(self, message: dict[str, Any]) -> None:
        if message["op"] != "reply":
            self._requests.put(message)
            return
        call = self._calls.pop(message["id"], None)
        if call is not None:
            call.reply = message
            call.done.release()

    def receive(self) -> dict[str, Any]:
        """Reads one message; for use before `start`. Ends the process when the host has closed."""
        while True:
            head, body = wire.sizes(self._exactly(wire.PREFIX.size))
            message = self._joined.message(self._exactly(head), self._exactly(body))
            if message is not None:
                return message

    def _exactly(self, size: int) -> bytes:
        buffer = self._buffer
        while len(buffer) < size:
            piece = self._connection.recv(min(max(size - len(buffer), _PIECE), 1 << 20))
            if not piece:
                os._exit(0)
            buffer += piece
        taken = bytes(buffer[:size])
        del buffer[:size]
        return taken
