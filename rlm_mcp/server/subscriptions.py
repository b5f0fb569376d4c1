"""Resource subscriptions: over the SDK's bus in the modern era, directly to older clients."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS

from rlm_core.errors import RlmError
from rlm_core.workspace.history import differences
from rlm_mcp.server.resources import RUN, WORKSPACE, uris_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp.server.session import ServerSession

    from rlm_core.runs import RunHandle
    from rlm_core.service import Service
    from rlm_core.workspace.snapshot import Snapshot
    from rlm_mcp.server.app import App

log = logging.getLogger(__name__)

# One save is several events, and a branch switch thousands: they are announced together.
COALESCE_SECONDS = 0.1
# Of each connection of an older client, and of each stream of a newer one.
MAX_SUBSCRIPTIONS = 256
# Of older clients; the oldest connections give way, which may have gone without a word.
MAX_SUBSCRIBERS = 1_000
# A path of the longest kind, percent-encoded.
MAX_URI_CHARS = 3 * 4_096 + 100
# A client that does not take what it has subscribed to is told no more.
TELL_SECONDS = 5.0


@dataclass(slots=True)
class _Subscriber:
    session: ServerSession
    uris: set[str] = field(default_factory=set)


class Announcer:
    """Compares snapshots while anybody listens, and names the resources whose content has changed.

    Attributes:
        bus: for the SDK, which serves `subscriptions/listen` from it.
    """

    def __init__(self, app: App) -> None:
        self.bus = InMemorySubscriptionBus()
        self._app = app
        self._direct: dict[str, _Subscriber] = {}  # by connection
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

    async def listen(self, uris: Sequence[str]) -> None:
        """Somebody listens on the bus for these from now on, until `unlisten`; raises `MCPError`."""
        _check(len(uris), max(map(len, uris), default=0))
        first = not (self._listening or self._direct)
        self._listening += 1
        if first:
            self._baseline = await self._snapshot()

    def unlisten(self) -> None:
        """One listener less."""
        self._listening -= 1

    async def subscribe(self, connection: str, uri: str, session: ServerSession) -> None:
        """Announces a resource to a client of the handshake era; raises `MCPError` if there can be none."""
        known = self._direct[connection].uris if connection in self._direct else set()
        _check(len(known | {uri}), len(uri))
        first = not (self._listening or self._direct)
        subscriber = self._direct.setdefault(connection, _Subscriber(session))
        subscriber.uris.add(uri)
        while len(self._direct) > MAX_SUBSCRIBERS:
            del self._direct[next(iter(self._direct))]
        if first:
            self._baseline = await self._snapshot()

    def unsubscribe(self, connection: str, uri: str) -> None:
        """Takes a subscription back."""
        if (subscriber := self._direct.get(connection)) is not None:
            subscriber.uris.discard(uri)
            if not subscriber.uris:
                del self._direct[connection]

    async def _snapshot(self) -> Snapshot | None:
        try:
            return await self._app.service.snapshot()
        except RlmError:
            return None  # there is nothing to compare with, and the first reading will say why

    async def _announce_files(self) -> None:
        now = await self._snapshot()
        before, self._baseline = self._baseline, now  # only now: whoever listens first sets one meanwhile
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
        await asyncio.gather(
            *(
                self._tell(connection, subscriber.session, uri)
                for connection, subscriber in list(self._direct.items())
                if uri in subscriber.uris
            )
        )

    async def _tell(self, connection: str, session: ServerSession, uri: str) -> None:
        """Tells one client, for which the others do not wait."""
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await session.send_resource_updated(uri)
        except (TimeoutError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._direct.pop(connection, None)
            log.info("a client's subscriptions are over: it does not take what it is sent")

    def _follow(self, service: Service) -> None:
        service.on_change(self._dirty.set)
        self._dirty.set()

    def _run_over(self, run: RunHandle) -> None:
        self._app.background(self._announce(RUN + run.id))


def _check(count: int, longest: int) -> None:
    if count > MAX_SUBSCRIPTIONS:
        raise MCPError(
            INVALID_PARAMS,
            f"A connection or stream has {MAX_SUBSCRIPTIONS} subscriptions at most: take one back first.",
        )
    if longest > MAX_URI_CHARS:
        raise MCPError(INVALID_PARAMS, f"No resource of this server has a URI of {longest:,} characters.")


def connection_of(ctx: Any) -> str:
    """Names the connection of a message: there is one over stdio, and one for each HTTP session."""
    headers = getattr(ctx.request, "headers", None) or {}
    return str(headers.get("mcp-session-id", ""))
