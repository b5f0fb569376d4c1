"""Subprocesses: starting other programs, as far as the systems differ in that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

if sys.platform == "linux":
    import fcntl
    import resource

# On Windows a server without a console would open a window for each program that it starts.
NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)

# Of the environment: where programs, their settings and temporary files are, and who is asking. Keys and
# tokens have other names. `GIT_CONFIG_…` are git's settings of the user or of a CI system.
_PASSED_ON = frozenset(
    {
        "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SUDO_UID",
        "DEVELOPER_DIR", "GIT_EXEC_PATH", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE",
        "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
    }
)  # fmt: skip


@cache
def git() -> str:
    """What starts git; raises `FileNotFoundError` where it is known not to be there.

    Windows looks for a program in the current folder before it looks in PATH, and the current folder of a
    server may be a repository with a `git.exe` of its own. So there it is named by its whole path.
    """
    if sys.platform == "win32":
        places = [Path(folder, "git.exe") for folder in os.get_exec_path() if Path(folder).is_absolute()]
        program = next((str(place) for place in places if place.is_file()), "")
        if not program:
            raise FileNotFoundError("git.exe is in no folder of PATH")
    else:
        program = "git"
    return program


def passed_on() -> dict[str, str]:
    """Returns of the environment what a program needs that knows no secret."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith("GIT_CONFIG_")
    }


def limit_memory(pid: int, memory_bytes: int) -> None:
    """Limits what a process that was just started may allocate; does nothing but on Linux.

    RLIMIT_DATA and not RLIMIT_AS: packs and indexes that git maps for reading are no memory of its own.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # it has ended already, or started with a lower limit
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


class Lifeline:
    """A pipe that has the kernel kill a process group when this process ends; does nothing but on Linux.

    The group holds the reading end, which is told to send SIGKILL (F_SETSIG in fcntl(2)) as soon as
    nobody holds the writing end. prctl(2)'s PR_SET_PDEATHSIG would have to be called between fork and exec,
    where Python must not run while there are threads.
    """

    def __init__(self) -> None:
        self._ends = list(os.pipe()) if sys.platform == "linux" else []

    @property
    def inherited(self) -> tuple[int, ...]:
        """The descriptors that the group's first process has to inherit."""
        return tuple(self._ends[:1])

    def tie(self, group: int) -> None:
        """Ties a process group to it that was just started."""
        if sys.platform == "linux":
            reading = self._ends.pop(0)
            with suppress(OSError):  # a kernel that is not quite Linux
                fcntl.fcntl(reading, fcntl.F_SETOWN, -group)
                fcntl.fcntl(reading, fcntl.F_SETSIG, signal.SIGKILL)
                fcntl.fcntl(reading, fcntl.F_SETFL, fcntl.fcntl(reading, fcntl.F_GETFL) | os.O_ASYNC)
            os.close(reading)

    def close(self) -> None:
        """Lets go of a group that has ended."""
        while self._ends:
            os.close(self._ends.pop())
