"""Observer watcher (macOS, Windows): watchdog's own observers, where one watch covers a tree."""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rlm_core.workspace.watcher import EventHandler

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileModifiedEvent, FileAttribEvent, FileDeletedEvent, FileMovedEvent, FileClosedEvent,
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent,
]  # fmt: skip


class ObserverWatcher(FileSystemEventHandler):
    """Watches the roots whole and reports what lies in the folders that are followed.

    What it reports is a hint that something has changed, and no more: it comes late, some of it is lost
    without a word when much happens at once, and names are spelled as on the disk, not as git does.

    Raises:
        OSError: the system cannot watch a root.
    """

    def __init__(self, handler: EventHandler, roots: Sequence[Path]) -> None:
        self._handler = handler
        self._followed: set[str] = set()
        self._observer = Observer()
        for root in roots:
            self._observer.schedule(self, str(root), recursive=True, event_filter=_EVENTS)
        try:
            self._observer.start()
        except (RuntimeError, SystemError) as error:  # what FSEvents' binding raises
            raise OSError(errno.EIO, str(error)) from error

    def follow(self, folders: set[str]) -> bool:
        """See `Watcher.follow`; nothing is ever unwatched here, so nothing can have been missed."""
        self._followed = {_folded(folder) for folder in folders}
        return False

    def forget(self, folder: str) -> None:
        """See `Watcher.forget`; here a path is watched, whatever is there."""

    def settle(self) -> bool:
        """See `Watcher.settle`; there is no way to wait, so each snapshot looks for itself."""
        return False

    def close(self) -> None:
        """Ends the observer's threads."""
        self._observer.stop()
        self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Takes one event; both ends of a move count."""
        files = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        folders = [os.path.dirname(file) for file in files]  # noqa: PTH120 - strings, as they are compared
        followed = [
            file for file, folder in zip(files, folders, strict=True) if _folded(folder) in self._followed
        ]
        if followed:
            self._handler.changed(followed)


def _folded(folder: str) -> str:
    """One spelling for all that mean the same folder: capitals, slashes, composed characters."""
    if sys.platform == "darwin":
        folder = unicodedata.normalize("NFC", folder).casefold()
    return os.path.normcase(folder)
