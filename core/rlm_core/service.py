"""One open workspace with its sandbox and models: what every face drives."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import logging
import math
from collections import Counter
from typing import TYPE_CHECKING, Self

from rlm_core.config import cache_dir
from rlm_core.errors import QueryError, WorkspaceError
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.roots import checked_roots
from rlm_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from rlm_core.config import SandboxLimits, Settings
    from rlm_core.engine.answer import Answer
    from rlm_core.engine.events import Listener
    from rlm_core.models import Models
    from rlm_core.sandbox.base import CellResult, Probe, Sandbox
    from rlm_core.workspace.snapshot import Snapshot
    from rlm_core.workspace.workspace import Watching

log = logging.getLogger(__name__)

# What `run_code` hands back at most: there the reader is a person or a pipe, not a model's window.
EXEC_OUTPUT_CHARS = 100_000_000


class Service:
    """Opens a workspace in the background and answers questions over it.

    Entering returns at once: reading the files, starting the watcher and booting the sandbox happen
    while the face shakes hands. Every heavy import waits until it is needed.

    Args:
        roots: the workspace's folders.
        settings: everything that can be set.
        watch: keep the workspace current while the service lives (servers), instead of looking at
            every file once for each question (one-shot commands).

    Raises:
        WorkspaceError: a root cannot be used.
    """

    def __init__(self, roots: Sequence[Path], settings: Settings, *, watch: bool) -> None:
        self.settings = settings
        self.workspace = Workspace(roots, settings.workspace, _cache(roots, settings))
        self._watch = watch
        self._watcher: Watching | None = None
        self._unwatched = ""  # why there is no watcher, as a sentence
        self._sandboxes: list[Sandbox] = []
        self._sandbox: Sandbox | None = None
        self._models: Models | None = None
        self._opening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._opening = asyncio.create_task(asyncio.to_thread(self._open))
        self._opening.add_done_callback(_retrieved)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends runs' processes, the watcher and the reading of files; may be called twice."""
        sandboxes, self._sandboxes, self._sandbox = self._sandboxes, [], None
        await asyncio.gather(*(sandbox.close() for sandbox in sandboxes))
        if self._models is not None:
            await self._models.close()
            self._models = None
        self.workspace.stop_reading()
        if self._opening is not None:
            await asyncio.wait([self._opening])
        if self._watcher is not None:
            await asyncio.to_thread(self._watcher.close)
            self._watcher = None
        self.workspace.close()

    @property
    def watched(self) -> bool:
        """Whether changes are followed as they happen; otherwise each snapshot looks at every file."""
        return self._watcher is not None

    async def snapshot(self, scope: Sequence[str] = ()) -> Snapshot:
        """The workspace as it is now, or the part of it that the globs in `scope` name.

        Raises:
            WorkspaceError: there is no text in the workspace.
            QueryError: the scope names nothing.
        """
        if self._opening is not None:
            await asyncio.wait([self._opening])  # should it have failed, so will this, unless it was mended
        return await asyncio.to_thread(self._freeze, scope)

    async def ask(
        self, question: str, *, scope: Sequence[str] = (), listeners: Sequence[Listener] = ()
    ) -> Answer:
        """Runs the recursive loop over a snapshot taken now; see `rlm_core.engine.ask`."""
        if not question.strip():
            raise QueryError("The question is empty; ask something about the workspace.")
        snapshot = await self.snapshot(scope)
        engine = await asyncio.to_thread(importlib.import_module, "rlm_core.engine")
        if self._models is None:
            from rlm_core import models  # came with the engine

            self._models = models.choose(self.settings.model)
        answer: Answer = await engine.ask(
            question,
            snapshot,
            models=self._models,
            sandbox=self._shared_sandbox(),
            settings=self.settings,
            listeners=listeners,
            notes=self.notes(snapshot),
        )
        cited = dict.fromkeys(citation.path for citation in answer.citations)
        changed = await asyncio.to_thread(self.workspace.changed_files, snapshot, cited)
        return dataclasses.replace(answer, changed=changed)

    async def run_code(
        self, code: str, *, scope: Sequence[str] = (), on_output: Callable[[str], None] | None = None
    ) -> CellResult:
        """Runs one program over `context` in a fresh sandbox, with no model behind it."""
        limits = self.settings.sandbox.model_copy(
            update={"output_chars": EXEC_OUTPUT_CHARS, "session_seconds": math.inf}  # of one cell
        )
        sandbox = self._new_sandbox(limits)
        session = await sandbox.open(await self.snapshot(scope), {})
        try:
            return await session.run(code, on_output)
        finally:
            await session.close()

    async def check_sandbox(self) -> tuple[str, list[Probe]]:
        """Says what isolates programs, attempts what must be impossible, and says how each attempt ended.

        Raises:
            SandboxError: no isolation can be had on this machine.
        """
        sandbox = self._shared_sandbox()
        return sandbox.describe(), await sandbox.check()

    def workspace_notes(self) -> tuple[str, ...]:
        """How the workspace is listed and watched, where that is not the usual way."""
        return (*self.workspace.notes, *([self._unwatched] if self._unwatched else []))

    def notes(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What a reader of an answer should know about its context: above all what was left out."""
        if not snapshot.skipped:
            return self.workspace_notes()
        reasons = Counter(item.reason for item in snapshot.skipped)
        listed = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        return (
            *self.workspace_notes(),
            f"{len(snapshot.skipped)} files are not part of the context: {listed}.",
        )

    def _open(self) -> None:
        self.workspace.snapshot()
        self.workspace.save()
        if self._watch:
            from rlm_core.workspace import watcher  # only servers watch

            self._watcher, self._unwatched = watcher.start(self.workspace)
            self.workspace.watch(self._watcher)
            self.workspace.snapshot()
            importlib.import_module("rlm_core.engine")  # so that the first question need not wait for it

    def _freeze(self, scope: Sequence[str]) -> Snapshot:
        snapshot = self.workspace.snapshot()
        self.workspace.remember(snapshot)
        if not len(snapshot):
            roots = " and ".join(str(root) for root in self.workspace.roots)
            why = " ".join(self.notes(snapshot))
            raise WorkspaceError(f"There is no text file in {roots}. {why}".rstrip())
        if not scope:
            return snapshot
        from rlm_core.context import Context  # pulls in the grammars

        files = Context(snapshot).files(list(scope))
        if not files:
            raise QueryError(f"The scope {', '.join(scope)} names no file. {files.note}")
        return snapshot.restricted(snapshot.index(file) for file in files)

    def _shared_sandbox(self) -> Sandbox:
        if self._sandbox is None:
            self._sandbox = self._new_sandbox(self.settings.sandbox)
        return self._sandbox

    def _new_sandbox(self, limits: SandboxLimits) -> Sandbox:
        from rlm_core import sandbox  # after the handshake

        created = sandbox.create(limits)
        self._sandboxes.append(created)
        return created


def _cache(roots: Sequence[Path], settings: Settings) -> Cache | None:
    """Where the workspace's text is kept between runs; None where nothing can be written."""
    try:
        return Cache(cache_dir(), checked_roots(roots), settings.workspace.cache_mb * 1024 * 1024)
    except OSError as error:
        log.warning("The workspace is read anew each time, because its cache cannot be used: %s", error)
        return None


def _retrieved(opening: asyncio.Task[None]) -> None:
    """Whoever needs the workspace meets the error again; asyncio need not print it."""
    if not opening.cancelled() and (error := opening.exception()) is not None:
        log.info("opening the workspace: %s", error)
