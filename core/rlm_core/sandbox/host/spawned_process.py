"""Spawned worker process: the host's handle on one that was started afresh, on any system."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rlm_core.errors import SandboxError
from rlm_core.sandbox.host import frames
from rlm_core.sandbox.host.process import Process

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGE_ROOT = Path(__file__).parents[3]
# Isolated mode ignores PYTHON* variables, the user's site and the working directory. The folder that
# this package was imported from goes last: it may be one that only this process had on its path.
_COMMAND = "import sys; sys.path.append(sys.argv[1]); from {module} import main; main({arguments})"
# Without these some builds of Python do not start, or Windows does not load libraries.
KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR", "TEMP", "TMP")
_READ_AHEAD = 1 << 16  # bytes


@dataclass
class FrameCheckpoint:
    """Checkpoint that came in a frame and goes to the next worker in another; the host does not read it."""

    state: str = ""

    def duplicate(self) -> Self:
        """Itself: there is nothing to run out of."""
        return self

    def close(self) -> None:
        """Does nothing."""


class SpawnedProcess(Process):
    """A worker whose channel is its standard input and output.

    Args:
        process: the worker.
        output: the transport of its standard output.
        checkpoint: where what it saves is kept.
        interruptible: whether SIGINT interrupts its program.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        output: asyncio.BaseTransport | None,
        checkpoint: FrameCheckpoint,
        *,
        interruptible: bool,
    ) -> None:
        assert output is not None  # noqa: S101 - it has pipes
        assert process.stdout is not None  # noqa: S101 - as above
        assert process.stdin is not None  # noqa: S101 - as above
        super().__init__(process.pid, process.stdout, process.stdin)
        self._process = process
        self._output = output
        self._checkpoint = checkpoint
        self._may_save = False
        self.interruptible = interruptible

    @classmethod
    async def start(
        cls,
        module: str,
        arguments: Sequence[object],
        descriptors: Sequence[int],
        checkpoint: FrameCheckpoint,
        *,
        interruptible: bool,
    ) -> SpawnedProcess:
        """Starts a worker.

        Args:
            module: whose `main` it runs, with its parent's process id and its descriptors first.
            arguments: what `main` takes after these.
            descriptors: what the worker inherits.
            checkpoint: where what it saves is kept.
            interruptible: whether SIGINT interrupts its program.

        Raises:
            SandboxError: it does not start.
        """
        passing, numbers = _passing(descriptors)
        listed = ", ".join(map(repr, (os.getpid(), numbers, *arguments)))
        loop = asyncio.get_running_loop()
        try:
            # What `asyncio.create_subprocess_exec` does, which keeps the transport to itself.
            transport, protocol = await loop.subprocess_exec(
                lambda: asyncio.subprocess.SubprocessStreamProtocol(limit=_READ_AHEAD, loop=loop),
                *(sys.executable, "-I", "-X", "utf8", "-c"),
                *(_COMMAND.format(module=module, arguments=listed), str(_PACKAGE_ROOT)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ},
                cwd=Path(_PACKAGE_ROOT.anchor),
                **passing,
            )
        except OSError as error:
            raise SandboxError(f"A sandbox worker did not start with {sys.executable}: {error}.") from error
        process = asyncio.subprocess.Process(transport, protocol, loop)
        output = transport.get_pipe_transport(1)
        return cls(process, output, checkpoint, interruptible=interruptible)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.returncode is None

    async def receive(self) -> tuple[frames.Frame, int]:
        """Waits for the next message but for what the worker saves, which is kept; see `Process`.

        That comes once for a request at most. Of more, the host would read, and do nothing else.
        """
        frame, size = await super().receive()
        if isinstance(frame, frames.Saved) and self._may_save:
            self._may_save = False
            self._checkpoint.state = frame.state
            frame, size = await super().receive()
        return frame, size

    def interrupt(self) -> None:
        """Sends SIGINT, or ends the worker where its program would not notice."""
        if self.interruptible:
            self._signal(signal.SIGINT)
        else:
            self.kill()

    def resume(self) -> None:
        """Lets the process run again, and save a checkpoint."""
        super().resume()
        self._may_save = True

    def kill(self) -> None:
        """Ends the process."""
        if sys.platform == "win32":
            with suppress(ProcessLookupError):
                self._process.kill()
        else:
            self._signal(signal.SIGKILL)

    async def close(self) -> None:
        """Kills the process and waits for its end."""
        self._cancel_suspension()
        self.kill()
        self._writer.close()
        # asyncio tells the end of a process after the end of its output, for which it does not look while
        # there is more that nobody reads.
        self._output.close()
        await self._process.wait()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    def _signal(self, number: int) -> None:
        # Not by `Process.send_signal`, which before CPython 3.13 looks whether the process has ended, and
        # takes its end from the event loop, which complains.
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _passing(descriptors: Sequence[int]) -> tuple[dict[str, Any], list[int]]:
    """How a new process inherits descriptors, and what it knows them by: numbers, on Windows handles."""
    if sys.platform == "win32":
        import msvcrt
        import subprocess

        handles = [msvcrt.get_osfhandle(descriptor) for descriptor in descriptors]
        for handle in handles:
            os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles})
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"startupinfo": startup, "creationflags": flags, "close_fds": False}, handles
    else:  # noqa: RET505 - type checkers follow only one branch
        return {"pass_fds": descriptors, "start_new_session": True}, list(descriptors)
