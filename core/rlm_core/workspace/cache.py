"""A workspace's arena and table on disk, so that the next start reads only what has changed.

One folder for each set of roots, mode 0700, files 0600:

    lock          flock(2)ed by the one process that may write
    index         checksum, then the table: path, stat, span, digest or reason of every file
    *.shard       the arena; those that the index does not name are left over and get deleted

Other processes on the same workspace read index and shards once, map the same pages and keep what
changes later to themselves. The index is written beside itself and renamed, after the text it names;
a killed writer therefore leaves an old index over shards with an unused tail. A crashed *machine* may
lose text that was written: an index from before the last boot is believed only after every digest has
been checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import struct
import time
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlm_core.workspace.arena import Arena
from rlm_core.workspace.reader import Known, digest_of
from rlm_core.workspace.snapshot import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FORMAT = b"rlm-index 1\n"
_NUMBERS = ("mtime_ns", "ctime_ns", "size", "inode", "shard", "offset", "length")


class Cache:
    """The folder of one workspace.

    Args:
        base: the folder of all workspaces.
        roots: the workspace.
        max_bytes: what all workspaces together may take; least recently used ones are deleted first.

    Raises:
        OSError: the folder cannot be made or used.
    """

    def __init__(self, base: Path, roots: Sequence[Path], max_bytes: int) -> None:
        key = "\0".join(str(root) for root in roots)
        self.folder = (
            base / hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._index = self.folder / "index"
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.owner = _locked(self._lock)
        os.utime(self.folder)
        if self.owner:
            _evict(base, self.folder, max_bytes)

    def load(self) -> tuple[Arena, dict[str, Known]]:
        """The arena and what is known of each file; both empty when there is nothing to trust."""
        for _ in range(2):  # the owner may replace the index while another process reads the shards
            try:
                return self._load()
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, struct.error):
                break
        arena = Arena(self.folder if self.owner else None)
        self._sweep(arena)
        return arena, {}

    def _load(self) -> tuple[Arena, dict[str, Known]]:
        raw = self._index.read_bytes()
        start = len(_FORMAT) + DIGEST_BYTES
        if not raw.startswith(_FORMAT) or digest_of(raw[start:]) != raw[len(_FORMAT) : start]:
            raise ValueError("not an index of this version, or torn")
        size = struct.unpack_from("<Q", raw, start)[0]
        start += 8
        head = json.loads(raw[start : start + size])
        arena = Arena.reopen(
            self.folder, head["shards"], end=head["end"], used=head["used"], owner=self.owner
        )
        if [shard.size() for shard in arena.maps] != head["sizes"]:
            raise ValueError("a shard is not as long as it was")
        known = _columns_to_known(raw[start + size :], head)
        if head["boot"] != _boot():
            _check(arena, known)
        self._sweep(arena)
        return arena, known

    def save(self, arena: Arena, known: Mapping[str, Known]) -> None:
        """Writes the index, if this process is the owner; raises `OSError` when the disk is full."""
        if not self.owner or (arena.names and not all(arena.names)):
            return
        columns, reasons = _known_to_columns(known)
        head = json.dumps(
            {
                "shards": arena.names,
                "sizes": [mapped.size() for mapped in arena.maps],
                "end": arena.end,
                "used": arena.used,
                "boot": _boot(),
                "count": len(known),
                "reasons": reasons,
            }
        ).encode()
        body = struct.pack("<Q", len(head)) + head + columns
        temporary = self.folder / f"{secrets.token_hex(8)}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_FORMAT + digest_of(body) + body)
        temporary.replace(self._index)
        self._sweep(arena)

    def close(self) -> None:
        """Lets another process become the owner."""
        os.close(self._lock)

    def _sweep(self, arena: Arena) -> None:
        """Deletes what a killed owner or a replaced arena has left; open mappings of it stay readable."""
        if self.owner:
            keep = {*arena.names, "index", "lock"}
            for file in self.folder.iterdir():
                if file.name not in keep:
                    file.unlink(missing_ok=True)


def _known_to_columns(known: Mapping[str, Known]) -> tuple[bytes, dict[str, str]]:
    paths = "\0".join(known).encode()
    parts = [struct.pack("<Q", len(paths)), paths]
    rows = zip(*known.values(), strict=True)
    parts.extend(array("Q", column).tobytes() for column, _ in zip(rows, _NUMBERS, strict=False))
    parts.append(b"".join(file.digest or bytes(DIGEST_BYTES) for file in known.values()))
    return b"".join(parts), {path: file.reason for path, file in known.items() if file.reason}


def _columns_to_known(raw: bytes, head: Mapping[str, Any]) -> dict[str, Known]:
    count, reasons = head["count"], head["reasons"]
    if not count:
        return {}
    size = struct.unpack_from("<Q", raw)[0]
    paths = raw[8 : 8 + size].decode().split("\0")
    start = 8 + size
    columns: list[array[int]] = []
    for _ in _NUMBERS:
        column = array("Q")
        column.frombytes(raw[start : start + 8 * count])
        columns.append(column)
        start += 8 * count
    if len(raw) - start != DIGEST_BYTES * count:
        raise ValueError("columns of different length")
    digests = (raw[at : at + DIGEST_BYTES] for at in range(start, len(raw), DIGEST_BYTES))
    return {
        path: Known._make((*numbers, digest, reasons.get(path, "")))
        for path, digest, numbers in zip(paths, digests, zip(*columns, strict=True), strict=True)
    }


def _check(arena: Arena, known: Mapping[str, Known]) -> None:
    maps = arena.maps
    for file in known.values():
        text = maps[file.shard][file.offset : file.offset + file.length]
        if not file.reason and digest_of(text) != file.digest:
            raise ValueError("text was lost since it was written")


def _locked(descriptor: int) -> bool:
    """Takes the lock if nobody has it. Without flock (Windows) nobody writes."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _boot() -> str:
    """Names this run of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return f"{(time.time() - time.monotonic()) // 60:.0f}"


def _evict(base: Path, current: Path, max_bytes: int) -> None:
    """Deletes workspaces that were not used for longest until the rest fits; never one in use."""
    folders = sorted((folder for folder in base.iterdir() if folder.is_dir()), key=_last_used, reverse=True)
    total = 0
    for folder in folders:
        total += sum(file.stat().st_blocks * 512 for file in folder.iterdir())
        if total > max_bytes and folder != current:
            with contextlib.suppress(OSError):
                descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
                if _locked(descriptor):
                    shutil.rmtree(folder)
                os.close(descriptor)


def _last_used(folder: Path) -> float:
    return folder.stat().st_mtime
