"""The MCP server: protocol in, core calls out, events back as progress."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

from mcp.server import MCPServer

from rlm_core import __version__
from rlm_mcp import tools
from rlm_mcp.icons import ICONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rlm_mcp.app import App


def create_server(app: App) -> MCPServer[App]:
    """A server over an app, which is entered when the server starts and closed when it ends."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[App]) -> AsyncIterator[App]:
        async with app:
            yield app

    server: MCPServer[App] = MCPServer(
        "rlm-mcp",
        title="Recursive Language Model over this workspace",
        version=__version__,
        instructions=files("rlm_mcp").joinpath("instructions.md").read_text("utf-8"),
        icons=ICONS,
        lifespan=lifespan,
        log_level="WARNING",
    )
    tools.register(server, app)
    return server
