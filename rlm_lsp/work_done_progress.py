"""Work-done progress (LSP 3.17) of one question, shown and cancelled by the editor."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pygls.lsp.server import LanguageServer

    from rlm_core.engine.events import Event

logger = logging.getLogger(__name__)

T = TypeVar("T")


class WorkDoneProgress:
    """Progress on the client's token, or on one of our own where the client can show it.

    Most clients send no token (LSP 3.17, "Server Initiated Progress"). Ours is asked for while the
    question is already being worked on, so a client that is slow to agree costs nothing.

    Args:
        server: where notifications go.
        token: the client's `workDoneToken`, if it sent one.
        title: what the question is about.
    """

    def __init__(self, server: LanguageServer, token: types.ProgressToken | None, title: str) -> None:
        self._server = server
        self._title = title
        self._client_token = token
        self._token: types.ProgressToken | None = None
        self._creating: asyncio.Task[None] | None = None

    async def follow(self, run: asyncio.Task[T]) -> T:
        """Shows progress until the run ends, and cancels it when the user presses cancel."""
        window = self._server.client_capabilities.window
        if self._client_token is not None:
            self._begin(self._client_token, run)
        elif window is not None and window.work_done_progress:
            self._creating = asyncio.create_task(self._create(run))
        try:
            return await run
        finally:
            self._end()

    def report(self, event: Event) -> None:
        """Reports an event of the run."""
        from rlm_core.engine.progress_text import describe  # the engine is only imported once it is needed

        line = describe(event)
        if line is not None and self._token is not None:
            value = types.WorkDoneProgressReport(message=line)
            self._server.work_done_progress.report(self._token, value)

    async def _create(self, run: asyncio.Task[T]) -> None:
        token = str(uuid.uuid4())
        try:
            await self._server.work_done_progress.create_async(token)
        except JsonRpcException as error:
            logger.warning("The client refused to show progress: %s", error)
            return
        self._begin(token, run)
        if run.done():
            self._end()

    def _begin(self, token: types.ProgressToken, run: asyncio.Task[T]) -> None:
        def cancel_run(cancelled: Future[None]) -> None:
            if cancelled.cancelled():
                run.cancel()

        begin = types.WorkDoneProgressBegin(
            title=self._title, message="opening the workspace", cancellable=True
        )
        progress = self._server.work_done_progress
        progress.begin(token, begin)
        progress.tokens[token].add_done_callback(cancel_run)
        self._token = token

    def _end(self) -> None:
        if self._token is not None:
            progress = self._server.work_done_progress
            progress.end(self._token, types.WorkDoneProgressEnd())
            progress.tokens.pop(self._token, None)
