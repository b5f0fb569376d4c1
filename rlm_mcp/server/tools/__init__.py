"""MCP tools: one module for each, which adds it to a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_mcp.server.tools import rlm_query, rlm_repl, rlm_result

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rlm_mcp.server.app import App

# As clients list them.
_TOOLS = (rlm_query, rlm_result, rlm_repl)


def register(server: MCPServer[App], app: App) -> None:
    """Adds every tool to the server."""
    for tool in _TOOLS:
        tool.register(server, app)
