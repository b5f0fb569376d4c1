"""Signal handlers on the event loop, on every system."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def on_signal(callback: Callable[[], object], *numbers: signal.Signals) -> None:
    """Calls back on the running event loop at these signals; to be called on the main thread."""
    loop = asyncio.get_running_loop()

    def handler(*_: object) -> None:
        if loop.is_closed():
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(callback)

    for number in numbers:
        try:
            loop.add_signal_handler(number, callback)
        except NotImplementedError:  # Windows, where a loop wakes for Python's own handlers
            signal.signal(number, handler)
