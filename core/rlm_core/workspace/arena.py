"""Arena: the workspace's text, one blob after another, in a few append-only mapped files.

A shard is a file of fixed size, sparse where the system has such files, that is mapped once, whole.
Text is written into the hole and shows through every mapping of the same file, so a worker that maps a
shard sees text that is appended later, and nobody ever maps twice. Bytes that were written are never
written again: that is what lets a snapshot be a table of offsets.
"""

from __future__ import annotations

import logging
import mmap
import os
import secrets
import sys
import tempfile
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

from rlm_core.private_files import open_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

# Windows writes the zeros of the hole, and they take room on the disk.
SHARD_BYTES = (32 if sys.platform == "win32" else 256) * 1024 * 1024

# Windows alone has these: bytes as they are, and a file that goes when it is closed.
_BINARY = getattr(os, "O_BINARY", 0)
_TEMPORARY = getattr(os, "O_TEMPORARY", 0)


class Span(NamedTuple):
    """Where a blob lies: shard number, byte offset and byte length."""

    shard: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Shard:
    """One mapped file.

    Attributes:
        name: file name in the arena's folder; empty for a nameless temporary file.
        size: capacity in bytes.
        mapped: the whole file, read-only.
        descriptor: read-only on purpose. A mapping of a writable descriptor could be made writable
            again with mprotect(2), and workers get to map these.
        writer: the writable descriptor; None for a shard that another process owns.
    """

    name: str
    size: int
    mapped: mmap.mmap
    descriptor: int
    writer: int | None


class Arena:
    """Append-only storage of UTF-8 blobs; safe to append to and read from several threads.

    Its files stay open as long as the arena is referenced, and every snapshot refers to its arena.

    Args:
        folder: where shards are kept, as long as there is room; None for temporary files that end with the
            process.
        shard_bytes: capacity of one shard. A larger blob gets a shard of its own.
    """

    def __init__(self, folder: Path | None = None, shard_bytes: int = SHARD_BYTES) -> None:
        self.folder = folder
        self._shard_bytes = shard_bytes
        self._shards: list[Shard] = []
        self._end = 0
        self._capacity = 0
        self._lock = threading.Lock()
        self.used = 0
        self._close = weakref.finalize(self, _close, self._shards)

    @classmethod
    def reopen(
        cls,
        folder: Path,
        names: Sequence[str],
        *,
        end: int,
        used: int,
        owner: bool,
        shard_bytes: int = SHARD_BYTES,
    ) -> Self:
        """An arena over shards that were written before.

        Args:
            folder: where the shards are.
            names: their file names, by shard number.
            end: first free byte of the last one.
            used: bytes in all of them together.
            owner: append to the last shard and keep new ones in the folder. Another process may own
                them; then new text goes into temporary files.
            shard_bytes: capacity of a new shard.

        Raises:
            OSError: a shard is missing.
        """
        arena = cls(folder if owner else None, shard_bytes)
        if owner:
            arena.adopt(names, end=end, used=used)
        else:
            arena._shards.extend(_open_shard(folder, name, owner=False) for name in names)
            arena.used = used
        return arena

    def adopt(self, names: Sequence[str], *, end: int, used: int) -> int:
        """Takes over shards in the arena's folder that another arena has written; it must not go on.

        Args:
            names: their file names.
            end: first free byte of the last one; this arena goes on there.
            used: bytes in all of them together.

        Returns:
            The number that the first of them has here.

        Raises:
            OSError: a shard is missing.
        """
        assert self.folder is not None, "temporary shards have no names to be adopted by"  # noqa: S101 - callers' duty
        with self._lock:
            first = len(self._shards)
            for name in names:
                self._shards.append(_open_shard(self.folder, name, owner=True))
            if names:
                self._end, self._capacity = end, self._shards[-1].size
            self.used += used
            return first

    def append(self, blob: bytes) -> Span:
        """Stores a blob and says where it lies.

        Where the folder has no room, this blob and all later ones go into temporary files.

        Raises:
            OSError: there is no room for those either; names their folder.
        """
        with self._lock:
            if self.folder is not None:
                try:
                    return self._append(blob)
                except OSError as error:
                    log.warning(
                        "New text is not kept in %s, but in temporary files: %s", self.folder, error.strerror
                    )
                    self.folder, self._end, self._capacity = None, 0, 0
            try:
                return self._append(blob)
            except OSError as error:
                raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from error

    def _append(self, blob: bytes) -> Span:
        if self._end + len(blob) > self._capacity or not self._shards:
            self._add_shard(max(self._shard_bytes, len(blob)))
        span = Span(len(self._shards) - 1, self._end, len(blob))
        writer = self._shards[-1].writer
        assert writer is not None, "only shards of our own are appended to"  # noqa: S101 - invariant
        os.lseek(writer, span.offset, os.SEEK_SET)  # not pwrite(2), which Windows lacks
        _write_all(writer, blob)
        self._end += len(blob)
        self.used += len(blob)
        return span

    def _add_shard(self, size: int) -> None:
        if self.folder is None:
            shard = _temporary_shard(size)
        else:
            name = f"{secrets.token_hex(8)}.shard"
            descriptor = open_private(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            try:
                os.ftruncate(descriptor, size)
            finally:
                os.close(descriptor)
            shard = _open_shard(self.folder, name, owner=True)
        self._shards.append(shard)
        self._end, self._capacity = 0, size

    @property
    def maps(self) -> list[mmap.mmap]:
        """The shards as read-only mappings, by shard number."""
        return [shard.mapped for shard in self._shards]

    @property
    def descriptors(self) -> list[int]:
        """The shards' read-only file descriptors, by shard number; they stay the arena's to close."""
        return [shard.descriptor for shard in self._shards]

    @property
    def names(self) -> list[str]:
        """The shards' file names, by shard number; empty for temporary ones."""
        return [shard.name for shard in self._shards]

    @property
    def end(self) -> int:
        """First free byte of the last shard."""
        return self._end

    def close(self) -> None:
        """Gives the files back now. Snapshots of this arena cannot hand them to workers afterwards."""
        self._close()


def _open_shard(folder: Path, name: str, *, owner: bool) -> Shard:
    descriptor = open_private(folder / name, os.O_RDONLY)
    writer = open_private(folder / name, os.O_RDWR) if owner else None
    return _mapped(name, descriptor, writer)


def _temporary_shard(size: int) -> Shard:
    with tempfile.NamedTemporaryFile(prefix="rlm-arena-") as file:
        os.ftruncate(file.fileno(), size)
        # Windows lets a file that goes when it is closed be opened again as one of that kind only.
        descriptor = os.open(file.name, os.O_RDONLY | _BINARY | _TEMPORARY)
        return _mapped("", descriptor, os.dup(file.fileno()))


def _mapped(name: str, descriptor: int, writer: int | None) -> Shard:
    size = os.fstat(descriptor).st_size
    return Shard(name, size, mmap.mmap(descriptor, size, access=mmap.ACCESS_READ), descriptor, writer)


def _close(shards: list[Shard]) -> None:
    # The mappings end with their last reference: a snapshot may still be read.
    for shard in shards:
        os.close(shard.descriptor)
        if shard.writer is not None:
            os.close(shard.writer)
    shards.clear()


def _write_all(descriptor: int, blob: bytes) -> None:
    view = memoryview(blob)
    while view:
        view = view[os.write(descriptor, view) :]
