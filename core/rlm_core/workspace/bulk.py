"""Bulk reading of very many files: in processes of their own, each into shards of its own.

Reading is checking, hashing and copying as much as it is waiting, and threads of one interpreter get in
each other's way. Shards are independent files, so a process that has filled some only has to name them.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from rlm_core.workspace.arena import Arena
from rlm_core.workspace.disk import Disk
from rlm_core.workspace.file_table import FileTable
from rlm_core.workspace.reader import Reader
from rlm_core.workspace.roots import Roots
from rlm_core.workspace.secret_filter import SecretFilter
from rlm_core.workspace.subprocesses import NO_WINDOW, Lifeline, passed_on

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_FILES = 10_000  # fewer are read before a process has started
_MOST_PROCESSES = 8
# Neighbours stay together, since what lies together is searched together; large files in one folder
# should not all fall to one process.
_BLOCK = 500

# Isolated, and with the folder that this package was imported from, as in `sandbox.host.zygote_client`.
_COMMAND = "import sys; sys.path.append(sys.argv[1]); from rlm_core.workspace.bulk import main; main()"
_PACKAGE_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class ReadJob:
    """What all processes of one reading are told.

    Attributes:
        roots: the workspace's folders.
        disk_names: `Roots.disk_names`.
        shards: the folder to write shards to.
        max_bytes: larger files are left out.
        unignored: `FileListing.unignored`.
        secrets: the arguments of `SecretFilter`.
    """

    roots: list[str]
    disk_names: dict[str, str]
    shards: str
    max_bytes: int
    unignored: list[str]
    secrets: dict[str, bool]


class ReadResult(NamedTuple):
    """What one process has read.

    Attributes:
        names: its shards.
        end: first free byte of the last one.
        used: bytes of text in them.
        table: the files; shards are numbered from 0.
    """

    names: list[str]
    end: int
    used: int
    table: FileTable


class ReaderPool:
    """Processes that read files, as many as the machine has processors for."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._stopped = False

    def read(self, job: ReadJob, paths: Sequence[str]) -> list[ReadResult]:
        """Reads the files; those that are gone are in no part.

        Raises:
            OSError: a process could not be started, or did not end well (`stop`, no room on the disk).
        """
        count = min(_MOST_PROCESSES, _processors())
        blocks = [paths[start : start + _BLOCK] for start in range(0, len(paths), _BLOCK)]
        head = json.dumps(asdict(job)).encode()
        with ExitStack() as files:
            results: list[IO[bytes]] = []
            try:
                for number in range(count):
                    mine = [path for block in blocks[number::count] for path in block]
                    job_file = files.enter_context(tempfile.TemporaryFile())
                    job_file.write(head + b"\n" + "\0".join(mine).encode("utf-8", "surrogateescape"))
                    job_file.seek(0)
                    results.append(files.enter_context(tempfile.TemporaryFile()))
                    lifeline = files.enter_context(closing(Lifeline()))
                    self._running.append(_spawn(job_file, results[-1], lifeline))
                    if self._stopped:  # after the append: either this or `stop` sees the process
                        break
                for process in self._running:
                    if process.wait() != 0:
                        raise OSError(errno.EIO, "a reading process ended early")
            finally:
                self._kill()
                for process in self._running:
                    process.wait()
                self._running.clear()
            if self._stopped:
                raise OSError(errno.ECANCELED, "stopped")
            return [_read_result(result) for result in results]

    def stop(self) -> None:
        """Ends a `read` that another thread waits for, and each later one."""
        self._stopped = True
        self._kill()

    def _kill(self) -> None:
        for process in list(self._running):
            process.kill()


def _processors() -> int:
    """How many of the machine's processors this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _spawn(job_file: IO[bytes], result: IO[bytes], lifeline: Lifeline) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-I", "-X", "utf8", "-c", _COMMAND, str(_PACKAGE_ROOT)],
        stdin=job_file,
        stdout=result,
        stderr=subprocess.DEVNULL,
        env=passed_on(),
        creationflags=NO_WINDOW,
        process_group=None if sys.platform == "win32" else 0,
        pass_fds=lifeline.inherited,
    )
    lifeline.tie(process.pid)
    return process


def _read_result(result: IO[bytes]) -> ReadResult:
    result.seek(0)
    about = json.loads(result.readline())
    return ReadResult(about["names"], about["end"], about["used"], FileTable.load(result.read()))


def main() -> None:
    """What a reading process does: a job and NUL-separated paths on stdin, a `ReadResult` on stdout."""
    job = ReadJob(**json.loads(sys.stdin.buffer.readline()))
    paths = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0")
    roots = Roots([Path(root) for root in job.roots])
    roots.set_disk_names(job.disk_names)
    arena, table = Arena(Path(job.shards)), FileTable()
    reader = Reader(arena, job.max_bytes, frozenset(job.unignored), SecretFilter(**job.secrets))
    with Disk(roots) as disk:
        for path in paths:
            found = reader.read(disk, path, None)
            if found is not None:  # else deleted since it was listed
                table.put(path, found)
    if not all(arena.names):
        raise SystemExit(1)  # no room for shards that another process could find
    about = {"names": arena.names, "end": arena.end, "used": arena.used}
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + table.dump())
