"""Tells a workspace which files change, through watchdog."""

from __future__ import annotations

import logging
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

from rlm_core.workspace.discovery import NEVER

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

    from rlm_core.workspace.workspace import Workspace

log = logging.getLogger(__name__)

# Without a filter watchdog 7.1 also asks for open and close-nowrite events; on trees of more than about
# 4,800 folders its own overflow recovery then overflows the queue again, for ever.
_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileModifiedEvent, FileDeletedEvent, FileMovedEvent, FileClosedEvent,
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent,
]  # fmt: skip

# git rewrites these when the set of tracked files changes or another branch is checked out.
_GIT_STATE = ("index", "HEAD", os.path.join("info", "exclude"))  # noqa: PTH118
_QUIET = tuple(
    os.sep + name + os.sep
    for line in NEVER.read_text("utf-8").splitlines()
    if (name := line.strip("/")) and not line.startswith("#")
)


class Watcher(FileSystemEventHandler):
    """Feeds `Workspace.invalidate` from an observer thread until it is closed.

    Where the system refuses to watch, the workspace simply stays untrusting: each snapshot then looks
    at every file, which is slower and never wrong. `note` says so.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._observer: BaseObserver | None = None
        self.note = ""

    def start(self) -> None:
        """Starts watching all roots; blocks while the folders are registered."""
        observer = Observer()
        try:
            for root in self._workspace.roots:
                observer.schedule(self, str(root), recursive=True, event_filter=_EVENTS)
            observer.start()
        except OSError as error:
            self.note = (
                f"The system cannot watch the workspace ({error.strerror}); every question looks at all "
                "files again. On Linux, raise fs.inotify.max_user_watches."
            )
            log.warning(self.note)
            return
        self._observer = observer
        self._workspace.trust_watcher(True)

    def close(self) -> None:
        """Stops the observer and waits for it."""
        if self._observer is not None:
            self._workspace.trust_watcher(False)
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Takes one event; both ends of a move count."""
        files = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        self._workspace.invalidate([file for file in files if _matters(file)])


def _matters(file: str) -> bool:
    """Whether a change there can change the context: git's own files mostly cannot."""
    inside = file.find(f"{os.sep}.git{os.sep}")
    if inside >= 0:
        return file.endswith(_GIT_STATE)
    return not any(folder in file for folder in _QUIET)
