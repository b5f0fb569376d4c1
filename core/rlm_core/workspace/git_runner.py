"""Git runner: the one place that starts git, within bounds that all commands of a request share.

What git reads may be hostile: an index, a tree or a `.gitignore` of a few kilobytes can keep it busy for
hours, or have it print terabytes.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rlm_core.workspace import gitdirs
from rlm_core.workspace.bounded_process import BoundedProcess, LimitError
from rlm_core.workspace.subprocesses import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LISTING_SECONDS = 30.0
HISTORY_SECONDS = 10.0
REVISION_SECONDS = 120.0
# What is kept of all that the commands of a request print: the index of some 600,000 files.
OUTPUT_BYTES = 64 << 20
# After git was too slow in a folder it is not asked there for so long.
PAUSE_SECONDS = 600.0

_STOPPED = "was ended with the workspace"

# A repository's own configuration can name programs for git to run; none of these may.
# (git-config(1): core.fsmonitor, core.hooksPath.) Nor is a file from elsewhere read for a mail map.
_SETTINGS = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "mailmap.file="]
# Change nothing, fetch nothing (older gits know only the protocols), speak English. Variables that name a
# repository (GIT_DIR …), as where a hook has started the server, are not passed on.
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}


class GitLimitError(Exception):
    """Git ran into a limit; the message says so: `git ls-tree wrote more than 64 MB`."""


class GitRunner:
    """Makes requests to git for one workspace, and ends them with it. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[BoundedProcess] = set()
        self._stopped = False
        self._paused: dict[Path, tuple[float, str]] = {}

    def request(self, seconds: float) -> GitRequest:
        """A request that may take so many seconds, however many commands it needs."""
        return GitRequest(self, seconds)

    def pause(self, root: Path, why: str) -> None:
        """Notes that git should not be asked to list a folder for a while (a circuit breaker)."""
        with self._lock:
            self._paused[root] = (time.monotonic() + PAUSE_SECONDS, why)

    def paused(self, root: Path) -> str:
        """Why git should not be asked to list a folder now, as a sentence; empty if it may."""
        with self._lock:
            until, why = self._paused.get(root, (0.0, ""))
            return why if time.monotonic() < until else ""

    def stop(self) -> None:
        """Ends the commands that run, and each later one at its start."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill(_STOPPED)

    @contextmanager
    def running(self, process: BoundedProcess) -> Iterator[BoundedProcess]:
        """Has `stop` end a process, too, and ends it at the end of the block."""
        with process:
            with self._lock:
                self._running.add(process)
                if self._stopped:
                    process.kill(_STOPPED)
            try:
                yield process
            finally:
                with self._lock:
                    self._running.discard(process)


class GitRequest:
    """Git commands that have a deadline and an output limit together. May be used from several threads.

    Where git must not be asked about a folder (`gitdirs`), or is not there, it has no answer.
    """

    def __init__(self, runner: GitRunner, seconds: float) -> None:
        self._runner = runner
        self._seconds = seconds
        self._ends_at = time.monotonic() + seconds
        self._left_bytes = OUTPUT_BYTES

    def run(
        self,
        root: Path,
        arguments: Sequence[str],
        lines: Sequence[str] = (),
        complaints: list[str] | None = None,
    ) -> str | None:
        """What git prints in a folder; None where it has no answer.

        Args:
            root: the folder.
            arguments: git's.
            lines: its stdin, ended by NULs.
            complaints: takes the lines that git writes to stderr, if they matter.

        Raises:
            GitLimitError: it took too long or printed too much.
        """
        given = "".join(f"{line}\0" for line in lines)
        with self._started(root, arguments, given, complaints=complaints is not None) as process:
            if process is None:
                return None
            output, status = process.finish(self._left_bytes)
        self._left_bytes -= len(output)
        if complaints is not None:
            complaints += _decoded(process.complaints).splitlines()
        # check-ignore says 1 for "none of them"; what was killed by a signal has a negative status.
        return _decoded(output) if 0 <= status < 2 else None

    @contextmanager
    def stream(self, root: Path, arguments: Sequence[str], given: str) -> Iterator[BoundedProcess | None]:
        """Git with a text as its stdin, to be read by and by; the output limit does not count what it prints.

        Raises:
            GitLimitError: it took too long.
        """
        with self._started(root, arguments, given) as process:
            yield process

    @contextmanager
    def _started(
        self, root: Path, arguments: Sequence[str], given: str, *, complaints: bool = False
    ) -> Iterator[BoundedProcess | None]:
        left = self._ends_at - time.monotonic()
        command = next(name for name in arguments if not name.startswith("-"))
        if left <= 0:
            raise GitLimitError(self._too_long(command))
        if gitdirs.foreign_repository(root):
            yield None
            return
        try:
            command_line = [git(), *_SETTINGS, *arguments]
            process = BoundedProcess(
                command_line, root, left, _encoded(given), _ENVIRONMENT, complaints=complaints
            )
        except (OSError, ValueError):  # the latter for a NUL or a lone surrogate in an argument
            yield None
            return
        try:
            with self._runner.running(process):
                yield process
        except LimitError as error:
            late = time.monotonic() >= self._ends_at
            raise GitLimitError(self._too_long(command) if late else f"git {command} {error}") from error

    def _too_long(self, command: str) -> str:
        return f"git {command} took longer than {self._seconds:g} s"


# os.fsencode and os.fsdecode, but for bytes that are not UTF-8: there the latter raises on Windows.
def _encoded(text: str) -> bytes:
    return text.encode(sys.getfilesystemencoding(), "surrogateescape")


def _decoded(output: bytes) -> str:
    return output.decode(sys.getfilesystemencoding(), "surrogateescape")
