"""Long texts: what is done with one goes to a thread, so that the event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
# Of fewer a thread takes longer to start than the work.
LONG_CHARS = 200_000


async def off_loop(work: Callable[[str], T], text: str) -> T:
    """Returns what some work makes of a text: on a thread where the text is long."""
    return await asyncio.to_thread(work, text) if len(text) > LONG_CHARS else work(text)
