"""The arena: the workspace's text, one blob after another, in a few append-only mapped files.

A shard is a sparse file of fixed size that is mapped once, whole. Text is written with `pwrite` into
the hole and shows through every mapping of the same file, so a worker that maps a shard sees text
that is appended later, and nobody ever maps twice. Bytes that were written are never written again:
that is what lets a snapshot be a table of offsets.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from typing import NamedTuple

SHARD_BYTES = 256 * 1024 * 1024


class Span(NamedTuple):
    """Where a blob lies: shard number, byte offset and byte length."""

    shard: int
    offset: int
    length: int


class Arena:
    """Append-only storage of UTF-8 blobs; safe to append to and read from several threads.

    Args:
        shard_bytes: capacity of one shard. A larger blob gets a shard of its own.
    """

    def __init__(self, shard_bytes: int = SHARD_BYTES) -> None:
        self._shard_bytes = shard_bytes
        self._descriptors: list[int] = []
        self._maps: list[mmap.mmap] = []
        self._end = 0
        self._capacity = 0
        self._lock = threading.Lock()

    def append(self, blob: bytes) -> Span:
        """Stores a blob and says where it lies."""
        with self._lock:
            if self._end + len(blob) > self._capacity or not self._maps:
                self._add_shard(max(self._shard_bytes, len(blob)))
            span = Span(len(self._maps) - 1, self._end, len(blob))
            _write_all(self._descriptors[span.shard], blob, span.offset)
            self._end += len(blob)
            return span

    def _add_shard(self, size: int) -> None:
        with tempfile.TemporaryFile(prefix="rlm-arena-") as file:
            descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, size)
        self._descriptors.append(descriptor)
        self._maps.append(mmap.mmap(descriptor, size, prot=mmap.PROT_READ))
        self._end, self._capacity = 0, size

    @property
    def maps(self) -> list[mmap.mmap]:
        """The shards as read-only mappings, by shard number."""
        return list(self._maps)

    @property
    def descriptors(self) -> list[int]:
        """The shards' file descriptors, by shard number; they stay the arena's to close."""
        return list(self._descriptors)

    def close(self) -> None:
        """Gives the files back. Snapshots of this arena cannot be read afterwards."""
        for mapped in self._maps:
            mapped.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._maps, self._descriptors = [], []


def _write_all(descriptor: int, blob: bytes, offset: int) -> None:
    view = memoryview(blob)
    while view:
        written = os.pwrite(descriptor, view, offset)
        offset += written
        view = view[written:]
