"""Snapshots of texts that are written in a test."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rlm_core.workspace.arena import Arena
from rlm_core.workspace.snapshot import Entry, Skipped, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def snapshot_of(
    texts: Mapping[str, str | bytes], skipped: Sequence[Skipped] = (), shard_bytes: int = 1 << 20
) -> Snapshot:
    """A snapshot of path → text, in an arena of its own; the texts lie there in the given order."""
    arena = Arena(shard_bytes=shard_bytes)
    entries: list[Entry] = []
    for path, text in texts.items():
        blob = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        digest = hashlib.blake2b(blob, digest_size=16).digest()
        entries.append(Entry(path, *arena.append(blob), digest))
    return Snapshot.of(entries, arena.maps, skipped, arena)
