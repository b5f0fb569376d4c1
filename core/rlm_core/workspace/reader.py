"""Reader of one file on disk: what does it say, or why does it say nothing?"""

from __future__ import annotations

import errno
import hashlib
import stat
import time
from typing import TYPE_CHECKING

from rlm_core.workspace.arena import Span
from rlm_core.workspace.decoding import NotTextError, to_utf8
from rlm_core.workspace.file_table import FileRecord
from rlm_core.workspace.generated import why_generated
from rlm_core.workspace.secret_masking import MaskedText
from rlm_core.workspace.snapshot import DIGEST_BYTES

if TYPE_CHECKING:
    import os
    from collections.abc import Container

    from rlm_core.workspace.arena import Arena
    from rlm_core.workspace.disk import Disk
    from rlm_core.workspace.secret_filter import SecretFilter

# A file that changed this recently may change again without its times showing it: file systems stamp
# with the kernel's coarse clock (git calls such entries racy, gitformat-index(5)).
_RACY_NS = 20_000_000

_NO_SPAN = Span(0, 0, 0)
_NO_STAMP = (0, 0, 0, 0)  # like no file's: such a file is looked at each time
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})  # the latter two: by another way than folders


class Reader:
    """Reads files into an arena.

    Args:
        arena: where the text goes.
        max_bytes: larger files are left out.
        unignored: paths that are kept although a machine has made them.
        secrets: what masks their text.
    """

    def __init__(
        self, arena: Arena, max_bytes: int, unignored: Container[str], secrets: SecretFilter
    ) -> None:
        self._arena = arena
        self._max_bytes = max_bytes
        self._unignored = unignored
        self._secrets = secrets

    def read(self, disk: Disk, path: str, known: FileRecord | None) -> FileRecord | None:
        """The file as it is now, `known` itself where it is unchanged; None where there is none any more.

        Its text goes into the arena unless `known` has it there.

        Raises:
            OSError: the arena has no room. (An unreadable file is `FileRecord` with that reason.)
        """
        reason, read = "", MaskedText(b"")
        try:
            status = disk.status(path)
            if known is not None and known.stamp == _stamp(status):
                return known
            read, status = read_text(disk, path, self._max_bytes, self._secrets)
            reason = why_generated(read.text) or self._secrets.why_hidden(read.text)
        except NotTextError as error:
            reason = str(error)
        except OSError as error:
            if error.errno in _GONE:
                return None
            return FileRecord(_NO_STAMP, _NO_SPAN, reason=f"unreadable: {error.strerror}")
        blob = read.text
        settled = time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) >= _RACY_NS
        if reason and blob and path in self._unignored:
            # It is here because an ignore file says so today: look again each time.
            settled, reason = False, ""
        stamp = _stamp(status)
        if not settled:
            stamp = (0, *stamp[1:])
        if reason:
            return FileRecord(stamp, _NO_SPAN, reason=reason)
        digest = digest_of(blob)
        same_text = known is not None and not known.reason and known.digest == digest
        span = known.span if known and same_text else self._arena.append(blob)
        return FileRecord(stamp, span, digest, masked=read.counts)


def digest_of(blob: bytes) -> bytes:
    """The first 128 bits of SHA-256, for which most processors have instructions: twice BLAKE2b's speed."""
    return hashlib.sha256(blob).digest()[:DIGEST_BYTES]


def read_text(
    disk: Disk, path: str, max_bytes: int, secrets: SecretFilter
) -> tuple[MaskedText, os.stat_result]:
    """The file's text as UTF-8, masked, and its stat when it said so.

    Raises:
        NotTextError: it has no text; says why.
        OSError: it cannot be read.
    """

    def check(status: os.stat_result) -> None:
        if stat.S_ISLNK(status.st_mode):
            raise NotTextError("symbolic link")
        if not stat.S_ISREG(status.st_mode):
            raise NotTextError("not a regular file")
        if status.st_size > max_bytes:
            raise NotTextError(f"larger than {max_bytes // 1024} KB")

    content, status = disk.read(path, check)
    return secrets.masked(to_utf8(content), path), status


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
