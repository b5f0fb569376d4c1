"""Stdio transport: standard input and output for the protocol alone, off the event loop."""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

READ_BYTES = 1 << 16
# How long a client that has stopped reading may hold up the end of the process, in seconds.
FLUSH_SECONDS = 2.0


class StdioTransport:
    """Two descriptors, read and written by daemon threads.

    Threads, because a loop's pipe transports refuse plain files and Windows' standard handles; daemon
    threads, because a read that is under way must not keep the process alive. A client that does not
    read its pipe never stalls the loop.

    Attributes:
        reader: what has come in; at its end once the peer has hung up or `hang_up` was called.
    """

    reader: asyncio.StreamReader

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._ended = False
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="stdio-writer", daemon=True)

    @classmethod
    def take_over(cls) -> StdioTransport:
        """Takes over standard input and output.

        From then on a stray `print`, here or in a child process, lands on standard error, and nobody
        else reads the client's messages.
        """
        sys.stdout.flush()
        source, sink = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        return cls(source, sink)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._writer.ident is not None:
            self._writer.join(FLUSH_SECONDS)

    def start(self) -> None:
        """Starts reading and writing; to be called on the event loop."""
        self._loop = asyncio.get_running_loop()
        self.reader = asyncio.StreamReader()
        threading.Thread(target=self._read_all, name="stdio-reader", daemon=True).start()
        self._writer.start()

    def write(self, data: bytes) -> None:
        """Queues a message."""
        self._outgoing.put(data)

    def close(self) -> None:
        """Lets the writer end after what is queued."""
        self._outgoing.put(None)

    def hang_up(self) -> None:
        """Ends the input, as if the client had closed it; from any thread."""
        with suppress(RuntimeError):  # the loop has closed: nobody reads any more
            self._loop.call_soon_threadsafe(self._feed, b"")

    def _read_all(self) -> None:
        with suppress(RuntimeError, OSError):  # the loop has closed, or the terminal has gone
            while chunk := os.read(self._source, READ_BYTES):
                self._loop.call_soon_threadsafe(self._feed, chunk)
        self.hang_up()

    def _feed(self, chunk: bytes) -> None:
        if self._ended:
            return
        if chunk:
            self.reader.feed_data(chunk)
        else:
            self._ended = True
            self.reader.feed_eof()

    def _write_all(self) -> None:
        while data := self._outgoing.get():
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(self._sink, view) :]
            except OSError:  # the client is gone
                self.hang_up()
                return
