"""File watching: tells a workspace which files change, through watchdog."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.workspace.workspace import Watcher, Workspace

# Mounts on which changes made by others raise no event.
_EVENTLESS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "vboxsf", "afs", "sshfs"})

# git rewrites these when the set of tracked files changes or another branch is checked out.
_GIT_STATE = ("index", "HEAD", "exclude", "config", "config.worktree")


class EventHandler:
    """Sorts raw file events into what a workspace must look at again."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def changed(self, files: Sequence[str]) -> None:
        """Something happened to these paths."""
        inside_git = [file for file in files if f"{os.sep}.git{os.sep}" in file]
        if any(file.endswith(_GIT_STATE) for file in inside_git):
            self._workspace.invalidate_all()
        self._workspace.invalidate([file for file in files if file not in inside_git])

    def lost(self) -> None:
        """Events were dropped: anything may have changed."""
        self._workspace.invalidate_all()


def start(workspace: Workspace) -> tuple[Watcher | None, str]:
    """The watcher that fits this system, not yet following anything; or None, and a sentence why not."""
    for root in workspace.roots:
        kind = _file_system(root)
        if kind in _EVENTLESS or kind.startswith("fuse"):
            return (
                None,
                f"{root} is on {kind}, where changes raise no events: every question looks at all files.",
            )
    handler = EventHandler(workspace)
    try:
        return _watcher_for(handler, workspace.roots), ""
    except OSError as error:
        return None, f"The system cannot watch files ({error.strerror}): every question looks at all of them."


def _watcher_for(handler: EventHandler, roots: Sequence[Path]) -> Watcher:
    watcher: Watcher
    if sys.platform == "linux":
        from rlm_core.workspace.inotify import InotifyWatcher

        watcher = InotifyWatcher(handler)
    else:
        from rlm_core.workspace.observer import ObserverWatcher

        watcher = ObserverWatcher(handler, roots)
    return watcher


def _file_system(path: Path) -> str:
    """The type of the file system that a path is on (proc(5), mountinfo); empty where that is unknown."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        mount = before.split()[4].encode("latin-1", "replace").decode("unicode_escape")
        if path.is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, after.split()[0]
    return kind
