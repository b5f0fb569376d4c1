"""Coverage of a context: how many of its files were searched, and of how many text was given out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot


class Coverage(NamedTuple):
    """Numbers of files.

    Attributes:
        files: in scope.
        searched: in which some pattern was looked for.
        opened: whose text, all of it or a part, was given to the program.
    """

    files: int
    searched: int
    opened: int


class CoverageRecord:
    """Which files were searched and opened; threads may mark the same."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._searched = bytearray(len(snapshot))
        self._opened = bytearray(len(snapshot))

    @property
    def coverage(self) -> Coverage:
        """The numbers so far."""
        return Coverage(len(self._snapshot), sum(self._searched), sum(self._opened))

    def searched(self, first: int, last: int) -> None:
        """Marks the rows from `first` to `last` as searched."""
        self._searched[first : last + 1] = b"\1" * (last + 1 - first)

    def opened(self, row: int) -> None:
        """Marks a row as opened."""
        self._opened[row] = 1

    def text(self, path: str) -> str:
        """Returns a file's text, which is opened by that."""
        self.opened(self._snapshot.index(path))
        return self._snapshot.text(path)
