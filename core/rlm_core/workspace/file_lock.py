"""File locks between processes, which end with whoever holds them."""

from __future__ import annotations

import sys


def try_lock(descriptor: int) -> bool:
    """Takes the lock, until the descriptor is closed, if nobody has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
