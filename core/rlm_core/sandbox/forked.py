"""The host's handle on a worker that was forked from the zygote (Linux)."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from rlm_core.sandbox.process import Process

if TYPE_CHECKING:
    import socket


_MOMENT = 0.01  # seconds


class ForkedProcess(Process):
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
        super().__init__(reader, writer)
        self.pid = pid
        # What clock_getcpuclockid(3) computes.
        self._clock = ~pid << 3 | 2
        self._pidfd = pidfd
        self._ended = asyncio.Event()
        self._resting: asyncio.TimerHandle | None = None
        self._stopped = False
        asyncio.get_running_loop().add_reader(pidfd, self._on_end)

    @classmethod
    async def attach(cls, pid: int, pidfd: int, connection: socket.socket) -> ForkedProcess:
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
