"""Application state of one server: the workspace in force, runs, sessions."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self

from mcp.server.auth.middleware.auth_context import get_access_token

from rlm_core.errors import QueryError, RlmError
from rlm_core.owner import Owner
from rlm_core.repl_sessions import ReplSessions
from rlm_core.runs import Runs
from rlm_core.service import Service
from rlm_mcp.server.client_roots import ClientRoots

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path
    from types import TracebackType

    from mcp.server.context import ServerRequestContext

    from rlm_core.config import Limits, ServerSettings, Settings
    from rlm_core.repl_sessions import ReplSession
    from rlm_core.runs import RunHandle

log = logging.getLogger(__name__)

STDIO = Owner("stdio")
# All who connect over HTTP where no tokens are asked for. Nothing tells them apart: neither their address,
# which on loopback is the same, nor a header, which they write themselves.
ANYBODY = Owner("anybody", proven=False)
EXPIRY_SECONDS = 30.0


class App:
    """The server's state. One lives as long as its server.

    Args:
        settings_for: the settings in force for some roots; raises `ConfigError`.
        grants: what clients may use.
        fixed_roots: folders of the command line.
        ask_roots: whether a client's roots are the workspace where the command line names none.

    Attributes:
        client_roots: what the workspace is.
        runs: questions under way and answered.
        repls: sessions of `rlm_repl`.
        on_service: called with each workspace that is opened.
        on_run_over: called with each run that is over.
        draining: nothing new is started.
        closed: set when `close` has been through.
    """

    def __init__(
        self,
        settings_for: Callable[[Sequence[Path]], Settings],
        grants: ServerSettings,
        fixed_roots: Sequence[Path] = (),
        *,
        ask_roots: bool,
    ) -> None:
        self.grants = grants
        self.runs = Runs(grants.runs, self._run_over)
        self.repls = ReplSessions(grants.sessions, grants.idle_seconds, self._session_over)
        self.client_roots = ClientRoots(self, fixed_roots, ask=ask_roots)
        self.on_service: list[Callable[[Service], None]] = []
        self.on_run_over: list[Callable[[RunHandle], None]] = []
        self.draining = False
        self.closed = asyncio.Event()
        self._settings_for = settings_for
        self._roots: list[Path] | None = None
        self._service: Service | None = None
        self._services: set[Service] = set()  # the one in force, and those that runs still need
        self._error: RlmError | None = None
        self._opening = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._spent: dict[Owner, float] = defaultdict(float)

    async def __aenter__(self) -> Self:
        self.background(self._expire())
        await self.client_roots.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends runs, sessions and the workspace; may be called twice."""
        await self.runs.finish(0)
        await self.repls.close_all("The server is ending.")
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._service = None
        await asyncio.gather(*(service.close() for service in self._services))
        self.closed.set()

    async def drain(self, seconds: float) -> None:
        """Takes no new work, and gives what is under way so long to end."""
        self.draining = True
        await asyncio.gather(self.runs.finish(seconds), self.repls.finish(seconds))

    async def dismiss(self, owner: Owner) -> None:
        """Ends all that a client has, which may not connect any more."""
        await self.runs.cancel_all(owner)
        await self.repls.close_of(owner, "Its client's token is not accepted any more.")

    async def open(self, roots: Sequence[Path]) -> None:
        """Makes these folders the workspace; sessions over others end, runs over others go on.

        A folder that cannot be used is not an error here: `service` raises it when the workspace is needed.
        """
        async with self._opening:
            if self._roots == list(roots):
                return
            service, error = None, None
            try:
                # A cache of many files takes a while to load, and a slow disk longer.
                service = await asyncio.to_thread(self._create_service, roots)
                self._services.add(service)
                await service.__aenter__()
            except RlmError as problem:
                service, error = None, problem
            # Not before: who finds that something is open takes it.
            old, self._service, self._error, self._roots = self._service, service, error, list(roots)
            if service is not None:
                log.info("opened %s", ", ".join(map(str, service.workspace.roots)))
                for note in service.settings.notes:
                    log.warning("%s", note)
                for listener in self.on_service:
                    listener(service)
            if old is not None:
                await self._leave(old)

    def _create_service(self, roots: Sequence[Path]) -> Service:
        return Service(roots, self._settings_for(roots), watch=True)

    async def refuse(self, error: RlmError) -> None:
        """There is no workspace, for this reason."""
        async with self._opening:
            old, self._service, self._error, self._roots = self._service, None, error, []
            if old is not None:
                await self._leave(old)

    async def _leave(self, service: Service) -> None:
        await self.repls.close_all("The workspace's folders have changed since.")
        self.background(self._retire(service))

    @property
    def opened(self) -> bool:
        """Whether somebody has said what the workspace is."""
        return self._roots is not None

    @property
    def service(self) -> Service:
        """The workspace in force; raises the `RlmError` that keeps it from being used."""
        if self._error is not None:
            raise self._error
        if self._service is None:
            raise QueryError("The workspace is not open yet, or not any more; try again in a moment.")
        return self._service

    @property
    def has_endpoint(self) -> bool:
        """Whether a model is configured: no workspace has a say in that."""
        return self._settings_for(()).model.endpoint

    def limits_for(self, owner: Owner) -> Limits:
        """What a client's next run or session may spend.

        Raises:
            QueryError: the client has spent what it may, or the server is ending.
        """
        if self.draining:
            raise QueryError("The server is shutting down and takes no new work.")
        limits, granted = self.service.settings.limits, self.grants.client_cost
        if owner == STDIO or granted is None:
            return limits
        under_way = [run for run in self.runs.under_way() if run.owner == owner]
        now = sum((run.usage.cost_usd if run.usage else None) or 0.0 for run in under_way)
        left = granted - self._spent[owner] - now - sum(session.cost for session in self.repls.of(owner))
        if left <= 0:
            raise QueryError(f"This client has spent the ${granted:g} that it may (server.client_cost).")
        return limits.model_copy(update={"cost": min(left, limits.cost or left)})

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Keeps a coroutine running until it ends or the server does."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_over)

    def _background_over(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A background task failed.", exc_info=error)

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(min(EXPIRY_SECONDS, self.grants.idle_seconds))
            await self.repls.expire()

    async def _retire(self, service: Service) -> None:
        tasks = [run.task for run in self.runs.under_way()]
        if tasks:
            await asyncio.wait(tasks)
        self._services.discard(service)
        await service.close()

    def _run_over(self, run: RunHandle) -> None:
        log.info("run %s of %s is over: %s", run.id, run.owner.name, run.state)
        self._spent[run.owner] += (run.usage.cost_usd if run.usage else None) or 0.0
        for listener in self.on_run_over:
            listener(run)

    def _session_over(self, session: ReplSession) -> None:
        self._spent[session.owner] += session.cost


def owner_of(ctx: ServerRequestContext[Any, Any]) -> Owner:
    """Who asks: over stdio there is one client, over HTTP the one whose token it is, else anybody."""
    if (token := get_access_token()) is not None:
        return Owner(token.client_id)
    return STDIO if getattr(ctx.request, "headers", None) is None else ANYBODY
