"""Progress line on a terminal, for `rlm-mcp ask` and `exec`."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from typing import TYPE_CHECKING, Self, TextIO

from rlm_core.engine.events import Event, Noted
from rlm_core.engine.progress_text import describe

if TYPE_CHECKING:
    from types import TracebackType

_REFRESH_SECONDS = 0.5


class ProgressLine:
    """Rewrites one line of a terminal with what a run is doing; silent where there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._text = "opening the workspace"
        self._room = True  # the cursor is where the line may stand
        self._started = time.monotonic()
        self._ticker: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        if self._live:
            self._ticker = asyncio.create_task(self._tick())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            self.erase(resume=False)

    def listen(self, event: Event) -> None:
        """Shows an event; notes stay on the screen as lines of their own."""
        line = describe(event)
        if line is None or not self._live:
            return
        if isinstance(event, Noted):
            self._write(f"\r\x1b[K{line}\n")
            self._redraw()
        else:
            self.show(line)

    def show(self, text: str) -> None:
        """Shows what is going on now."""
        self._text = text
        self._redraw()

    def erase(self, *, resume: bool) -> None:
        """Erases the line for what is now printed to the same terminal.

        Args:
            resume: whether it may come back with the next tick, since what is printed ends its own line.
        """
        if self._live and self._room:
            self._write("\r\x1b[K")
        self._room = resume

    async def _tick(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                self._redraw()
                await asyncio.sleep(_REFRESH_SECONDS)

    def _redraw(self) -> None:
        if not (self._live and self._room):
            return
        line = f"[{time.monotonic() - self._started:3.0f} s] {self._text}"
        width = shutil.get_terminal_size().columns - 1
        # Text on this line comes from a model or a repository: no control characters may pass.
        self._write("\r\x1b[K" + "".join(c if c.isprintable() else " " for c in line)[:width])

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
