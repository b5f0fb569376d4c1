"""The tools, one module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.types import ToolAnnotations

from rlm_mcp.server.icons import ICONS
from rlm_mcp.server.tools import rlm_query, rlm_repl, rlm_result

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rlm_mcp.server.app import App


def register(server: MCPServer[App], app: App) -> None:
    """Adds every tool to the server."""
    patience = app.grants.patience
    asks = ToolAnnotations(read_only_hint=True, open_world_hint=True)
    looks = asks.model_copy(update={"open_world_hint": False})
    server.tool(
        title="Ask the whole codebase",
        description=rlm_query.DESCRIPTION.format(patience=patience),
        annotations=asks,
        icons=ICONS,
    )(rlm_query.rlm_query)
    server.tool(
        title="Result of a question",
        description=rlm_result.DESCRIPTION.format(patience=patience),
        annotations=looks,
        icons=ICONS,
    )(rlm_result.rlm_result)
    server.tool(
        title="Program over the whole codebase",
        description=rlm_repl.DESCRIPTION,
        annotations=asks,
        icons=ICONS,
    )(rlm_repl.rlm_repl)
