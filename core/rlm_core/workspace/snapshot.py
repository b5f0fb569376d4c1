"""Snapshot: a frozen view of the workspace, an immutable table over the arena."""

from __future__ import annotations

import hashlib
import json
import struct
from array import array
from bisect import bisect_left
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.errors import QueryError
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rlm_core.workspace.arena import Arena
    from rlm_core.workspace.history import History

DIGEST_BYTES = 16


class Entry(NamedTuple):
    """One file of a snapshot.

    Attributes:
        path: POSIX path relative to the root (with several roots: the root's name first).
        shard: number of the arena shard that holds its text.
        offset: first byte in the shard.
        length: UTF-8 length in bytes.
        digest: SHA-256 of the text, cut to `DIGEST_BYTES`.
    """

    path: str
    shard: int
    offset: int
    length: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that exists but is not part of the context, and why (`binary`, `secret`, `too large` …)."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Masked:
    """Secrets of one kind that are masked in the text of a file."""

    path: str
    kind: str
    count: int


class Snapshot:
    """Every file of the workspace at one instant: path → text.

    Immutable. The columns are parallel and sorted by path, so that a snapshot of 80,000 files is a
    few megabytes, is handed to a worker as one block of bytes, and is searched by bisection.

    Attributes:
        paths: all paths, sorted by code point.
        shards: shard number of each path.
        offsets: byte offset of each path's text in its shard.
        lengths: byte length of each path's text.
        digests: `DIGEST_BYTES` bytes for each path, joined.
        skipped: what was left out, and why.
        masked: what is masked in the texts.
        maps: the shards, mapped.
        arena: what keeps the shards open, where the snapshot was taken; None inside a worker.
        revision: id of the git commit whose files these are; empty for those of the workspace as it was then.
        history: what the workspace said before; None inside a worker, and where nobody asks.
    """

    def __init__(
        self,
        paths: Sequence[str],
        shards: array[int],
        offsets: array[int],
        lengths: array[int],
        digests: bytes,
        skipped: Sequence[Skipped],
        maps: Sequence[mmap.mmap | bytes],
        arena: Arena | None = None,
        masked: Sequence[Masked] = (),
    ) -> None:
        self.paths = paths
        self.shards = shards
        self.offsets = offsets
        self.lengths = lengths
        self.digests = digests
        self.skipped = skipped
        self.maps = maps
        self.arena = arena
        self.masked = masked
        self.revision = ""
        self.history: History | None = None

    @classmethod
    def of(
        cls,
        entries: Iterable[Entry],
        maps: Sequence[mmap.mmap | bytes],
        skipped: Sequence[Skipped] = (),
        arena: Arena | None = None,
    ) -> Snapshot:
        """Builds a snapshot from entries in any order."""
        rows = sorted(entries)
        return cls(
            [row.path for row in rows],
            array("H", (row.shard for row in rows)),
            array("Q", (row.offset for row in rows)),
            array("Q", (row.length for row in rows)),
            b"".join(row.digest for row in rows),
            tuple(skipped),
            maps,
            arena,
        )

    def patched(
        self,
        changes: Mapping[str, Entry | None],
        skipped: Sequence[Skipped],
        arena: Arena,
        masked: Sequence[Masked],
    ) -> Snapshot:
        """This snapshot with some rows replaced, added or (None) removed: copies columns, reads nothing."""
        paths, digests = list(self.paths), bytearray(self.digests)
        shards, offsets, lengths = self.shards[:], self.offsets[:], self.lengths[:]
        for path, entry in changes.items():
            row = bisect_left(paths, path)
            known = row < len(paths) and paths[row] == path
            cells = slice(row, row + known)
            bytes_of = slice(row * DIGEST_BYTES, (row + known) * DIGEST_BYTES)
            new = [] if entry is None else [entry]
            paths[cells] = [path for _ in new]
            shards[cells] = array("H", (entry.shard for entry in new))
            offsets[cells] = array("Q", (entry.offset for entry in new))
            lengths[cells] = array("Q", (entry.length for entry in new))
            digests[bytes_of] = b"".join(entry.digest for entry in new)
        return Snapshot(
            paths, shards, offsets, lengths, bytes(digests), tuple(skipped), arena.maps, arena, masked
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._find(path) is not None

    def index(self, path: str) -> int:
        """The row of a path.

        Raises:
            QueryError: the path is not part of the snapshot.
        """
        row = self._find(path)
        if row is None:
            raise QueryError(f"No file {path!r} in the workspace.")
        return row

    def _find(self, path: str) -> int | None:
        row = bisect_left(self.paths, path)
        return row if row < len(self.paths) and self.paths[row] == path else None

    def entry(self, path: str) -> Entry:
        """The table's row for a path; raises `QueryError` for an unknown one."""
        row = self.index(path)
        return Entry(path, self.shards[row], self.offsets[row], self.lengths[row], self.digest(row))

    def digest(self, row: int) -> bytes:
        """The digest of the text in that row (`Entry.digest`)."""
        return self.digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES]

    def data(self, row: int) -> bytes:
        """The UTF-8 bytes of the text in that row (a copy)."""
        start = self.offsets[row]
        return bytes(self.maps[self.shards[row]][start : start + self.lengths[row]])

    def text(self, path: str) -> str:
        """The text of a file; raises `QueryError` for an unknown path."""
        return self.data(self.index(path)).decode()

    def line_count(self, row: int) -> int:
        """How many lines the text in that row has."""
        return len(split_lines(self.data(row).decode()))

    @cached_property
    def id(self) -> str:
        """Twelve hex digits that name this content: same paths and texts, same id."""
        digest = hashlib.blake2b("\0".join(self.paths).encode("utf-8", "surrogateescape"), digest_size=6)
        digest.update(self.digests)
        return digest.hexdigest()

    @cached_property
    def total_bytes(self) -> int:
        """UTF-8 bytes of all texts together."""
        return sum(self.lengths)

    def restricted(self, rows: Iterable[int]) -> Snapshot:
        """The same instant with only these rows (ascending)."""
        kept = list(rows)
        snapshot = Snapshot(
            [self.paths[row] for row in kept],
            array("H", (self.shards[row] for row in kept)),
            array("Q", (self.offsets[row] for row in kept)),
            array("Q", (self.lengths[row] for row in kept)),
            b"".join(self.digest(row) for row in kept),
            self.skipped,
            self.maps,
            self.arena,
        )
        snapshot.masked = tuple(item for item in self.masked if item.path in snapshot)
        snapshot.history, snapshot.revision = self.history, self.revision
        return snapshot

    def dump(self) -> bytes:
        """The table as bytes, without the texts; `load` reads it next to the same shards."""
        paths = "\0".join(self.paths).encode("utf-8", "surrogateescape")
        skipped = json.dumps([asdict(item) for item in self.skipped]).encode()
        columns = [paths, self.shards.tobytes(), self.offsets.tobytes(), self.lengths.tobytes()]
        masked = json.dumps([asdict(item) for item in self.masked]).encode()
        parts = [*columns, self.digests, skipped, masked, self.revision.encode()]
        return struct.pack("<9Q", len(self.paths), *map(len, parts)) + b"".join(parts)

    @classmethod
    def load(cls, table: bytes | mmap.mmap, maps: Sequence[mmap.mmap | bytes]) -> Snapshot:
        """Reads what `dump` wrote (by this program on this machine: native byte order)."""
        count, *sizes = struct.unpack_from("<9Q", table)
        view = memoryview(table)
        parts: list[memoryview] = []
        start = struct.calcsize("<9Q")
        for size in sizes:
            parts.append(view[start : start + size])
            start += size
        paths = str(parts[0], "utf-8", "surrogateescape").split("\0") if count else []
        shards, offsets, lengths = array("H"), array("Q"), array("Q")
        for column, part in zip((shards, offsets, lengths), parts[1:4], strict=True):
            column.frombytes(part)
        skipped = tuple(Skipped(**item) for item in json.loads(bytes(parts[5])))
        masked = tuple(Masked(**item) for item in json.loads(bytes(parts[6])))
        snapshot = cls(paths, shards, offsets, lengths, bytes(parts[4]), skipped, maps, masked=masked)
        snapshot.revision = str(parts[7], "ascii")
        return snapshot
