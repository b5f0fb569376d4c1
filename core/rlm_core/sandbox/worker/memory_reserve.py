"""Reserve of memory: address space kept back, so that a program which has used up its own can be told so."""

from __future__ import annotations

import gc
import mmap
import sys
from contextlib import suppress

_BYTES = 32 << 20


class MappedReserve:
    """Holds some address space until it is released."""

    def __init__(self) -> None:
        self._held: mmap.mmap | None = None
        self.refill()

    def refill(self) -> None:
        """Takes the space again; where there isn't as much, collects garbage, which may be what fills it."""
        if not self._take():
            gc.collect()
            self._take()

    def release(self) -> None:
        """Gives the space to whoever allocates next."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _take(self) -> bool:
        if self._held is None:
            with suppress(OSError, MemoryError):
                self._held = _mapped()
        return self._held is not None


def _mapped() -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, _BYTES)
    else:  # noqa: RET505 - type checkers follow only one branch
        return mmap.mmap(-1, _BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
