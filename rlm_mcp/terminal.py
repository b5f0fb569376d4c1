"""The live progress line of `rlm-mcp ask`."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from typing import TYPE_CHECKING, Self, TextIO

from rlm_core.engine.events import Event, Noted
from rlm_core.engine.progress import describe

if TYPE_CHECKING:
    from types import TracebackType

_REFRESH_SECONDS = 0.5


class ProgressLine:
    """Rewrites one line of a terminal with what a run is doing; silent where there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._text = "opening the workspace"
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
            self._write("\r\x1b[K")

    def listen(self, event: Event) -> None:
        """Shows an event; notes stay on the screen as lines of their own."""
        line = describe(event)
        if line is None or not self._live:
            return
        if isinstance(event, Noted):
            self._write(f"\r\x1b[K{line}\n")
        else:
            self._text = line
        self._show()

    async def _tick(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                self._show()
                await asyncio.sleep(_REFRESH_SECONDS)

    def _show(self) -> None:
        line = f"[{time.monotonic() - self._started:3.0f} s] {self._text}"
        width = shutil.get_terminal_size().columns - 1
        # Text on this line comes from a model or a repository: no control characters may pass.
        self._write("\r\x1b[K" + "".join(c if c.isprintable() else " " for c in line)[:width])

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
