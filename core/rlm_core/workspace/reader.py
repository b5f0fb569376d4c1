"""One file on disk: has it changed, and what does it say?"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.workspace.arena import Span
from rlm_core.workspace.snapshot import DIGEST_BYTES, Entry
from rlm_core.workspace.text import NotTextError, to_utf8

if TYPE_CHECKING:
    from rlm_core.workspace.arena import Arena

# No O_NOFOLLOW on Windows; there the lstat before it is all there is.
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# A file that changed this recently may change again without its times showing it: file systems stamp
# with the kernel's coarse clock (git calls such entries racy, gitformat-index(5)).
_RACY_NS = 20_000_000


class Known(NamedTuple):
    """A file as last read.

    Attributes:
        mtime_ns: with the next three, what must be equal for the file to count as unchanged.
        ctime_ns: `st_ctime_ns`.
        size: `st_size`.
        inode: `st_ino`.
        shard: with the next two, where its text lies in the arena.
        offset: first byte.
        length: UTF-8 length in bytes.
        digest: BLAKE2b-128 of its text; empty when there is none.
        reason: why it has no text in the context; empty when it has.
    """

    mtime_ns: int
    ctime_ns: int
    size: int
    inode: int
    shard: int
    offset: int
    length: int
    digest: bytes
    reason: str

    def entry(self, path: str) -> Entry | None:
        """The row of the table that this file is, if it has text."""
        return None if self.reason else Entry(path, *self[4:8])


_NOWHERE = Span(0, 0, 0)


def look(file: str, known: Known | None, arena: Arena, max_bytes: int) -> Known | None:
    """The file as it is now: `known` itself when nothing changed, None when it is gone.

    Raises:
        OSError: the arena has no room. (An unreadable file is `Known` with that reason.)
    """
    try:
        status = os.lstat(file)
    except OSError:
        return None
    times = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
    if known is not None and known[:4] == times:
        return known
    if time.time_ns() - max(times[:2]) < _RACY_NS:
        times = (0, *times[1:])
    try:
        blob = _text(file, status, max_bytes)
    except NotTextError as reason:
        return Known(*times, *_NOWHERE, b"", str(reason))
    digest = digest_of(blob)
    if known is not None and known.digest == digest:
        return Known(*times, *known[4:7], digest, "")  # touched, not changed
    return Known(*times, *arena.append(blob), digest, "")


def digest_of(blob: bytes) -> bytes:
    """BLAKE2b-128."""
    return hashlib.blake2b(blob, digest_size=DIGEST_BYTES).digest()


def _text(file: str, status: os.stat_result, max_bytes: int) -> bytes:
    if stat.S_ISLNK(status.st_mode):
        raise NotTextError("symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise NotTextError("not a regular file")
    if status.st_size > max_bytes:
        raise NotTextError(f"larger than {max_bytes // 1024} KB")
    try:
        return to_utf8(_read(file, status.st_size))
    except OSError as error:
        raise NotTextError(f"unreadable: {error.strerror}") from error


def _read(file: str, size: int) -> bytes:
    """The file's first `size` bytes; fewer when it has been cut since."""
    descriptor = os.open(file, _OPEN)
    try:
        pieces: list[bytes] = []
        while size > 0 and (piece := os.read(descriptor, size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)
