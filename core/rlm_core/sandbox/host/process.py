"""Worker process, as the host has a handle on it, however it was started."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress

from rlm_core.sandbox import wire
from rlm_core.sandbox.host import frames
from rlm_core.sandbox.host.texts_ahead import TextsAhead

_MOMENT = 0.01  # seconds
_LONG = 0.001  # seconds; most frames are read in a tenth of it


class WorkerGoneError(Exception):
    """The worker is gone, or has said something that made the host end it: the message says which."""


class Process(ABC):
    """A worker and the channel to it.

    On Linux, a worker that waits for its next request is stopped after a moment, so that what a program has
    left running costs nothing, nor a program that only says that it is done. Not at once, since two signals
    take as long as a small cell. Elsewhere nothing ends a stopped process when its host is gone.

    Args:
        pid: process id.
        reader: frames from the worker.
        writer: frames to the worker.

    Attributes:
        interruptible: whether a program can be interrupted without losing its worker.
        ahead: what the worker has sent of calls that are to follow.
    """

    interruptible = True

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self._reader = reader
        self._writer = writer
        self.ahead = TextsAhead()
        self._suspension: asyncio.TimerHandle | None = None
        self._suspended = False

    @property
    @abstractmethod
    def alive(self) -> bool:
        """Whether the process still runs."""

    @abstractmethod
    def _signal(self, number: int) -> None:
        """Sends a signal, if the process is there."""

    def cpu_seconds(self) -> float:
        """Returns the CPU time that the process has used; 0 when it is gone, and where only Linux knows."""
        if sys.platform == "linux":
            with suppress(OSError):
                return time.clock_gettime(~self.pid << 3 | 2)  # what clock_getcpuclockid(3) computes
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
            head, body = wire.sizes(await self._reader.readexactly(wire.PREFIX.size), wire.MAX_HEAD_TO_HOST)
            read = self._reader.readexactly
            parts = await read(head), await read(body)
            started = time.monotonic()
            frame = frames.parse(*parts, self.ahead.by_call)
            # Frames that are here already must not keep everybody else waiting, who gets as long as one took.
            took = time.monotonic() - started
            await asyncio.sleep(took if took > _LONG else 0)
            return frame, head + body
        except (asyncio.IncompleteReadError, ConnectionError):
            raise WorkerGoneError(
                "The program's process has ended (it crashed, or memory ran out)."
            ) from None
        except wire.FrameError as error:
            raise WorkerGoneError(f"The program wrote to the sandbox's own channel: {error}") from None

    @abstractmethod
    def interrupt(self) -> None:
        """Interrupts the program; ends the worker where it is not `interruptible`."""

    def suspend_soon(self) -> None:
        """Lets the process stand still, unless it is needed again right away."""
        if sys.platform == "linux":
            self._suspension = asyncio.get_running_loop().call_later(_MOMENT, self._suspend)

    def resume(self) -> None:
        """Lets the process run again."""
        self._cancel_suspension()
        if sys.platform == "linux" and self._suspended:
            self._suspended = False
            self._signal(signal.SIGCONT)

    @abstractmethod
    def kill(self) -> None:
        """Ends the process, whatever it does."""

    @abstractmethod
    async def close(self) -> None:
        """Kills the process, waits for its end and gives back what it held here."""

    def _cancel_suspension(self) -> None:
        """Lets the process not be stopped, if it isn't yet."""
        if self._suspension is not None:
            self._suspension.cancel()

    def _suspend(self) -> None:
        if sys.platform == "linux":
            self._suspended = True
            self._signal(signal.SIGSTOP)
