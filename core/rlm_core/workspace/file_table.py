"""Table of what is known of every file, by column: compact in memory, and quick to save, load and compare."""

from __future__ import annotations

import json
import struct
from array import array
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from rlm_core.workspace.arena import Span
from rlm_core.workspace.snapshot import DIGEST_BYTES, Entry

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Container, Iterator, KeysView

_NO_DIGEST = bytes(DIGEST_BYTES)


class FileRecord(NamedTuple):
    """A file as last read.

    Attributes:
        stamp: `st_mtime_ns`, `st_ctime_ns`, `st_size` and `st_ino`: equal means unchanged. The first is 0
            where that does not hold.
        span: where its text lies in the arena.
        digest: of its text.
        reason: why it has no text in the context; empty when it has.
        masked: `MaskedText.counts` of its text.
    """

    stamp: tuple[int, int, int, int]
    span: Span
    digest: bytes = _NO_DIGEST
    reason: str = ""
    masked: tuple[tuple[str, int], ...] = ()

    @property
    def is_young(self) -> bool:
        """Whether it had just changed: it may change again without its times showing it."""
        return self.stamp[0] == 0 != self.stamp[1]


class FileTable:
    """Path → `FileRecord`, as a dictionary of row numbers over arrays.

    A start with 80,000 unchanged files compares stamps and builds a snapshot's columns; with an object
    for each file that took three times as long and six times the memory.
    """

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._numbers = [array("Q") for _ in range(7)]  # the stamp's four, the span's three
        self._digests = bytearray()
        self._sorted = 0  # so many rows at the start are a snapshot's columns as they stand, if not 0
        self.reasons: dict[str, str] = {}
        self.masked: dict[str, tuple[tuple[str, int], ...]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __contains__(self, path: object) -> bool:
        return path in self._rows

    def paths(self) -> KeysView[str]:
        """All paths, as a set that follows the table."""
        return self._rows.keys()

    def get(self, path: str) -> FileRecord | None:
        """What is known of a file."""
        row = self._rows.get(path)
        if row is None:
            return None
        mtime, ctime, size, inode, *span = (column[row] for column in self._numbers)
        digest = bytes(self._digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES])
        reason, masked = self.reasons.get(path, ""), self.masked.get(path, ())
        return FileRecord((mtime, ctime, size, inode), Span(*span), digest, reason, masked)

    def differing(self, look: Callable[[str], os.stat_result]) -> Iterator[str]:
        """The files whose stat is not what it was when they were read, or cannot be had.

        Args:
            look: tells a path's stat now, or raises `OSError`.
        """
        for path, row in self._rows.items():
            try:
                if self._differs(row, look(path)):
                    yield path
            except OSError:
                yield path

    def with_inodes(self, wanted: Container[int]) -> set[str]:
        """The files that had one of some inodes when they were read."""
        inodes = self._numbers[3]
        return {path for path, row in self._rows.items() if inodes[row] in wanted}

    def _differs(self, row: int, status: os.stat_result) -> bool:
        mtimes, ctimes, sizes, inodes, *_ = self._numbers
        return (
            mtimes[row] != status.st_mtime_ns
            or ctimes[row] != status.st_ctime_ns
            or sizes[row] != status.st_size
            or inodes[row] != status.st_ino
        )

    def put(self, path: str, known: FileRecord) -> None:
        """Replaces or adds a file."""
        row = self._rows.get(path)
        if row is None:
            self._rows[path] = len(self._numbers[0])
            for column, value in zip(self._numbers, (*known.stamp, *known.span), strict=True):
                column.append(value)
            self._digests += known.digest
            self._sorted = 0
        else:
            for column, value in zip(self._numbers, (*known.stamp, *known.span), strict=True):
                column[row] = value
            self._digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] = known.digest
            if known.reason or path in self.reasons:
                self._sorted = 0
        self.reasons.pop(path, None)
        self.masked.pop(path, None)
        if known.reason:
            self.reasons[path] = known.reason
        if known.masked:
            self.masked[path] = known.masked

    def remove(self, path: str) -> None:
        """Forgets a file; its row stays empty until the table is saved and loaded."""
        if self._rows.pop(path, None) is not None:
            self.reasons.pop(path, None)
            self.masked.pop(path, None)
            self._sorted = 0

    def merge(self, other: FileTable, first_shard: int) -> None:
        """Takes in another table's files; its first shard has this number here."""
        start = len(self._numbers[0])
        self._rows.update((path, start + row) for path, row in other._rows.items())
        *same, shards, offsets, lengths = other._numbers
        shifted = array("Q", [shard + first_shard for shard in shards])
        for column, more in zip(self._numbers, (*same, shifted, offsets, lengths), strict=True):
            column.extend(more)
        self._digests += other._digests
        for path in other._rows:
            self.reasons.pop(path, None)
            self.masked.pop(path, None)
        self.reasons.update(other.reasons)
        self.masked.update(other.masked)
        self._sorted = 0

    def entry(self, path: str) -> Entry | None:
        """The row of a snapshot that this file is; None for one that is unknown or has no text."""
        known = self.get(path)
        return None if known is None or known.reason else Entry(path, *known.span, known.digest)

    def columns(self) -> tuple[list[str], array[int], array[int], array[int], bytes]:
        """A snapshot's columns: the files with text, sorted by path."""
        shards, offsets, lengths = self._numbers[4:]
        if count := self._sorted:
            paths = list(islice(self._rows, count))
            digests = bytes(self._digests[: count * DIGEST_BYTES])
            return paths, array("H", shards[:count]), offsets[:count], lengths[:count], digests
        paths = self._with_text()
        rows = [self._rows[path] for path in paths]
        return (
            paths,
            array("H", [shards[row] for row in rows]),
            array("Q", [offsets[row] for row in rows]),
            array("Q", [lengths[row] for row in rows]),
            self._joined_digests(rows),
        )

    def _with_text(self) -> list[str]:
        return sorted(self._rows.keys() - self.reasons.keys()) if self.reasons else sorted(self._rows)

    def _joined_digests(self, rows: list[int]) -> bytes:
        digests = bytes(self._digests)
        return b"".join([digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] for row in rows])

    def dump(self) -> bytes:
        """The table as bytes, for `load`: first the files with text, sorted by path."""
        with_text = self._with_text()
        paths = [*with_text, *self.reasons]
        rows = [self._rows[path] for path in paths]
        columns = [array("Q", [column[row] for row in rows]).tobytes() for column in self._numbers]
        about = {"sorted": len(with_text), "reasons": list(self.reasons.values()), "masked": self.masked}
        head = json.dumps(about).encode()
        names = "\0".join(paths).encode("utf-8", "surrogateescape")
        sizes = struct.pack("<3Q", len(head), len(names), len(rows))
        return b"".join([sizes, head, names, *columns, self._joined_digests(rows)])

    @classmethod
    def load(cls, raw: bytes) -> FileTable:
        """Reads what `dump` wrote; raises `ValueError`, `KeyError` or `struct.error` for anything else."""
        head_size, names_size, count = struct.unpack_from("<3Q", raw)
        start = struct.calcsize("<3Q")
        head: dict[str, Any] = json.loads(raw[start : start + head_size])
        start += head_size
        names = raw[start : start + names_size].decode("utf-8", "surrogateescape")
        start += names_size
        paths = names.split("\0") if count else []
        table = cls()
        table._rows = {path: row for row, path in enumerate(paths)}
        table._sorted = head["sorted"]
        table.reasons = dict(zip(paths[table._sorted :], head["reasons"], strict=True))
        table.masked = {
            path: tuple((str(kind), int(count)) for kind, count in counts)
            for path, counts in head["masked"].items()
        }
        for column in table._numbers:
            column.frombytes(raw[start : start + 8 * count])
            start += 8 * count
        table._digests = bytearray(raw[start:])
        if not len(table._rows) == len(table._numbers[-1]) == len(table._digests) / DIGEST_BYTES == count:
            raise ValueError("columns of different length")
        return table
