"""A workspace opened for an editor, and the runs over it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from rlm_core.errors import QueryError, RlmError
from rlm_lsp.buffers import file_of
from rlm_lsp.folders import NoFolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

    from lsprotocol import types

    from rlm_core.engine.answer import Answer
    from rlm_core.engine.events import Listener
    from rlm_core.service import Service
    from rlm_core.workspace.workspace import Workspace
    from rlm_lsp.ask_params import AskParams
    from rlm_lsp.buffers import Buffers
    from rlm_lsp.folders import Folders

T = TypeVar("T")


class Opened:
    """Begins to open the folders at once; questions wait until that is done.

    Args:
        folders: what to open.
        buffers: the editor's documents; what they say shadows the disk.
        on_failure: is given the sentence when the folders cannot be opened.
    """

    def __init__(self, folders: Folders, buffers: Buffers, on_failure: Callable[[str], None]) -> None:
        self._buffers = buffers
        self._on_failure = on_failure
        self._stack = AsyncExitStack()
        self._closing = False
        self._runs: set[asyncio.Task[Any]] = set()
        self._opening = asyncio.create_task(self._open(folders))

    def ask(
        self, params: AskParams, listener: Listener, encoding: types.PositionEncodingKind | str | None
    ) -> asyncio.Task[dict[str, Any]]:
        """Starts a run; its result is the answer as it goes over the wire.

        The task raises an `RlmError` when the folders cannot be opened or the question cannot be
        answered; cancelling it ends the run.
        """
        return self._started(self._ask(params, listener, encoding))

    def look_up(
        self, lookup: Callable[[Service], Coroutine[Any, Any, Sequence[T]]]
    ) -> asyncio.Task[Sequence[T]]:
        """Starts a lookup in the workspace; fails and is cancelled as a run is.

        Where no folder is open it finds nothing.
        """

        async def run() -> Sequence[T]:
            try:
                service = await self._service()
            except NoFolderError:
                return ()
            return await lookup(service)

        return self._started(run())

    def cancel(self) -> None:
        """Ends every run."""
        for run in self._runs:
            run.cancel()

    async def close(self) -> None:
        """Waits for the runs, then gives everything back."""
        self._closing = True
        if self._runs:
            await asyncio.wait(self._runs)
        await asyncio.wait([self._opening])
        await self._stack.aclose()

    async def _open(self, folders: Folders) -> Service | RlmError:
        try:
            service = await asyncio.to_thread(_create, folders.roots())
        except NoFolderError as error:
            return error  # nothing is wrong until somebody asks
        except RlmError as error:
            self._on_failure(str(error))
            return error
        await self._stack.enter_async_context(service)
        if not self._closing:  # another workspace may be open and have the buffers by now
            self._buffers.attach(service.workspace)
        return service

    async def _ask(
        self, params: AskParams, listener: Listener, encoding: types.PositionEncodingKind | str | None
    ) -> dict[str, Any]:
        service = await self._service()
        question = self._question(params, service.workspace, encoding)
        answer = await service.ask(question, scope=params.scope, listeners=[listener])
        return _wire_form(answer, service.workspace)

    async def _service(self) -> Service:
        opened = await asyncio.shield(self._opening)
        if isinstance(opened, RlmError):
            raise opened
        return opened

    def _started(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        run = asyncio.create_task(work)
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        return run

    def _question(
        self, params: AskParams, workspace: Workspace, encoding: types.PositionEncodingKind | str | None
    ) -> str:
        if params.text_document is None:
            return params.question
        uri = params.text_document.uri
        file, text = file_of(uri), self._buffers.get(uri)
        path = workspace.path_of(file) if file else None
        if path is None and text is None:
            raise QueryError(f"{uri} is neither open in the editor nor part of the workspace.")
        return params.about(path, text, encoding)


def _create(roots: Sequence[Path]) -> Service:
    """Runs in a thread, after `initialize` has been answered: the imports alone take a while."""
    from rlm_core import config
    from rlm_core.service import Service

    return Service(roots, config.load(roots), watch=True)


def _wire_form(answer: Answer, workspace: Workspace) -> dict[str, Any]:
    """The answer's fields by their names, with what an editor needs on top of them.

    `markdown` is the whole answer as it is to be shown, `roots` are the folders that it is about; each
    citation has a `uri`, which is how LSP names files.
    """
    from rlm_core.engine.answer_markdown import markdown  # the engine is only imported once it is needed

    form = asdict(answer)
    form["markdown"] = markdown(answer)
    form["roots"] = [str(root) for root in workspace.roots]
    for citation in form["citations"]:
        citation["uri"] = workspace.file_of(citation["path"]).as_uri()
    return form
