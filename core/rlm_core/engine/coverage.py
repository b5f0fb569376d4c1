"""Coverage of a run: files searched and opened by its programs, and named in what models were sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.engine.answer import Coverage
from rlm_core.engine.long_texts import off_loop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rlm_core.sandbox.base import CellResult
    from rlm_core.workspace.snapshot import Snapshot

_PATH = re.compile(r"[^\s'\"`<>|:#,;*?()\[\]{}=]{1,4096}")


class CoverageTally:
    """What a tree of runs has looked at.

    Of programs it believes the numbers that their sandbox tells, up to what there is: they are as good as the
    programs are.

    Args:
        snapshot: what the question is about.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._searched = self._opened = 0
        self._named: set[str] = set()

    @property
    def coverage(self) -> Coverage:
        """The numbers so far."""
        return Coverage(
            files=len(self._snapshot),
            searched=self._searched,
            opened=self._opened,
            named=len(self._named),
            left_out=len(self._snapshot.skipped),
        )

    def looked(self, results: Iterable[CellResult]) -> None:
        """Takes the numbers of a session after some cells; a new worker counts from nothing again."""
        files = len(self._snapshot)
        for result in results:
            self._searched = min(files, max(self._searched, result.searched))
            self._opened = min(files, max(self._opened, result.opened))

    async def sent(self, text: str) -> None:
        """Notes which files a text names that goes to a model."""
        self._named |= await off_loop(self._paths, text)

    def _paths(self, text: str) -> set[str]:
        words = {word.rstrip(".") for word in _PATH.findall(text)}
        return {word for word in words if word in self._snapshot}
