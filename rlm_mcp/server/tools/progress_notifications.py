"""Progress notifications: events of a run, as they happen."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from rlm_core.engine.progress_text import describe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp.server.mcpserver import Context

    from rlm_core.engine.events import Event, Listener

log = logging.getLogger(__name__)


@asynccontextmanager
async def notifying_progress(ctx: Context[Any], listeners: list[Listener]) -> AsyncIterator[None]:
    """Listens meanwhile, and notifies the caller in order, without holding up the run."""
    lines: asyncio.Queue[str] = asyncio.Queue()

    async def send() -> None:
        number = 0
        while True:
            line = await lines.get()
            number += 1
            await ctx.report_progress(number, message=line)

    def listener(event: Event) -> None:
        line = describe(event)
        if line is not None:
            lines.put_nowait(line)

    sender = asyncio.create_task(send())
    listeners.append(listener)
    try:
        yield
    finally:
        listeners.remove(listener)
        sender.cancel()
        await asyncio.wait([sender])
        if not sender.cancelled():
            log.debug("Progress could not be sent: %s", sender.exception())
