"""Best-effort lock of the system, around a worker whose program is isolated by WebAssembly already."""

from __future__ import annotations

import sys

from rlm_core.errors import SandboxError

_NOTHING = "nothing of the system's"


def lock(parent: int, memory_bytes: int) -> str:
    """Locks this process as far as the system allows, and says in a few words what is in force.

    A second wall: where it cannot be had, the guest still has nothing but what WASI gives it.

    Args:
        parent: the process with which this one ends.
        memory_bytes: what it may use beyond what it has now.
    """
    try:
        if sys.platform == "linux":
            from rlm_core.sandbox.lock.linux import lock as linux

            return linux.apply_what_can_be_had(parent, memory_bytes) or _NOTHING
        elif sys.platform == "darwin":  # noqa: RET505 - type checkers follow only one branch
            from rlm_core.sandbox.lock import macos

            return macos.apply(memory_bytes)
        elif sys.platform == "win32":
            from rlm_core.sandbox.lock import windows

            return windows.apply(memory_bytes)
        else:
            return _NOTHING
    except (SandboxError, OSError) as error:  # a library that is not there
        return f"{_NOTHING} ({error})"
