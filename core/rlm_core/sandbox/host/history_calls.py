"""History of a context, as host functions: git and earlier snapshots are the host's to read.

Their names start with an underscore: a program does not see them, the methods of `context` do.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rlm_core.errors import QueryError
from rlm_core.sandbox.wire import HISTORY_BLAME, HISTORY_CHANGES, HISTORY_LOG, HISTORY_TEXT
from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# Git may take its time over a hostile repository. So this has threads of its own, of which a session has
# one: snapshots, questions and other sessions go on meanwhile.
_THREADS = ThreadPoolExecutor(4, thread_name_prefix="history")


def functions(context: Any) -> dict[str, Callable[..., Awaitable[Any]]]:
    """The host functions that a context's history needs; none for a text."""
    if not isinstance(context, Snapshot):
        return {}
    history: Any = context.history
    if history is None:
        from rlm_core.context.changes import NoHistory  # comes with all of `context`

        history = NoHistory()

    one_at_a_time = asyncio.Lock()

    async def in_thread(method: Callable[..., Any], *arguments: Any) -> Any:
        async with one_at_a_time:
            return await asyncio.get_running_loop().run_in_executor(_THREADS, method, *arguments)

    async def changes(since: str) -> Any:
        return await in_thread(history.changes, str(since))

    async def text_then(path: str, since: str) -> Any:
        return await in_thread(history.text, str(path), str(since))

    async def log(path: str, revision: str, limit: int) -> Any:
        return await in_thread(history.log, str(path), str(revision), _number(limit))

    async def blame(path: str, revision: str, first: int, last: int) -> Any:
        return await in_thread(history.blame, str(path), str(revision), _number(first), _number(last))

    return {HISTORY_CHANGES: changes, HISTORY_TEXT: text_then, HISTORY_LOG: log, HISTORY_BLAME: blame}


def _number(value: Any) -> int:
    if type(value) is not int:
        raise QueryError(f"{str(value)[:80]!r} is no number of lines or commits.")
    return value
