"""The server over HTTP, with the tools that MCP's conformance suite calls to provoke what ours never do.

python -m tests.support.conformance PORT ROOT
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context  # noqa: TC002 - the SDK evaluates the tools' annotations
from mcp.shared.exceptions import MCPError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    ClientCapabilities,
    MissingRequiredClientCapabilityErrorData,
    SamplingCapability,
)

from rlm_core import config
from rlm_core.config import ServerSettings
from rlm_mcp.server import http
from rlm_mcp.server.app import App

if TYPE_CHECKING:
    from mcp.server import MCPServer


def add_fixtures(server: MCPServer[App]) -> None:
    """Adds the suite's tools; it knows them by name."""

    @server.tool()
    async def test_missing_capability(ctx: Context[Any, Any]) -> str:
        """Needs a model."""
        needed = ClientCapabilities(sampling=SamplingCapability())
        if ctx.session.check_client_capability(needed):
            return "sampling is declared"
        data = MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
        raise MCPError(
            code=MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="The client does not declare sampling.",
            data=data.model_dump(by_alias=True, mode="json", exclude_none=True),
        )

    @server.tool()
    async def test_trigger_tool_change(ctx: Context[Any, Any]) -> str:
        """Says that the tools have changed."""
        await ctx.notify_tools_changed()
        return "announced"

    @server.tool()
    async def test_trigger_prompt_change(ctx: Context[Any, Any]) -> str:
        """Says that the prompts have changed."""
        await ctx.notify_prompts_changed()
        return "announced"


def main(port: int, root: Path) -> None:
    app = App(config.load, ServerSettings(), [root], ask_roots=False)
    http.serve(app, http.Address("127.0.0.1", port), http.Tokens(), extend=add_fixtures)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
