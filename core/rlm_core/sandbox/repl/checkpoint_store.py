"""Store of a session's checkpoint, which outlives the worker: the next one finds it there."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

from rlm_core.sandbox.wire import MAX_CHECKPOINT

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable

# There are two halves, so that a worker may die while it writes; byte 0 says which of them holds.
_FIRST = 8
_LENGTH = struct.Struct("<I")


class CheckpointStore(Protocol):
    """Where a session's workers leave their checkpoint to each other."""

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


class MappedStore:
    """Checkpoint store in memory that a session's workers map one after another.

    Args:
        memory: bytes that outlive the process; all zero at first.

    Attributes:
        capacity: bytes that can be written.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._half_bytes = (len(memory) - _FIRST) // 2
        self.capacity = self._half_bytes - _LENGTH.size

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
        return _FIRST + which % 2 * self._half_bytes


class HostStore:
    """Checkpoint store that is the host, which hands the next worker what this one has sent.

    Args:
        saved: what the worker before has sent.
        send: sends a frame to the host.
    """

    capacity = MAX_CHECKPOINT

    def __init__(self, saved: str, send: Callable[[dict[str, Any]], None]) -> None:
        self._saved = saved.encode("latin-1")
        self._send = send

    def read(self) -> bytes:
        """Returns what was written last; empty when nothing was."""
        return self._saved

    def write(self, data: bytes) -> None:
        """Replaces what was written before."""
        if data != self._saved:
            self._saved = data
            self._send({"op": "saved", "state": data.decode("latin-1")})
