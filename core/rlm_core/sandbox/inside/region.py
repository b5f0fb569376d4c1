"""Memory in which a worker leaves its variables, and which the next worker of its session has as well."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap

REGION_BYTES = 32 << 20  # sparse

# There are two halves, so that a worker may die while it writes; byte 0 says which of them holds.
_FIRST = 8
_HALF = (REGION_BYTES - _FIRST) // 2
_LENGTH = struct.Struct("<I")


class Region:
    """What was written last can be read, by whoever maps the memory next.

    Args:
        memory: `REGION_BYTES` that outlive the process.

    Attributes:
        capacity: bytes that can be written.
    """

    capacity = _HALF - _LENGTH.size

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def read(self) -> bytes:
        """Returns what was written last; empty when nothing was."""
        start = self._half(self._memory[0])
        (size,) = _LENGTH.unpack_from(self._memory, start)
        start += _LENGTH.size
        return self._memory[start : start + size]

    def write(self, data: bytes) -> None:
        """Replaces what was written before."""
        free = 1 - self._memory[0] % 2
        start = self._half(free)
        _LENGTH.pack_into(self._memory, start, len(data))
        start += _LENGTH.size
        self._memory[start : start + len(data)] = data
        self._memory[0] = free

    def _half(self, which: int) -> int:
        return _FIRST + which % 2 * _HALF
