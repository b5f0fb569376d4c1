"""Service: one open workspace with its sandbox and models, which every face drives."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from rlm_core.config import cache_dir
from rlm_core.context.facts import facts
from rlm_core.context.globs import MAX_CHARS, Globs
from rlm_core.errors import QueryError, WorkspaceError
from rlm_core.wording import escaped, pluralize, truncate
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.history import differences
from rlm_core.workspace.roots import checked_roots
from rlm_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from rlm_core.config import Limits, Settings
    from rlm_core.context.results import Results
    from rlm_core.engine.answer import Answer
    from rlm_core.engine.events import Listener
    from rlm_core.engine.program_session import ProgramSession
    from rlm_core.models import Models
    from rlm_core.sandbox.base import CellResult, Sandbox
    from rlm_core.symbol_queries import SymbolQueries
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.history import Change
    from rlm_core.workspace.snapshot import Snapshot
    from rlm_core.workspace.workspace import Watcher

log = logging.getLogger(__name__)

# What `run_code` hands back at most: there the reader is a person or a pipe, not a model's window.
EXEC_OUTPUT_CHARS = 100_000_000
# And a cell of a session that an assistant drives, which reads it page by page.
REPL_OUTPUT_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class AskOverrides:
    """How one question or session differs from the settings.

    Attributes:
        models: who answers, instead of the configured ones; they stay the caller's to close.
        limits: what it may spend.
        snapshot: what `context` is, instead of the workspace as it is now.
        subject: what the question is about besides its words: a file, or a selection with its text.
        run_id: the run's name, from `rlm_core.engine.event_stream.new_run_id`.
    """

    models: Models | None = None
    limits: Limits | None = None
    snapshot: Snapshot | None = None
    subject: str = ""
    run_id: str = ""


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
        self._snapshots = ThreadPoolExecutor(1, thread_name_prefix="snapshot")
        self._watcher: Watcher | None = None
        self._sandboxes: dict[frozenset[tuple[str, float]], Sandbox] = {}  # by the limits of their own
        self._models: Models | None = None
        self._latest_changes: tuple[Snapshot, Snapshot, list[Change]] | None = None
        self._symbol_queries: SymbolQueries | None = None
        self._opening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._opening = asyncio.create_task(asyncio.to_thread(self._open))
        self._opening.add_done_callback(_log_failure)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends runs' processes, the watcher and the reading of files; may be called twice."""
        sandboxes, self._sandboxes = self._sandboxes, {}
        await asyncio.gather(*(sandbox.close() for sandbox in sandboxes.values()))
        self._symbol_queries = None
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
        return self.workspace.watched

    async def snapshot(self, scope: Sequence[str] = (), rev: str = "") -> Snapshot:
        """The workspace as it is now or was at a git revision, or the part that the globs in `scope` name.

        Raises:
            WorkspaceError: there is no text in the workspace.
            QueryError: the scope names nothing, or is an empty text; there is no such revision.
        """
        snapshot = await (self._past(rev) if rev else self.present())
        return await asyncio.to_thread(self._scoped, snapshot, scope)

    async def present(self) -> Snapshot:
        """The workspace as it is now, for looking something up: nobody will compare it with later ones.

        Raises:
            WorkspaceError: there is no text in the workspace.
        """
        if self._opening is not None:
            await asyncio.wait([self._opening])  # should it have failed, so will this, unless it was mended
        snapshot = await self._taken()
        if not len(snapshot):
            roots = " and ".join(str(root) for root in self.workspace.roots)
            why = " ".join(self._left_out(snapshot))
            raise WorkspaceError(f"There is no text file in {roots}. {why}".rstrip())
        return snapshot

    async def _past(self, rev: str) -> Snapshot:
        snapshot = await asyncio.to_thread(self.workspace.at_revision, rev)
        if not len(snapshot):
            raise WorkspaceError(f"There is no text file in {rev}. {' '.join(self._left_out(snapshot))}")
        return snapshot

    async def _taken(self) -> Snapshot:
        """A snapshot; those at the same time wait for one another, and should not take up others' threads."""
        return await asyncio.get_running_loop().run_in_executor(self._snapshots, self.workspace.snapshot)

    async def changes(self, since: Snapshot) -> list[Change]:
        """The files that differ by now from a snapshot of this workspace, as far as they were part of it.

        None do from one of a git revision: that is not what the files say.
        """
        if since.revision:
            return []
        whole = since if since.history is None else since.history.present
        now = await self._taken()
        if now is whole:
            return []
        if self._latest_changes is None or self._latest_changes[:2] != (whole, now):
            self._latest_changes = (whole, now, await asyncio.to_thread(differences, whole, now))
        return [
            change for change in self._latest_changes[2] if change.status == "added" or change.path in since
        ]

    def on_change(self, callback: Callable[[], None]) -> None:
        """Calls back on this event loop whenever files may have changed; only where they are watched."""
        loop = asyncio.get_running_loop()

        def report() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(callback)

        self.workspace.on_report = report

    async def ask(
        self,
        question: str,
        *,
        scope: Sequence[str] = (),
        rev: str = "",
        listeners: Sequence[Listener] = (),
        overrides: AskOverrides | None = None,
    ) -> Answer:
        """Runs the recursive loop over a snapshot; see `rlm_core.engine.question.ask`.

        Args:
            question: what to find out.
            scope: globs; only these files.
            rev: a git revision; these are its files, and not those of the workspace as it is now.
            listeners: called with each event.
            overrides: how this question differs from what the settings say.
        """
        if not question.strip():
            raise QueryError("The question is empty; ask something about the workspace.")
        overrides = overrides or AskOverrides()
        snapshot = overrides.snapshot or await self.snapshot(scope, rev)
        await _warm_up()
        from rlm_core.engine import question as engine

        answer = await engine.ask(
            question,
            snapshot,
            models=overrides.models or self._configured_models(),
            sandbox=self._sandbox(),
            settings=self.settings.model_copy(update={"limits": overrides.limits or self.settings.limits}),
            listeners=listeners,
            notes=tuple(filter(None, (self.warning, *self.notes(snapshot)))),
            subject=overrides.subject,
            run_id=overrides.run_id,
        )
        if snapshot.revision:
            return answer
        cited = dict.fromkeys(citation.path for citation in answer.citations)
        changed = await asyncio.to_thread(self.workspace.changed_files, snapshot, cited)
        return dataclasses.replace(answer, changed=changed)

    async def open_program_session(
        self,
        *,
        scope: Sequence[str] = (),
        rev: str = "",
        listeners: Sequence[Listener] = (),
        overrides: AskOverrides | None = None,
    ) -> ProgramSession:
        """A session over a snapshot for programs that come from outside.

        Its arguments are those of `ask`; see `rlm_core.engine.program_session`.
        """
        overrides = overrides or AskOverrides()
        snapshot = overrides.snapshot or await self.snapshot(scope, rev)
        await _warm_up()
        from rlm_core.engine.program_session import ProgramSession

        return await ProgramSession.open(
            snapshot,
            models=overrides.models or self._configured_models(),
            sandbox=self._sandbox(output_chars=REPL_OUTPUT_CHARS),
            settings=self.settings.model_copy(update={"limits": overrides.limits or self.settings.limits}),
            listeners=listeners,
        )

    async def run_code(
        self,
        code: str,
        snapshot: Snapshot,
        *,
        functions: Mapping[str, Callable[..., Awaitable[Any]]],
        on_output: Callable[[str], None] | None = None,
    ) -> CellResult:
        """Runs one program over a snapshot in a fresh sandbox, with no model behind it.

        Args:
            code: the program.
            snapshot: what `context` is.
            functions: what it can call besides; see `rlm_core.sandbox.base.Sandbox.open`.
            on_output: called with the output piece by piece as it is printed.
        """
        # One cell is all there is, so only its own limit counts.
        sandbox = self._sandbox(output_chars=EXEC_OUTPUT_CHARS, session_seconds=math.inf)
        session = await sandbox.open(snapshot, functions)
        try:
            return await session.run(code, on_output)
        finally:
            await session.close()

    async def symbols(self, path: str, at: Snapshot | None = None) -> Results[Symbol]:
        """The definitions of one file as a tree; see `Context.symbols`.

        This and the next two look at the present, unless they are given what `present` gave. They raise
        `QueryError` as `Context` does, `WorkspaceError` when the workspace has no text, and
        `SandboxError` when the worker that looks could not answer.
        """
        return await self._queries().symbols(at or await self.present(), path)

    async def outline(self, glob: str | Sequence[str], depth: int = 2, max_chars: int = 20_000) -> str:
        """Definitions of files as text; see `Context.outline`."""
        return await self._queries().outline(await self.present(), glob, depth, max_chars)

    async def find(
        self, name: str, kind: str | None = None, limit: int = 100, at: Snapshot | None = None
    ) -> Results[Symbol]:
        """Where a name is defined; see `Context.find`."""
        return await self._queries().find(at or await self.present(), name, kind, limit)

    @property
    def warning(self) -> str:
        """What everybody must be told whose programs run in this sandbox; empty when it isolates them.

        Raises:
            SandboxError: there is no sandbox for this system.
        """
        return self._sandbox().warning

    def notes(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What a reader of an answer should know about settings and context: above all what was left out."""
        return (*self.settings.notes, *self._left_out(snapshot))

    def _left_out(self, snapshot: Snapshot) -> tuple[str, ...]:
        said = [] if snapshot.revision else list(self.workspace.notes)
        if snapshot.revision:
            said.append(
                f"This is about git revision {snapshot.revision}, not about the files as they are now."
            )
        if snapshot.skipped:
            reasons = Counter(item.reason for item in snapshot.skipped)
            listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
            files = pluralize(len(snapshot.skipped), "file is", "files are")
            said.append(f"{files} not part of the context: {listed}.")
        if snapshot.masked:
            kinds = facts(snapshot).masked
            files = pluralize(len({item.path for item in snapshot.masked}), "file")
            listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
            said.append(
                f"{pluralize(sum(kinds.values()), 'secret is', 'secrets are')} masked in {files}: {listed}."
            )
        return tuple(said)

    def _open(self) -> None:
        self.workspace.snapshot()
        self.workspace.save()
        if self._watch:
            from rlm_core.workspace import watcher  # only servers watch

            self._watcher, why_not = watcher.start(self.workspace)
            self.workspace.watch(self._watcher, why_not)
            self.workspace.snapshot()
            _import_engine()  # so that the first question need not wait for it

    def _scoped(self, snapshot: Snapshot, scope: Sequence[str]) -> Snapshot:
        self.workspace.remember(snapshot)
        if not scope:
            return snapshot
        if not all(glob.strip() for glob in scope):
            raise QueryError(
                "A scope is empty: give a folder or a glob, such as 'src/' or '*.py', or none for all files."
            )
        globs = Globs(snapshot)
        rows = globs.rows(list(scope))
        if not rows:
            shown = truncate(", ".join(map(escaped, scope)), MAX_CHARS)
            raise QueryError(f"The scope {shown} names no file. {globs.no_match_note(list(scope))}")
        return snapshot.restricted(rows)

    def _queries(self) -> SymbolQueries:
        if self._symbol_queries is None:
            from rlm_core.symbol_queries import SymbolQueries  # after the handshake

            self._symbol_queries = SymbolQueries(self._sandbox())
        return self._symbol_queries

    def _configured_models(self) -> Models:
        if self._models is None:
            from rlm_core import models  # came with the engine

            self._models = models.choose(self.settings.model)
        return self._models

    def _sandbox(self, **limits: float) -> Sandbox:
        """The sandbox with these limits instead of those in the settings."""
        key = frozenset(limits.items())
        if key not in self._sandboxes:
            from rlm_core.sandbox import choice  # after the handshake

            self._sandboxes[key] = choice.create(self.settings.sandbox.model_copy(update=limits))
        return self._sandboxes[key]


def revision_note(snapshot: Snapshot) -> str:
    """A sentence about which files these are, where it is not those that are there now."""
    return f"This is about git revision {snapshot.revision}, not about the files as they are now."


async def _warm_up() -> None:
    """Imports the engine on a thread, because that takes a while; importing it by name then takes nothing."""
    await asyncio.to_thread(_import_engine)


def _import_engine() -> None:
    import rlm_core.engine.program_session
    import rlm_core.engine.question  # noqa: F401 - for its effect


def _cache(roots: Sequence[Path], settings: Settings) -> Cache | None:
    """Where the workspace's text is kept between runs; None where nothing can be written."""
    try:
        return Cache(cache_dir(), checked_roots(roots), settings.workspace.cache_mb * 1024 * 1024)
    except OSError as error:
        log.warning("The workspace is read anew each time, because its cache cannot be used: %s", error)
        return None


def _log_failure(opening: asyncio.Task[None]) -> None:
    """Whoever needs the workspace meets the error again; asyncio need not print it."""
    if not opening.cancelled() and (error := opening.exception()) is not None:
        log.info("opening the workspace: %s", error)
