"""Resource subscriptions: over the SDK's bus in the modern era, directly to older clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated

from rlm_core.errors import RlmError
from rlm_core.workspace.history import differences
from rlm_mcp.server.resources import RUN, WORKSPACE, uris_of

if TYPE_CHECKING:
    from mcp.server.session import ServerSession

    from rlm_core.runs import RunHandle
    from rlm_core.service import Service
    from rlm_core.workspace.snapshot import Snapshot
    from rlm_mcp.server.app import App

# One save is several events, and a branch switch thousands: they are announced together.
COALESCE_SECONDS = 0.1
# Older subscriptions than this many give way; their clients may have gone without a word.
MAX_DIRECT = 1000


class Announcer:
    """Compares snapshots while anybody listens, and names the resources whose content has changed.

    Attributes:
        bus: for the SDK, which serves `subscriptions/listen` from it.
    """

    def __init__(self, app: App) -> None:
        self.bus = InMemorySubscriptionBus()
        self._app = app
        self._direct: dict[tuple[str, str], ServerSession] = {}  # by connection and URI
        self._listening = 0
        self._baseline: Snapshot | None = None
        self._dirty = asyncio.Event()
        app.on_service.append(self._follow)
        app.on_run_over.append(self._run_over)

    async def watch(self) -> None:
        """Announces changes until it is cancelled."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(COALESCE_SECONDS)
            self._dirty.clear()
            if self._listening or self._direct:
                await self._announce_files()

    async def listen(self) -> None:
        """Somebody listens on the bus from now on, until `unlisten`."""
        self._listening += 1
        await self._take_baseline()

    def unlisten(self) -> None:
        """One listener less."""
        self._listening -= 1

    async def subscribe(self, connection: str, uri: str, session: ServerSession) -> None:
        """Announces a resource to a client of the handshake era."""
        self._direct[connection, uri] = session
        while len(self._direct) > MAX_DIRECT:
            del self._direct[next(iter(self._direct))]
        await self._take_baseline()

    def unsubscribe(self, connection: str, uri: str) -> None:
        """Takes a subscription back."""
        self._direct.pop((connection, uri), None)

    async def _take_baseline(self) -> None:
        """Remembers the workspace as it is, to compare with, for the first who listens."""
        if self._listening + len(self._direct) <= 1:
            self._baseline = await self._snapshot()

    async def _snapshot(self) -> Snapshot | None:
        try:
            return await self._app.service.snapshot()
        except RlmError:
            return None  # there is nothing to compare with, and the first reading will say why

    async def _announce_files(self) -> None:
        before, now = self._baseline, await self._snapshot()
        self._baseline = now
        if before is None or now is None or before is now:
            return
        changes = await asyncio.to_thread(differences, before, now)
        for change in changes:
            for uri in uris_of(change.path):
                await self._announce(uri)
        if changes:
            await self._announce(WORKSPACE)

    async def _announce(self, uri: str) -> None:
        await self.bus.publish(ResourceUpdated(uri=uri))
        for (_, subscribed), session in list(self._direct.items()):
            if subscribed == uri:
                await session.send_resource_updated(uri)

    def _follow(self, service: Service) -> None:
        service.on_change(self._dirty.set)
        self._dirty.set()

    def _run_over(self, run: RunHandle) -> None:
        self._app.background(self._announce(RUN + run.id))


def connection_of(ctx: Any) -> str:
    """Names the connection of a message: there is one over stdio, and one for each HTTP session."""
    headers = getattr(ctx.request, "headers", None) or {}
    return str(headers.get("mcp-session-id", ""))
