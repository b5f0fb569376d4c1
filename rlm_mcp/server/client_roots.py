"""Roots of the client (MCP roots), which are the workspace where the command line names no folders."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mcp.shared.exceptions import MCPError
from mcp.types import ListRootsRequest, ListRootsResult

from rlm_core.errors import WorkspaceError
from rlm_core.wording import comma_list, escaped
from rlm_core.workspace.roots import default_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp.server.session import ServerSession

    from rlm_mcp.server.app import App

log = logging.getLogger(__name__)

# A client that has roots answers at once; one that does not answer is treated like one that has none.
ANSWER_SECONDS = 10.0
SHOWN_ROOTS = 5


class ClientRoots:
    """Opens the workspace when it is known what it is, and anew when that changes.

    Args:
        app: opens it.
        fixed: folders of the command line, which win over whatever the client says.
        ask: whether to ask the client for its roots; a server that is reached over a network does not,
            since the client's folders are on another machine.
    """

    def __init__(self, app: App, fixed: Sequence[Path], *, ask: bool) -> None:
        self._app = app
        self._fixed = list(fixed)
        self._ask = ask and not fixed
        self._fetching = asyncio.Lock()

    async def start(self) -> None:
        """Opens what the command line says; without that the client decides."""
        if not self._ask:
            await self._app.open(self._fixed or [default_root()])

    def applies_to(self, session: ServerSession) -> bool:
        """Whether this client's roots are the workspace."""
        capabilities = session.client_capabilities
        return self._ask and capabilities is not None and capabilities.roots is not None

    async def fetch(self, session: ServerSession) -> None:
        """Asks a client of the handshake era, and opens what it names."""
        async with self._fetching:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self.open_named(await session.send_request(ListRootsRequest(), ListRootsResult))
            except (MCPError, TimeoutError) as error:
                log.warning("The client does not say what its roots are (%s).", error or "no answer")
                await self.open_default()

    async def open_named(self, named: ListRootsResult) -> None:
        """Opens what a client names."""
        paths = [path for root in named.roots if (path := _path(str(root.uri))) is not None]
        if named.roots and not paths:
            uris = comma_list([escaped(str(root.uri)) for root in named.roots], SHOWN_ROOTS)
            await self._app.refuse(
                WorkspaceError(f"None of the client's roots is a folder on this machine ({uris}).")
            )
        elif paths:
            await self._app.open(paths)
        else:
            await self.open_default()

    async def open_default(self) -> None:
        """Opens `default_root`, unless something is open."""
        if not self._app.opened:
            await self._app.open([default_root()])

    async def ensure_open(self, session: ServerSession) -> None:
        """Sees to it that a workspace is open, asking a client of the handshake era if need be."""
        if self._app.opened:
            return
        if self.applies_to(session) and session.can_send_request:
            await self.fetch(session)
        await self.open_default()


def _path(uri: str) -> Path | None:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return None
    path = unquote(parts.path)
    drive = sys.platform == "win32" and path[2:3] == ":"
    return Path(path[1:] if drive else path)  # file:///C:/src: no slash goes before the drive
