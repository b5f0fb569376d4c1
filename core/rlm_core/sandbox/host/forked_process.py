"""Forked worker process: the host's handle on one that came from the zygote (Linux)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from rlm_core.sandbox.host.process import Process

if TYPE_CHECKING:
    import socket

if sys.platform != "linux":
    raise ImportError("Only Linux has the native sandbox.")


class ForkedProcess(Process):
    """A worker, addressed by a pidfd: no signal can ever reach another process.

    Args:
        pid: process id, for its CPU clock.
        pidfd: descriptor of the process; see pidfd_open(2).
        reader: frames from the worker.
        writer: frames to the worker.
    """

    def __init__(
        self, pid: int, pidfd: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        super().__init__(pid, reader, writer)
        self._pidfd = pidfd
        self._ended = asyncio.Event()
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

    def interrupt(self) -> None:
        """Sends SIGINT."""
        self._signal(signal.SIGINT)

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

    def _signal(self, number: int) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def _on_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        self._cancel_suspension()
        os.close(self._pidfd)
        self._ended.set()
