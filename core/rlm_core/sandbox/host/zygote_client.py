"""Client of the zygote: the host's handle on the process that workers are forked from."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlm_core.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

if sys.platform != "linux":
    raise ImportError("Only Linux has the native sandbox.")

BOOT_SECONDS = 60.0
FORK_SECONDS = 5.0  # it takes milliseconds

# Isolated mode ignores PYTHON* variables, the user's site and the working directory. The folder that
# this package was imported from goes last: it may be one that only this process had on its path.
_COMMAND = (
    "import sys; sys.path.append(sys.argv[1]);"
    "from rlm_core.sandbox.worker.zygote import main; main(int(sys.argv[2]))"
)
_PACKAGE_ROOT = Path(__file__).parents[3]
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH",)  # some builds of Python do not start without it


_log = logging.getLogger(__name__)


class ZygoteGoneError(Exception):
    """The zygote is gone."""


class ZygoteClient:
    """A running zygote; `start` makes one."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._asking = asyncio.Lock()
        self._numbers = count(1)
        self._end: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls) -> ZygoteClient:
        """Starts the process and waits until it has everything loaded.

        Raises:
            SandboxError: it does not start.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-X", "utf8", "-c", _COMMAND),
                *(str(_PACKAGE_ROOT), str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in a terminal is the host's to handle
            )
        zygote = cls(process, ours)
        try:
            async with asyncio.timeout(BOOT_SECONDS):
                await zygote._await_ready()
        except BaseException:
            await zygote.close()
            raise
        return zygote

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def fork(self, descriptors: Sequence[int]) -> tuple[int, int]:
        """Returns process id and pidfd of a fresh worker that has these descriptors.

        Raises:
            ZygoteGoneError: there is no zygote any more.
        """
        async with self._asking:
            number = next(self._numbers)
            try:
                socket.send_fds(self._control, [json.dumps({"id": number}).encode()], descriptors)
            except OSError as error:
                raise ZygoteGoneError(str(error)) from error
            try:
                async with asyncio.timeout(FORK_SECONDS):
                    return await self._forked(number)
            except TimeoutError as error:
                # Whoever asks next must not wait for it as well.
                if self._process.returncode is None:
                    self._process.kill()
                _log.warning(
                    "The sandbox's zygote gave no worker in %g s (was it stopped?); it was ended, and with "
                    "it the workers of all sessions. A new one takes its place.",
                    FORK_SECONDS,
                )
                raise ZygoteGoneError(f"it gave no worker in {FORK_SECONDS:g} s") from error

    async def _forked(self, number: int) -> tuple[int, int]:
        while True:
            reply, passed = await self._receive()
            if reply["id"] == number:
                return reply["pid"], passed[0]
            # The answer to a request whose caller was cancelled; that worker ends with its channel.
            for descriptor in passed:
                os.close(descriptor)

    async def close(self) -> None:
        """Ends the zygote, and so every worker, and waits for it; several may do so at once."""
        self._control.close()  # at once: who asks next must not wait for a descriptor that is given away
        if self._end is None:
            self._end = asyncio.create_task(self._kill())
        await asyncio.shield(self._end)

    async def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()

    async def _await_ready(self) -> None:
        try:
            reply, _ = await self._receive()
        except (ZygoteGoneError, TimeoutError) as error:
            self._process.kill()
            _, stderr = await self._process.communicate()
            last = stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] or str(error)
            raise SandboxError(f"The sandbox did not start with {sys.executable}: {last}") from error
        if "error" in reply:
            raise SandboxError(reply["error"])

    async def _receive(self) -> tuple[dict[str, Any], list[int]]:
        while True:
            try:
                packet, passed, _, _ = socket.recv_fds(self._control, 4096, 1)
            except BlockingIOError:
                await _readable(self._control)
                continue
            except OSError as error:
                raise ZygoteGoneError(str(error)) from error
            if not packet:
                raise ZygoteGoneError("it closed its control socket")
            reply: dict[str, Any] = json.loads(packet)
            return reply, passed


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)
