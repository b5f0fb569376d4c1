"""Event stream: stamps a run's events and hands them to whoever listens."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rlm_core.engine.events import ROOT, Noted, RunFailed
from rlm_core.errors import RlmError
from rlm_core.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rlm_core.engine.events import Event, Listener

NOTE_CHARS = 2000

logger = logging.getLogger(__name__)


def new_run_id() -> str:
    """Names a run: sorts by time, and cannot be guessed."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(6)}"


class EventStream:
    """Stamps events and hands them to the listeners, in order, on the event loop.

    A listener that raises is dropped with a note: nobody who watches can break a run.

    Args:
        run_id: the run at the root of the tree.
        listeners: called with each event; they must return quickly.
    """

    def __init__(self, run_id: str, listeners: Sequence[Listener]) -> None:
        self.run_id = run_id
        self.notes: list[str] = []
        self._listeners = list(listeners)
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._started

    def emit(self, event: Event) -> None:
        """Stamps `event` and hands it on."""
        stamped = replace(event, run_id=self.run_id, seconds=round(self.seconds, 3))
        for listener in list(self._listeners):
            try:
                listener(stamped)
            except RlmError as error:
                self._drop(listener, str(error))
            except Exception as error:
                logger.exception("A listener failed and hears no more of run %s.", self.run_id)
                self._drop(listener, f"A display of this run failed and was dropped: {error}.")

    def _drop(self, listener: Listener, note: str) -> None:
        self._listeners.remove(listener)
        self.notes.append(note)

    def note(self, text: str, node: str = ROOT) -> None:
        """Emits a `Noted`, on one line; the answer lists each different note once."""
        text = one_line(text, NOTE_CHARS)
        if text not in self.notes:
            self.notes.append(text)
        self.emit(Noted(node=node, text=text))

    @contextmanager
    def reporting_failure(self, node: str) -> Iterator[None]:
        """Emits a `RunFailed` when its body is cancelled or raises."""
        try:
            yield
        except BaseException as error:
            self.emit(RunFailed(node=node, error=_sentence(error)))
            raise


def _sentence(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "The run was cancelled."
    return str(error) if isinstance(error, RlmError) else f"{type(error).__name__}: {error}"
