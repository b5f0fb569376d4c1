"""Workspace session: a workspace opened for an editor, and what runs over it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from rlm_core.errors import RlmError
from rlm_lsp.workspace_folders import NoFolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

    from rlm_core.service import Service
    from rlm_lsp.buffers import Buffers
    from rlm_lsp.workspace_folders import WorkspaceFolders

T = TypeVar("T")


class WorkspaceSession:
    """Begins to open the folders at once; what is run waits until that is done.

    Args:
        folders: what to open.
        buffers: the editor's documents, which are attached to the workspace.
        on_failure: is given the sentence when the folders cannot be opened.
    """

    def __init__(
        self, folders: WorkspaceFolders, buffers: Buffers, on_failure: Callable[[str], None]
    ) -> None:
        self._buffers = buffers
        self._on_failure = on_failure
        self._stack = AsyncExitStack()
        self._is_closing = False
        self._runs: set[asyncio.Task[Any]] = set()
        self._opening = asyncio.create_task(self._open(folders))

    def run(self, work: Callable[[Service], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """Starts what is to be done with the workspace.

        Returns:
            Its task, which raises an `RlmError` when the folders cannot be opened.
        """

        async def run() -> T:
            service = await asyncio.shield(self._opening)
            if isinstance(service, RlmError):
                raise service
            return await work(service)

        task = asyncio.create_task(run())
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)
        return task

    async def query(self, work: Callable[[Service], Coroutine[Any, Any, Sequence[T]]]) -> Sequence[T]:
        """Runs a query, which finds nothing where no folder is open."""
        try:
            return await self.run(work)
        except NoFolderError:
            return ()

    def cancel(self) -> None:
        """Cancels whatever runs."""
        for task in self._runs:
            task.cancel()

    async def close(self) -> None:
        """Waits for what runs, then closes the workspace."""
        self._is_closing = True
        if self._runs:
            await asyncio.wait(self._runs)
        await asyncio.wait([self._opening])
        await self._stack.aclose()

    async def _open(self, folders: WorkspaceFolders) -> Service | RlmError:
        try:
            service = await asyncio.to_thread(_create_service, folders.roots())
        except NoFolderError as error:
            return error  # nothing is wrong until somebody asks
        except RlmError as error:
            self._on_failure(str(error))
            return error
        await self._stack.enter_async_context(service)
        if not self._is_closing:  # another workspace may be open and have the buffers by now
            self._buffers.attach(service.workspace)
        return service


def _create_service(roots: Sequence[Path]) -> Service:
    """Runs in a thread, after `initialize` has been answered: the imports alone take a while."""
    from rlm_core import config
    from rlm_core.service import Service

    return Service(roots, config.load(roots), watch=True)
