"""Bounded subprocess: a program with a deadline, an output and a memory limit, that ends with this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import nullcontext, suppress
from typing import IO, TYPE_CHECKING, Self

from rlm_core.workspace.subprocesses import NO_WINDOW, Lifeline, limit_memory, passed_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

MEMORY_BYTES = 1 << 30  # what git allocates for a repository of a million files; Linux only
_PIECE = 1 << 20
_LINE = 1 << 12
_COMPLAINTS = 1 << 16


class LimitError(Exception):
    """Which limit a program ran into, as the end of a sentence: `took too long`."""


class BoundedProcess:
    """A running program, whose stdout is read here; a context manager, which ends it.

    It is in a process group of its own, which is killed at the deadline and, on Linux, by the kernel when
    this process ends. It inherits of the environment only what programs need, and no descriptors.

    Args:
        command: the program and its arguments.
        cwd: the folder to run it in.
        seconds: how long it may take, from now.
        given: its stdin, which it may read at its own pace.
        environment: variables on top of those that are passed on.
        complaints: whether to keep the start of its stderr.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        seconds: float,
        given: bytes = b"",
        environment: dict[str, str] | None = None,
        *,
        complaints: bool = False,
    ) -> None:
        self._why_killed = ""
        self._complaints = b""
        self._lifeline = Lifeline()
        try:
            with tempfile.TemporaryFile() if given else nullcontext(subprocess.DEVNULL) as stdin:
                if not isinstance(stdin, int):
                    stdin.write(given)
                    stdin.seek(0)
                self._process = subprocess.Popen(  # noqa: S603 - callers name fixed programs; no shell
                    command,
                    cwd=cwd,
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE if complaints else subprocess.DEVNULL,
                    env=passed_on() | (environment or {}),
                    creationflags=NO_WINDOW,
                    process_group=None if sys.platform == "win32" else 0,
                    pass_fds=self._lifeline.inherited,
                )
        except BaseException:
            self._lifeline.close()
            raise
        self._lifeline.tie(self._process.pid)
        limit_memory(self._process.pid, MEMORY_BYTES)
        self._deadline = threading.Timer(max(0.0, seconds), self.kill, ["took too long"])
        self._deadline.daemon = True
        self._deadline.start()
        self._listener = threading.Thread(target=self._listen, daemon=True) if complaints else None
        if self._listener:
            self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill("was not read to its end")
        self._wait()

    def kill(self, why: str) -> None:
        """Ends the program and what it has started; `LimitError` says why to whoever reads its output."""
        if self._process.poll() is None:
            self._why_killed = self._why_killed or why
            with suppress(OSError):  # it has just ended
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)

    def read(self, size: int) -> bytes:
        """The next `size` bytes of the output, fewer at its end; raises `LimitError` when it was killed."""
        pieces: list[bytes] = []
        while size > 0 and (piece := self._output.read(min(size, _PIECE))):
            pieces.append(piece)
            size -= len(piece)
        if size > 0 and self._why_killed:
            raise LimitError(self._why_killed)
        return b"".join(pieces)

    def read_line(self) -> bytes:
        """The next line of the output, or as much of it as a line may have."""
        return self._output.readline(_LINE)

    def finish(self, limit: int) -> tuple[bytes, int]:
        """All that is left of the output, in bytes, and the exit status.

        Raises:
            LimitError: it wrote more than `limit` bytes, took longer than it may, or was killed otherwise.
        """
        output = self.read(limit + 1)
        if len(output) > limit:
            self.kill(f"wrote more than {-(-limit >> 20)} MB")
        status = self._wait()
        if self._why_killed:
            raise LimitError(self._why_killed)
        return output, status

    @property
    def complaints(self) -> bytes:
        """The start of what it wrote to stderr; complete after `finish`."""
        return self._complaints

    def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - for the type checker
        with self._process.stderr as stderr:
            self._complaints = stderr.read(_COMPLAINTS)
            while stderr.read(_PIECE):  # it must not wait for us
                pass

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        return self._process.stdout

    def _wait(self) -> int:
        status = self._process.wait()  # the deadline holds until here: output may be closed long before
        self._deadline.cancel()
        self._output.close()
        if self._listener:
            self._listener.join()
        self._lifeline.close()
        return status
