"""Inotify watcher (Linux): one watch for each folder of the workspace, and for no other.

watchdog's observers watch a whole tree, `node_modules` included, keep quiet about folders that the
system would not let them watch, and tell nobody that events were lost. Its inotify thread, which they
are built on, does what is needed here.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from typing import TYPE_CHECKING

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyEvent, InotifyFD, Mask

if TYPE_CHECKING:
    from watchdog.observers.inotify_c import WatchDescriptor

    from rlm_core.workspace.watcher import EventHandler

if sys.platform != "linux":
    raise ImportError("Only Linux has inotify.")

_MASK = Mask(
    InotifyConstants.IN_MODIFY
    | InotifyConstants.IN_CLOSE_WRITE
    | InotifyConstants.IN_ATTRIB
    | InotifyConstants.IN_CREATE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_MOVED_FROM
    | InotifyConstants.IN_MOVED_TO
    | InotifyConstants.IN_ONLYDIR
    | InotifyConstants.IN_DONT_FOLLOW
    | InotifyConstants.IN_EXCL_UNLINK
)

# Longer than this no queue needs to be read, unless something is wrong.
_SETTLE_SECONDS = 2.0


class InotifyWatcher:
    """Follows a set of folders.

    Events come in the order in which things happened, whatever they happened to. So once a change of our
    own has been reported (to a nameless file of this process), all that went before it has been as well.

    Raises:
        OSError: the user has too many inotify instances.
    """

    def __init__(self, handler: EventHandler) -> None:
        self._handler = handler
        self._id = CallbackId(id(self))
        self._lock = threading.Lock()
        self._watched: dict[str, WatchDescriptor] = {}
        self._folders: dict[WatchDescriptor, str] = {}
        self._replaced: set[str] = set()  # another folder has, or may get, the name of one that is watched
        self._mark = tempfile.TemporaryFile(prefix="rlm-", buffering=0)  # noqa: SIM115 - `close` closes it
        self._marked = threading.Event()
        self._inotify = InotifyFD()
        self._inotify.start()
        place = b"/proc/self/fd/%d" % self._mark.fileno()
        self._marker = self._inotify.add_callback(place, Mask(InotifyConstants.IN_MODIFY), self, self._id)

    def follow(self, folders: set[str]) -> bool:
        """See `Watcher.follow`."""
        with self._lock:
            # What is gone goes first: a folder that was moved has the same watch under another name.
            replaced = tuple(f"{folder}/" for folder in self._replaced)
            self._replaced.clear()
            moved = {folder for folder in self._watched if f"{folder}/".startswith(replaced)}
            for folder in moved | (self._watched.keys() - folders):
                self._remove(folder)
            fresh = folders - self._watched.keys()
            for folder in fresh:
                self._add(folder)
            return bool(fresh & self._watched.keys())

    def forget(self, folder: str) -> None:
        """See `Watcher.forget`."""
        with self._lock:
            self._replaced.add(folder)

    def settle(self) -> bool:
        """See `Watcher.settle`."""
        self._marked.clear()
        try:
            os.pwrite(self._mark.fileno(), b"x", 0)
        except ValueError:
            return False  # closed: nothing is reported any more
        return self._marked.wait(_SETTLE_SECONDS)

    def _add(self, folder: str) -> None:
        try:
            descriptor = self._inotify.add_callback(os.fsencode(folder), _MASK, self, self._id)
        except (FileNotFoundError, NotADirectoryError):
            return  # gone since it was listed; its parent's watch tells
        self._watched[folder] = descriptor
        self._folders[descriptor] = folder

    def _remove(self, folder: str) -> None:
        descriptor = self._watched.pop(folder)
        del self._folders[descriptor]
        self._inotify.remove_callbacks([(descriptor, self._id)])

    def close(self) -> None:
        """Ends the thread and gives the watches back."""
        self._inotify.stop()
        self._inotify.join()
        self._mark.close()

    def on_event(self, event: InotifyEvent) -> None:
        """An entry of a watched folder changed (watchdog's `WatchCallback`)."""
        if event.wd == self._marker:
            self._marked.set()
        folder = self._folders.get(event.wd)
        if folder is not None and event.name:
            path = f"{folder}/{os.fsdecode(event.name)}"
            if event.mask & InotifyConstants.IN_MOVED_FROM and path in self._watched:
                self.forget(path)  # its watches go with it, and another one may take its place
            self._handler.changed([path])

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """A watched folder is gone (watchdog's `WatchCallback`)."""
        with self._lock:
            folder = self._folders.pop(wd, None)
            if folder is not None and self._watched.get(folder) == wd:
                del self._watched[folder]

    def on_queue_overflow(self) -> None:
        """The kernel dropped events (watchdog's `WatchCallback`)."""
        self._handler.lost()
