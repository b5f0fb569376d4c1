"""Limits of a process, what it may be and use: identity, signals, resources. See prctl(2), setrlimit(2)."""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

from rlm_core.sandbox.base import LockError
from rlm_core.sandbox.lock.linux.libc import mallopt, prctl

if sys.platform != "linux":
    raise ImportError("Only Linux has these limits.")

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_M_ARENA_MAX = -8

# CAP_KILL, CAP_SETGID, CAP_SETUID: without the first, root could not stop the worker it has demoted.
_TO_DROP_ROOT = 1 << 5 | 1 << 6 | 1 << 7
# Nobody's: above every range that distributions and systemd give out; see its UIDS-GIDS document.
_FIRST_UNUSED_ID = 0x70000000

DESCRIPTORS = 64
THREADS = 256


def die_with(parent: int) -> None:
    """Asks the kernel to kill this process when its parent ends, and ends now if it has ended already."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def hide() -> None:
    """Makes memory and /proc of this process unreadable to others of the same user, and keeps no core."""
    prctl(_PR_SET_DUMPABLE, 0)


def die_first() -> None:
    """When the machine runs out of memory, the kernel takes this process before any other."""
    with suppress(OSError):  # a read-only /proc; the order is a courtesy, not a part of the lock
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def drop_root() -> None:
    """Turns root into a user that no other process has, so that limits per user are this worker's own.

    Does nothing for an ordinary user, or for a root that lacks the capabilities.
    Changing identity clears the parent-death signal and the dumpable flag: set them afterwards.
    """
    if os.geteuid() != 0 or _effective_capabilities() & _TO_DROP_ROOT != _TO_DROP_ROOT:
        return
    with suppress(OSError):  # a user namespace that has no such user
        os.setgroups([])
        own = _FIRST_UNUSED_ID + os.getpid()
        os.setresgid(own, own, own)
        os.setresuid(own, own, own)


def no_new_privileges() -> None:
    """Makes exec unable to grant anything; a condition for Landlock and for the filter."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def limit_resources(memory_bytes: int) -> None:
    """Limits descriptors, threads and address space to what the process has now plus a little.

    Args:
        memory_bytes: address space beyond what is mapped at this moment.
    """
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, DESCRIPTORS)
    # The limit counts all tasks of the user, so what runs on the machine already is added to ours.
    limit(resource.RLIMIT_NPROC, _tasks() + THREADS)
    # One allocator arena: each further one would reserve 64 MB of address space for each thread.
    mallopt(_M_ARENA_MAX, 1)
    limit(resource.RLIMIT_AS, _mapped_bytes() + memory_bytes)


def limit(which: int, value: int) -> None:
    """Sets a resource's soft and hard limit, or leaves a hard limit that is lower."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _effective_capabilities() -> int:
    """The CapEff line of /proc/self/status; see proc_pid_status(5)."""
    for line in _proc("self/status").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _tasks() -> int:
    """All threads on the machine: the number after the slash in /proc/loadavg; see proc_loadavg(5)."""
    return int(_proc("loadavg").split()[3].partition("/")[2])


def _mapped_bytes() -> int:
    """The size field of /proc/self/statm; see proc_pid_statm(5)."""
    return int(_proc("self/statm").split()[0]) * resource.getpagesize()


def _proc(name: str) -> str:
    try:
        return Path("/proc", name).read_text("ascii")
    except OSError as error:
        raise LockError(
            f"The sandbox needs /proc/{name} to set its limits, and it cannot be read "
            f"({error.strerror}); mount /proc for this process."
        ) from error
