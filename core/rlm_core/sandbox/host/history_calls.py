"""History of a context, as host functions: git and earlier snapshots are the host's to read.

Their names start with an underscore: a program does not see them, `context.changed` and `context.diff` do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.wire import HISTORY_CHANGES, HISTORY_TEXT
from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def functions(context: Any) -> dict[str, Callable[..., Awaitable[Any]]]:
    """The host functions that a context's history needs; none for a text."""
    if not isinstance(context, Snapshot):
        return {}
    history: Any = context.history
    if history is None:
        from rlm_core.context.changes import NoHistory  # comes with all of `context`

        history = NoHistory()

    async def changes(since: str) -> list[Any]:
        return await asyncio.to_thread(history.changes, str(since))

    async def text_then(path: str, since: str) -> str | None:
        return await asyncio.to_thread(history.text, str(path), str(since))

    return {HISTORY_CHANGES: changes, HISTORY_TEXT: text_then}
