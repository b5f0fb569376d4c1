"""Overlays: the unsaved text of open editors."""

from __future__ import annotations

import threading
from typing import NamedTuple

from rlm_core.well_formed import well_formed


class Overlay(NamedTuple):
    """What an editor shows for a file: its version, as the editor counts, and the text."""

    version: int
    text: str


class Overlays:
    """Path → overlay. Written from event loops: nothing here takes longer than a moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Overlay] = {}
        self._changed: set[str] = set()

    def put(self, path: str, text: str, version: int) -> None:
        """Notes what an editor shows; an older version than the known one is ignored."""
        with self._lock:
            known = self._open.get(path)
            if known is None or known.version <= version:
                self._open[path] = Overlay(version, text)
                self._changed.add(path)

    def drop(self, path: str) -> None:
        """The editor has closed the file."""
        with self._lock:
            if self._open.pop(path, None) is not None:
                self._changed.add(path)

    def take_changed(self) -> set[str]:
        """The paths that were put or dropped since the last call."""
        with self._lock:
            changed, self._changed = self._changed, set()
            return changed

    def get(self, path: str) -> bytes | None:
        """The unsaved text of a file as UTF-8, None when no editor has it open."""
        overlay = self._open.get(path)
        return None if overlay is None else well_formed(overlay.text).encode()

    def paths(self) -> list[str]:
        """The files that are open in an editor."""
        with self._lock:
            return list(self._open)
