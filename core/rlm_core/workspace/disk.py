"""Disk access to the workspace's files, without following a symbolic link anywhere on the way."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Self

from rlm_core.workspace.roots import is_plain_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rlm_core.workspace.roots import Roots

_RELATIVE = os.open in os.supports_dir_fd  # not on Windows, which lacks most of these flags as well
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


# A file may be replaced or written to between the looks at it: so often it is read again then.
_ATTEMPTS = 5


class Disk:
    """Looks at files below the roots, quickest in sorted order; used by one thread and then closed.

    Each folder is opened from the one it lies in, refusing a link (openat(2), O_NOFOLLOW): a path that
    git lists may lead through a folder that has since become a link to somewhere else. It is also
    quicker than giving the whole path for each file.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._folder: str | None = None  # the one that was entered last
        self._prefix = ""  # what a name in it starts with for the system: nothing after a descriptor
        self._trail: list[tuple[str, int]] = []  # names and descriptors on the way to it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(0)

    def status(self, path: str) -> os.stat_result:
        """A path's stat, of the link itself if it is one; raises `OSError` when it cannot be reached."""
        name, folder = self._reach(path)
        return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def read(self, path: str, check: Callable[[os.stat_result], None]) -> tuple[bytes, os.stat_result]:
        """All of a file, as it was at one moment, and its stat then.

        Args:
            path: the file.
            check: may refuse a file for its stat, by raising what it likes.

        Raises:
            OSError: it cannot be read, has become a link, or changed each time while it was read.
        """
        name, folder = self._reach(path)
        for _ in range(_ATTEMPTS):
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            check(status)
            descriptor = os.open(name, _FILE, dir_fd=folder)
            try:
                content = _first_bytes(descriptor, status.st_size)
                if _stamp(os.fstat(descriptor)) == _stamp(status):
                    return content, status
            finally:
                os.close(descriptor)
        raise OSError(errno.EAGAIN, "it changes while it is read", path)

    def _reach(self, path: str) -> tuple[str, int | None]:
        """What the system calls a file, and the descriptor of the folder that this is relative to."""
        if self._roots.disk_names:
            path = self._roots.disk_names.get(path, path)
        folder, _, name = path.rpartition("/")
        if folder != self._folder:
            self._folder = None
            if _RELATIVE:
                self._descend(folder)
            else:
                self._prefix = self._checked(folder)
            self._folder = folder
        if not (_RELATIVE or is_plain_path(name)):
            raise OSError(errno.ELOOP, "leads elsewhere", path)
        return self._prefix + name, self._trail[-1][1] if self._trail else None

    def _descend(self, folder: str) -> None:
        single = self._roots.prefixes == ("",)
        names = [*([""] if single else ()), *(folder.split("/") if folder else ())]
        if ".." in names:
            raise OSError(errno.ELOOP, "leads elsewhere", folder)
        kept = 0
        while kept < min(len(names), len(self._trail)) and names[kept] == self._trail[kept][0]:
            kept += 1
        self._leave(kept)
        for name in names[kept:]:
            if self._trail:
                descriptor = os.open(name, _FOLDER, dir_fd=self._trail[-1][1])
            else:
                root = self._roots.prefixes.index(f"{name}/" if name else "")
                descriptor = os.open(self._roots.folders[root], _FOLDER)
            self._trail.append((name, descriptor))

    def _checked(self, folder: str) -> str:
        """The folder's whole path, where there is nothing better than to compare it with the real one."""
        if folder and not is_plain_path(folder):
            raise OSError(errno.ELOOP, "leads elsewhere", folder)
        whole = str(self._roots.file_of(f"{folder}/." if folder else "."))
        # git's spelling of a folder may have other capitals than the disk's, which are no link.
        if os.path.normcase(os.path.realpath(whole)) != os.path.normcase(whole):
            raise OSError(errno.ELOOP, "behind a link", whole)
        return os.path.join(whole, "")  # noqa: PTH118 - strings, as above

    def _leave(self, kept: int) -> None:
        for _, descriptor in self._trail[kept:]:
            os.close(descriptor)
        del self._trail[kept:]


def _first_bytes(descriptor: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (piece := os.read(descriptor, size)):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    """What changes with a file. On Windows the other two are not the same by path and by descriptor."""
    if sys.platform == "win32":
        return status.st_size, status.st_mtime_ns
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
