"""Clock of a cell: how long it has been running, apart from the time that it waited for the host."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# While a program waits for the host its other threads may still burn CPU; then time is looked at this often.
_TICK = 0.05


class Clock:
    """Runs from its creation, stands still during `waiting`, and calls back once when the time is up.

    Args:
        limit: seconds of running, or of CPU time, whichever is used up first.
        cpu_seconds: CPU time used by the worker.
        on_limit: called when the time is up.
    """

    def __init__(self, limit: float, cpu_seconds: Callable[[], float], on_limit: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = limit
        self._cpu_seconds = cpu_seconds
        self._cpu_before = cpu_seconds()
        self._on_limit = on_limit
        self._started = self._loop.time()
        self._waited = 0.0
        self._used = 0.0
        self._waiting = 0
        self._waiting_since = 0.0
        self._timer = self._loop.call_later(limit, self._look)

    def seconds(self) -> float:
        """Returns the running time so far."""
        now = self._loop.time()
        waiting = now - self._waiting_since if self._waiting else 0.0
        return now - self._started - self._waited - waiting

    def used(self) -> float:
        """Returns the running time or the CPU time so far, whichever is more: what counts for limits."""
        self._used = max(self._used, self.seconds(), self._cpu_seconds() - self._cpu_before)
        return self._used  # kept, for the worker that is killed tells no CPU time any more

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Stands still meanwhile; may be entered several times at once."""
        if not self._waiting:
            self._waiting_since = self._loop.time()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._waited += self._loop.time() - self._waiting_since

    def stop(self) -> None:
        """Never calls back from now on."""
        self._timer.cancel()

    def _look(self) -> None:
        used = self.used()
        if used >= self._limit:
            self._on_limit()
        else:
            self._timer = self._loop.call_later(max(self._limit - used, _TICK), self._look)
