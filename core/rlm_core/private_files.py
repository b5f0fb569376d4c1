"""Private files: what is kept in the user's own folders, where only regular files of one's own are opened.

A pipe in the place of such a file would be waited for, a device read for ever, and a link lead elsewhere.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Windows lacks the first two, and alone has the last: bytes as they are.
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def make_private_folder(folder: Path) -> None:
    """Makes a folder for its owner alone, where it is not there yet.

    Raises:
        OSError: it cannot be made, is a link, or belongs to somebody else.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    status = folder.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "it is a link, which is not followed", str(folder))
    if not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.ENOTDIR, "it is no folder", str(folder))
    _check_owner(status, folder)
    folder.chmod(0o700)


def open_private(file: str | Path, flags: int) -> int:
    """A descriptor of a file of one's own; one that is made (`os.O_CREAT`) is its owner's alone.

    Raises:
        OSError: it cannot be opened, is no regular file, or belongs to somebody else.
    """
    descriptor = os.open(file, flags | _FLAGS, 0o600)
    try:
        _check_file(os.fstat(descriptor), file)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_file(status: os.stat_result, file: str | Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(file))
    _check_owner(status, file)


def _check_owner(status: os.stat_result, place: str | Path) -> None:
    if sys.platform != "win32" and status.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user", str(place))
