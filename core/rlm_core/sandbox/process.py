"""The host's handle on one worker process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from rlm_core.sandbox import frames, wire

if TYPE_CHECKING:
    import socket


_MOMENT = 0.01  # seconds


class WorkerGoneError(Exception):
    """The worker is gone, or has said something that made the host end it: the message says which."""


class Process:
    """A worker, addressed by a pidfd: no signal can ever reach another process.

    A worker that waits for its next request is stopped after a moment, so that threads which a program
    has left running cost nothing. Not at once, since two signals take as long as a small cell.

    Args:
        pid: process id, for its CPU clock.
        pidfd: descriptor of the process; see pidfd_open(2).
        reader: frames from the worker.
        writer: frames to the worker.
    """

    def __init__(
        self, pid: int, pidfd: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.pid = pid
        # What clock_getcpuclockid(3) computes.
        self._clock = ~pid << 3 | 2
        self._pidfd = pidfd
        self._reader = reader
        self._writer = writer
        self._ended = asyncio.Event()
        self._resting: asyncio.TimerHandle | None = None
        self._stopped = False
        asyncio.get_running_loop().add_reader(pidfd, self._on_end)

    @classmethod
    async def attach(cls, pid: int, pidfd: int, connection: socket.socket) -> Process:
        """Takes over a fresh worker, its pidfd and the host's end of its channel."""
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        return cls(pid, pidfd, reader, writer)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return not self._ended.is_set()

    def cpu_seconds(self) -> float:
        """Returns the CPU time that the process has used, 0 when it is gone."""
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0

    def post(self, frame: bytes) -> None:
        """Writes a frame without waiting until the worker takes it."""
        self._writer.write(frame)

    async def send(self, frame: bytes) -> None:
        """Writes a frame, and waits while the worker is behind with reading."""
        self.post(frame)
        with suppress(ConnectionError):  # the end of the worker is told by `receive`
            await self._writer.drain()

    async def receive(self) -> tuple[frames.Frame, int]:
        """Waits for the next message, and returns it with the number of bytes that it had.

        Raises:
            WorkerGoneError: there is none: the process is gone, or has sent what is not a frame.
        """
        try:
            head, body = wire.sizes(await self._reader.readexactly(wire.PREFIX.size))
            read = self._reader.readexactly
            return frames.parse(await read(head), await read(body)), head + body
        except (asyncio.IncompleteReadError, ConnectionError):
            raise WorkerGoneError(
                "The program's process has ended (it crashed, or memory ran out)."
            ) from None
        except wire.FrameError as error:
            raise WorkerGoneError(f"The program wrote to the sandbox's own channel: {error}") from None

    def interrupt(self) -> None:
        """Sends SIGINT."""
        self._signal(signal.SIGINT)

    def rest(self) -> None:
        """Lets the process stand still, unless it is needed again right away."""
        self._resting = asyncio.get_running_loop().call_later(_MOMENT, self._stop)

    def go_on(self) -> None:
        """Lets the process run again."""
        if self._resting is not None:
            self._resting.cancel()
        if self._stopped:
            self._stopped = False
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Sends SIGKILL."""
        self._signal(signal.SIGKILL)

    async def close(self) -> None:
        """Kills the process, waits for its end and gives back the descriptors."""
        self.kill()
        await self._ended.wait()
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    def _stop(self) -> None:
        self._stopped = True
        self._signal(signal.SIGSTOP)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def _on_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        if self._resting is not None:
            self._resting.cancel()
        os.close(self._pidfd)
        self._ended.set()
