r"""Search engine: the files in which a pattern occurs, found by searching the mapped shards themselves.

A search over a few long regions is many times faster than one per file, so neighbours in a shard are
searched as one. Two things could make such a search lie, and files with either are searched on their
own copy: RE2 knows only `\n` as a line end, and a file whose neighbour does not end with a line end
would be read as its continuation.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.parallel import parallel_map
from rlm_core.workspace.line_endings import unix_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rlm_core.context.coverage import CoverageRecord
    from rlm_core.context.search.patterns import Pattern
    from rlm_core.workspace.snapshot import Snapshot

_NEWLINE = 10
# Bytes that are searched as one piece of work: each twice as many as the last, up to a most.
_FIRST_BATCH_BYTES, _MAX_BATCH_BYTES = 1 << 18, 1 << 25
# How many are searched before there are threads.
_SERIAL_BATCHES = 4


class _Region(NamedTuple):
    """Rows `first` to `last`, whose texts are contiguous in one shard; or one row that needs a copy."""

    first: int
    last: int
    needs_copy: bool


class SearchEngine:
    """Searches the texts of one snapshot; what it learns about their layout is kept.

    Args:
        snapshot: what is searched.
        seen: where it notes which files it has searched.
    """

    def __init__(self, snapshot: Snapshot, seen: CoverageRecord) -> None:
        self._snapshot = snapshot
        self._seen = seen

    def source(self, row: int) -> bytes:
        r"""Returns the UTF-8 text of a row with `\n` line ends, the last line ended too."""
        data = unix_lines(self._snapshot.data(row))
        return data if data.endswith(b"\n") or not data else data + b"\n"

    def first_line(self, row: int) -> str:
        """Returns the beginning of a row's text, as far as a `#!` line goes."""
        snapshot = self._snapshot
        start = snapshot.offsets[row]
        head = snapshot.maps[snapshot.shards[row]][start : start + min(snapshot.lengths[row], 200)]
        return head.partition(b"\n")[0].decode("utf-8", "ignore")

    def rows_with(self, pattern: Pattern, rows: Sequence[int] | None = None) -> Iterator[int]:
        """Yields the rows in which a pattern matches, in their order.

        Args:
            pattern: what to search; compiled so that it does not match across lines.
            rows: where to search, ascending, each once; None for all.
        """
        return self.rows_with_any([pattern], rows)

    def rows_with_any(
        self, patterns: Sequence[Pattern], rows: Sequence[int] | None, confirming: Pattern | None = None
    ) -> Iterator[int]:
        """Yields the rows in which one of some patterns matches.

        For literals this is many times faster than one pattern with alternatives.

        Args:
            patterns: compiled so that they do not match across lines.
            rows: where to search, as for `rows_with`.
            confirming: must match in the row too; may go over lines.
        """

        def search(batch: Sequence[_Region]) -> list[int]:
            for region in batch:
                self._seen.searched(region.first, region.last)
            matching = {
                row for region in batch for pattern in patterns for row in self._in_region(pattern, region)
            }
            return (
                sorted(matching) if confirming is None else list(self.verified(confirming, sorted(matching)))
            )

        batches = self._batches(self._regions_of(rows))
        # Where little is wanted these have it, and no thread is started.
        for batch in islice(batches, _SERIAL_BATCHES):
            yield from search(batch)
        for found in parallel_map(search, batches):
            yield from found

    def verified(self, pattern: Pattern, rows: Iterable[int]) -> Iterator[int]:
        """Yields those of some rows in which a pattern matches."""
        for row in rows:
            yield from self._in_region(pattern, _Region(row, row, bool(self._needs_copy[row])))

    def verified_by_line(self, word: Pattern, line: Pattern, rows: Iterable[int]) -> Iterator[int]:
        """Yields those of some rows in which a line with a word matches an expression for lines.

        Most rows have a word a few times in many lines, so this is faster than `verified` for an
        expression that no plain text starts.

        Args:
            word: occurs in every line that matches.
            line: compiled so that it does not match across lines.
            rows: which of them to look at.
        """
        snapshot = self._snapshot
        for row in rows:
            if self._needs_copy[row]:
                yield from self.verified(line, [row])
                continue
            shard, first = snapshot.maps[snapshot.shards[row]], snapshot.offsets[row]
            at, end = first, first + snapshot.lengths[row]
            while at < end and (match := word.search(shard, at, end)) is not None:
                start = shard.rfind(b"\n", first, match.start()) + 1 or first
                at = shard.find(b"\n", match.start(), end) + 1
                if line.search(shard, start, at) is not None:
                    yield row
                    break

    def _in_region(self, pattern: Pattern, region: _Region) -> Iterator[int]:
        snapshot, (first, last, needs_copy) = self._snapshot, region
        if needs_copy:
            source = self.source(first)
            match = pattern.search(source, 0, len(source))
            if match is not None and match.start() < len(source):
                yield first
            return
        shard, offsets = snapshot.maps[snapshot.shards[first]], snapshot.offsets
        at, end = offsets[first], offsets[last] + snapshot.lengths[last]
        while at < end:
            match = pattern.search(shard, at, end)
            # An empty match behind the last line is in no line.
            if match is None or (start := match.start()) >= end:
                return
            row = bisect_right(offsets, start, first, last + 1) - 1
            yield row
            at = offsets[row] + snapshot.lengths[row]

    @cached_property
    def _needs_copy(self) -> bytearray:
        """1 for each row that cannot be searched in place."""
        snapshot = self._snapshot
        needs_copy = bytearray(len(snapshot))
        columns = zip(snapshot.shards, snapshot.offsets, snapshot.lengths, strict=True)
        for row, (number, offset, length) in enumerate(columns):
            shard = snapshot.maps[number]
            end = offset + length
            needs_copy[row] = not (
                length
                and shard[end - 1] == _NEWLINE
                and (offset == 0 or shard[offset - 1] == _NEWLINE)
                and shard.find(b"\r", offset, end) < 0
            )
        return needs_copy

    @cached_property
    def _all_regions(self) -> list[_Region]:
        return list(self._regions(range(len(self._snapshot))))

    def _regions_of(self, rows: Sequence[int] | None) -> Iterable[_Region]:
        if rows is None or len(rows) == len(self._snapshot):
            return self._all_regions
        return self._regions(rows)

    def _regions(self, rows: Sequence[int]) -> Iterator[_Region]:
        """Groups rows that lie next to each other both in the table and in a shard."""
        shards, offsets, lengths = self._snapshot.shards, self._snapshot.offsets, self._snapshot.lengths
        needs_copy = self._needs_copy
        first = last = -1
        for row in rows:
            if not lengths[row]:
                continue
            if (
                first >= 0
                and row == last + 1
                and not needs_copy[row]
                and not needs_copy[first]
                and shards[row] == shards[last]
                and offsets[row] == offsets[last] + lengths[last]
            ):
                last = row
                continue
            if first >= 0:
                yield _Region(first, last, bool(needs_copy[first]))
            first = last = row
        if first >= 0:
            yield _Region(first, last, bool(needs_copy[first]))

    def _batches(self, regions: Iterable[_Region]) -> Iterator[list[_Region]]:
        """Cuts and joins regions to pieces of work, small ones first."""
        offsets, lengths = self._snapshot.offsets, self._snapshot.lengths
        size = room = _FIRST_BATCH_BYTES
        batch: list[_Region] = []
        for region in regions:
            first, behind = region.first, region.last + 1
            while first < behind:
                last = bisect_right(offsets, offsets[first] + room, first, behind) - 1
                batch.append(_Region(first, last, region.needs_copy))
                room -= offsets[last] + lengths[last] - offsets[first]
                first = last + 1
                if room <= 0:
                    yield batch
                    size = room = min(2 * size, _MAX_BATCH_BYTES)
                    batch = []
        if batch:
            yield batch
