"""Watching on macOS and Windows, where one watch covers a whole tree (watchdog's own observers)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
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

    from rlm_core.workspace.watcher import Reports

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileModifiedEvent, FileDeletedEvent, FileMovedEvent, FileClosedEvent,
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent,
]  # fmt: skip


class RecursiveWatcher(FileSystemEventHandler):
    """Watches the roots whole and reports what lies in the folders that are followed.

    Raises:
        OSError: the system cannot watch a root.
    """

    def __init__(self, reports: Reports, roots: Sequence[Path]) -> None:
        self._reports = reports
        self._followed: set[str] = set()
        self._observer = Observer()
        for root in roots:
            self._observer.schedule(self, str(root), recursive=True, event_filter=_EVENTS)
        self._observer.start()

    def follow(self, folders: set[str]) -> bool:
        """See `Watching.follow`; nothing is ever unwatched here, so nothing can have been missed."""
        self._followed = folders
        return False

    def forget(self, folder: str) -> None:
        """See `Watching.forget`; here a path is watched, whatever is there."""

    def settle(self) -> bool:
        """See `Watching.settle`; these systems report within moments, and give no way to wait for it."""
        return True

    def close(self) -> None:
        """Ends the observer's threads."""
        self._observer.stop()
        self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Takes one event; both ends of a move count."""
        files = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        self._reports.changed([file for file in files if os.path.dirname(file) in self._followed])  # noqa: PTH120
