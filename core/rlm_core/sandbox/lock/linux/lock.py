"""Lock of a worker on Linux: the order of its steps, and the proof that it holds."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core.sandbox.base import LockError
from rlm_core.sandbox.lock.linux import landlock, limits, seccomp

if TYPE_CHECKING:
    from collections.abc import Callable

_STANDARD = (0, 1, 2)


def close_from(first: int) -> None:
    """Closes every descriptor from a number on, and the standard ones.

    Standard input, output and error become a /dev/null that can't be written: a stray write fails
    instead of vanishing, and their numbers can't be taken by something that matters.
    """
    null = os.open(os.devnull, os.O_RDONLY)
    for number in _STANDARD:
        os.dup2(null, number, inheritable=False)
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def apply(parent: int, memory_bytes: int) -> None:
    """Locks this process, which must have one thread and only the descriptors that it is to keep.

    Args:
        parent: the process with which this one ends.
        memory_bytes: address space that it may use beyond what is mapped now.

    Raises:
        LockError: some part of the lock cannot be had, or does not hold.
    """
    try:
        for step in _steps(parent, memory_bytes).values():
            step()
    except OSError as error:
        raise LockError(
            f"The sandbox could not lock its worker ({error.strerror}); "
            "it needs Linux 5.4 or newer with seccomp filters enabled."
        ) from error
    _prove(parent)


def apply_what_can_be_had(parent: int, memory_bytes: int) -> list[str]:
    """Locks this process as far as this machine allows, where something else isolates the program.

    Takes what `apply` takes, and returns what is in force, step by step.
    """
    in_force = []
    for name, step in _steps(parent, memory_bytes).items():
        with suppress(OSError, LockError):
            if step() is not False:
                in_force.append(name)
    return in_force


def _steps(parent: int, memory_bytes: int) -> dict[str, Callable[[], object]]:
    """The order matters: changing the user undoes some of it, and after the filter nothing can be changed."""
    return {
        "dies first": limits.die_first,
        "a user of its own": limits.drop_root,
        "no dumps": limits.hide,
        "ends with its parent": lambda: limits.die_with(parent),
        "no new privileges": limits.no_new_privileges,
        "resource limits": lambda: limits.limit_resources(memory_bytes),
        "Landlock": lambda: bool(landlock.restrict()),
        "a system call filter": seccomp.restrict,
    }


def _prove(parent: int) -> None:
    """Tries what must be impossible now.

    Raises:
        LockError: something was possible.
    """
    attempts: dict[str, Callable[[], object]] = {
        "open a file": lambda: os.open("/", os.O_RDONLY),
        "look at a file": lambda: Path("/").stat(),
        "make a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "signal another process": lambda: os.kill(parent, 0),
        "start a process": _fork,
        "execute a program": lambda: os.execv("/", ["/"]),  # noqa: S606 - must fail
        "raise a limit": lambda: limits.no_new_privileges(),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError as error:
            if error.errno == errno.EPERM:
                continue
        raise LockError(
            f"The sandbox's lock does not hold on this machine: its worker could {name}. "
            "Programs are not run without isolation."
        )


def _fork() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
