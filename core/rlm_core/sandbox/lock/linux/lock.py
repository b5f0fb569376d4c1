"""Lock of a worker on Linux: the order of its steps, and the proof that it holds."""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core.sandbox.base import LockError
from rlm_core.sandbox.lock.linux import landlock, limits, seccomp

if TYPE_CHECKING:
    from collections.abc import Callable

if sys.platform != "linux":
    raise ImportError("Only Linux has this lock.")

_STANDARD = (0, 1, 2)
_LIMITS, _LANDLOCK, _FILTER = _REPORTED = "resource limits", "Landlock", "a system call filter"


def close_from(first: int) -> None:
    """Closes every descriptor from a number on, and the standard ones.

    Standard input, output and error become a /dev/null that can't be written: a stray write fails
    instead of vanishing, and their numbers can't be taken by something that matters.
    """
    null = os.open(os.devnull, os.O_RDONLY)
    for number in _STANDARD:
        os.dup2(null, number, inheritable=False)
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def apply(parent: int, memory_bytes: int) -> str:
    """Locks this process, which must have one thread and only the descriptors that it is to keep.

    Args:
        parent: the process with which this one ends.
        memory_bytes: address space that it may use beyond what is mapped now.

    Returns:
        What is in force, in a few words.

    Raises:
        LockError: some part of the lock cannot be had, or does not hold.
    """
    try:
        results = {name: step() for name, step in _steps(parent, memory_bytes).items()}
    except OSError as error:
        raise LockError(
            f"The sandbox could not lock its worker ({error.strerror}); "
            "it needs Linux 5.4 or newer with seccomp filters enabled."
        ) from error
    _prove(parent)
    return _summary(results)


def apply_what_can_be_had(parent: int, memory_bytes: int) -> str:
    """Locks this process as far as this machine allows, where something else isolates the program.

    Takes and returns what `apply` does; empty where nothing worth telling is in force.
    """
    results = {}
    for name, step in _steps(parent, memory_bytes).items():
        with suppress(OSError, LockError):
            results[name] = step()
    return _summary(results)


def _summary(results: dict[str, object]) -> str:
    """What of the steps that were taken is worth telling; Landlock's result is its version."""
    abi = results.get(_LANDLOCK)
    landlock_words = f"{_LANDLOCK} (ABI {abi})" if abi else f"no {_LANDLOCK} in this kernel"
    in_force = (name for name in _REPORTED if name in results)
    return ", ".join(landlock_words if name == _LANDLOCK else name for name in in_force)


def _steps(parent: int, memory_bytes: int) -> dict[str, Callable[[], object]]:
    """The order matters: changing the user undoes some of it, and after the filter nothing can be changed."""
    return {
        "dies first": limits.die_first,
        "a user of its own": limits.drop_root,
        "no dumps": limits.hide,
        "ends with its parent": lambda: limits.die_with(parent),
        "no new privileges": limits.no_new_privileges,
        _LIMITS: lambda: limits.limit_resources(memory_bytes),
        _LANDLOCK: landlock.restrict,
        _FILTER: seccomp.restrict,
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
