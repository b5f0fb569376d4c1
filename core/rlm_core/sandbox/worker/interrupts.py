"""Interrupts: when SIGINT may reach the program."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Interrupts:
    """Turns SIGINT into `KeyboardInterrupt`, only while a program runs and never within a frame.

    Python runs signal handlers in the main thread, between two steps of whatever it does there. That
    may be the program, but also our own writing of a frame, which must be finished first.
    """

    def __init__(self) -> None:
        self._main = threading.get_ident()
        self._armed = False
        self._shields = 0
        self._pending = False
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._shields:
            self._pending = True
        elif self._armed:
            raise KeyboardInterrupt

    def armed(self) -> _Armed:
        """Returns a context in which interrupts are raised; outside of it they are ignored."""
        return _Armed(self)

    def shielded(self) -> _Shielded:
        """Returns a context that an interrupt waits for. It counts in the main thread only."""
        return _Shielded(self)

    def arm(self, armed: bool) -> None:
        """Lets interrupts be raised from now on, or not."""
        self._pending = False
        self._armed = armed

    def shield(self, change: int) -> None:
        """Adds or takes away one shield; without any left, an interrupt that came meanwhile is raised."""
        if threading.get_ident() != self._main:
            return
        self._shields += change
        if self._pending and not self._shields and self._armed:
            self._pending = False
            raise KeyboardInterrupt


# Classes, since an interrupt inside a generator-based context manager can leave it half way.
class _Armed:
    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def __enter__(self) -> Self:
        self._interrupts.arm(True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._interrupts.arm(False)


class _Shielded:
    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def __enter__(self) -> Self:
        self._interrupts.shield(+1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._interrupts.shield(-1)
