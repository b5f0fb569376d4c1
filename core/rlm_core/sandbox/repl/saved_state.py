"""Where a worker leaves its variables, for the next worker of its session to find them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable

REGION_BYTES = 32 << 20  # sparse

# There are two halves, so that a worker may die while it writes; byte 0 says which of them holds.
_FIRST = 8
_HALF = (REGION_BYTES - _FIRST) // 2
_LENGTH = struct.Struct("<I")


class Legacy(Protocol):
    """What the workers of a session leave to each other."""

    @property
    def capacity(self) -> int:
        """Bytes that can be written."""
        ...

    def read(self) -> bytes:
        """Returns what was written last; empty when nothing was."""
        ...

    def write(self, data: bytes) -> None:
        """Replaces what was written before."""
        ...


class Region:
    """Memory that a session's workers map one after another.

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


class Told:
    """What is told to the host, which tells it to the next worker.

    Args:
        left: what the host has been told last.
        send: sends a frame to the host.
    """

    capacity = 8 << 20

    def __init__(self, left: str, send: Callable[[dict[str, Any]], None]) -> None:
        self._told = left.encode("latin-1")
        self._send = send

    def read(self) -> bytes:
        """Returns what was written last; empty when nothing was."""
        return self._told

    def write(self, data: bytes) -> None:
        """Replaces what was written before."""
        if data != self._told:
            self._told = data
            self._send({"op": "left", "state": data.decode("latin-1")})
