"""One file on disk: what does it say, or why does it say nothing?"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING

from rlm_core.workspace.arena import Span
from rlm_core.workspace.snapshot import DIGEST_BYTES
from rlm_core.workspace.table import Known
from rlm_core.workspace.text import NotTextError, to_utf8

if TYPE_CHECKING:
    from rlm_core.workspace.arena import Arena

# No O_NOFOLLOW on Windows; there the lstat before it is all there is.
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

# A file that changed this recently may change again without its times showing it: file systems stamp
# with the kernel's coarse clock (git calls such entries racy, gitformat-index(5)).
_RACY_NS = 20_000_000


_NOWHERE = Span(0, 0, 0)


def read(file: str, status: os.stat_result, known: Known | None, arena: Arena, max_bytes: int) -> Known:
    """The file as it is now; its text goes into the arena unless `known` has it there.

    Raises:
        OSError: the arena has no room. (An unreadable file is `Known` with that reason.)
    """
    times = (status.st_mtime_ns, status.st_ctime_ns)
    racy = time.time_ns() - max(times) < _RACY_NS
    stamp = (0 if racy else times[0], times[1], status.st_size, status.st_ino)
    try:
        blob = text_of(file, status, max_bytes)
    except NotTextError as reason:
        return Known(stamp, _NOWHERE, reason=str(reason))
    digest = digest_of(blob)
    touched = known is not None and not known.reason and known.digest == digest
    return Known(stamp, known.span if known and touched else arena.append(blob), digest)


def digest_of(blob: bytes) -> bytes:
    """BLAKE2b-128."""
    return hashlib.blake2b(blob, digest_size=DIGEST_BYTES).digest()


def text_of(file: str, status: os.stat_result, max_bytes: int) -> bytes:
    """The file's text as UTF-8; raises `NotTextError` with the reason when it has none."""
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
