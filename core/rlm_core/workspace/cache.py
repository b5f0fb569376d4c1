"""Cache on disk of a workspace's arena and table, so that the next start reads only what has changed.

One folder for each set of roots, mode 0700 as the one that they are in, files 0600:

    lock          locked by the one process that may write
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
import logging
import os
import secrets
import shutil
import stat
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core.private_files import make_private_folder, open_private
from rlm_core.workspace.arena import Arena
from rlm_core.workspace.file_lock import try_lock
from rlm_core.workspace.file_table import FileTable
from rlm_core.workspace.reader import digest_of
from rlm_core.workspace.snapshot import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

_FORMAT = b"rlm-index 3\n"
# The index of more than a million files; what is larger is none.
MAX_INDEX_BYTES = 256 << 20


class Cache:
    """The folder of one workspace.

    Args:
        base: the folder of all workspaces.
        roots: the workspace.
        max_bytes: what all workspaces together may take; least recently used ones are deleted first.

    Raises:
        OSError: the folder cannot be made or used, is a link, or belongs to somebody else.
    """

    def __init__(self, base: Path, roots: Sequence[Path], max_bytes: int) -> None:
        key = "\0".join(str(root) for root in roots)
        self.folder = (
            base / hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        )
        make_private_folder(base)
        make_private_folder(self.folder)
        self._index = self.folder / "index"
        self._lock = open_private(self.folder / "lock", os.O_RDWR | os.O_CREAT)
        self.owner = try_lock(self._lock)
        os.utime(self.folder)
        if self.owner:
            _evict(base, self.folder, max_bytes)

    def load(self, reading: Mapping[str, object]) -> tuple[Arena, FileTable]:
        """The arena and what is known of each file; both empty when there is nothing to trust.

        Args:
            reading: the settings that texts depend on; what was read under others is read again.
        """
        for _ in range(2):  # the owner may replace the index while another process reads the shards
            try:
                return self._load(reading)
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, struct.error) as error:
                log.info("The workspace is read anew: %s", error)
                break
        arena = Arena(self.folder if self.owner else None)
        self._sweep(arena)
        return arena, FileTable()

    def _load(self, reading: Mapping[str, object]) -> tuple[Arena, FileTable]:
        raw = _read_index(self._index)
        start = len(_FORMAT) + DIGEST_BYTES
        if digest_of(raw[start:]) != raw[len(_FORMAT) : start]:
            raise ValueError("the index is torn")
        head, _, table = raw[start:].partition(b"\n")
        about = json.loads(head)
        if about["reading"] != reading:
            raise ValueError("read under other settings")
        arena = Arena.reopen(
            self.folder, about["shards"], end=about["end"], used=about["used"], owner=self.owner
        )
        if [shard.size() for shard in arena.maps] != about["sizes"]:
            raise ValueError("a shard is not as long as it was")
        files = FileTable.load(table)
        if about["boot"] != _boot_id():
            _verify_digests(arena, files)
        self._sweep(arena)
        return arena, files

    def save(self, arena: Arena, files: FileTable, reading: Mapping[str, object]) -> None:
        """Writes the index, if this process is the owner; raises `OSError` when the disk is full."""
        if not self.owner or not all(arena.names):
            return
        about = {
            "shards": arena.names,
            "sizes": [mapped.size() for mapped in arena.maps],
            "end": arena.end,
            "used": arena.used,
            "boot": _boot_id(),
            "reading": reading,
        }
        body = json.dumps(about).encode() + b"\n" + files.dump()
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
        """Deletes the files that a killed owner or a replaced arena has left; folders are not from here.

        Open mappings of it stay readable; Windows refuses to delete what is open, and a later sweep does.
        """
        if self.owner:
            keep = {*arena.names, "index", "lock"}
            for file in self.folder.iterdir():
                if file.name not in keep:
                    with contextlib.suppress(PermissionError, FileNotFoundError, IsADirectoryError):
                        file.unlink()


def _read_index(file: Path) -> bytes:
    with os.fdopen(open_private(file, os.O_RDONLY), "rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        head = opened.read(len(_FORMAT))
        if head != _FORMAT or size > MAX_INDEX_BYTES:
            raise ValueError("not an index of this version, or too large for one")
        return head + opened.read(MAX_INDEX_BYTES)


def _verify_digests(arena: Arena, files: FileTable) -> None:
    maps = arena.maps
    for path in files:
        entry = files.entry(path)
        if entry is not None:
            text = maps[entry.shard][entry.offset : entry.offset + entry.length]
            if digest_of(text) != entry.digest:
                raise ValueError("text was lost since it was written")


def _boot_id() -> str:
    """Names this run of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        if sys.platform == "darwin":  # where Python's own clock stops while the machine sleeps
            up = time.clock_gettime(time.CLOCK_MONOTONIC)
        else:
            up = time.monotonic()
        return f"{(time.time() - up) // 60:.0f}"


def _evict(base: Path, current: Path, max_bytes: int) -> None:
    """Deletes what other versions have left, and what was not used for longest until the rest fits.

    Never what is in use. Text of another version may be unmasked where this one would mask it.
    """
    found = [folder for folder in base.iterdir() if stat.S_ISDIR(folder.lstat().st_mode)]
    total = 0
    for folder in sorted(found, key=_last_used, reverse=True):
        with contextlib.suppress(OSError):  # somebody else's, or deleted while we were looking
            total += sum(_disk_usage(file.lstat()) for file in folder.iterdir())
        if (total > max_bytes or _is_outdated(folder)) and folder != current:
            with contextlib.suppress(OSError):
                descriptor = open_private(folder / "lock", os.O_RDWR)
                if try_lock(descriptor):
                    # Windows keeps what is open, here the lock: an empty folder stays.
                    shutil.rmtree(folder, ignore_errors=True)
                os.close(descriptor)


def _is_outdated(folder: Path) -> bool:
    try:
        with os.fdopen(open_private(folder / "index", os.O_RDONLY), "rb") as file:
            return file.read(len(_FORMAT)) != _FORMAT
    except OSError:
        return False


def _disk_usage(status: os.stat_result) -> int:
    """Bytes on the disk: a sparse file takes less than it is long. Windows has none, and does not tell."""
    if sys.platform == "win32":
        taken = status.st_size
    else:
        taken = status.st_blocks * 512
    return taken


def _last_used(folder: Path) -> float:
    return folder.lstat().st_mtime
