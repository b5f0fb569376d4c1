"""MCP server: protocol in, core calls out, events back as progress."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS
from pydantic import ValidationError

from rlm_core import __version__
from rlm_core.wording import comma_list, escaped, truncate
from rlm_mcp.server import argument_completion, prompts, resources, tools
from rlm_mcp.server.icons import ICONS
from rlm_mcp.server.middleware import Handshake
from rlm_mcp.server.stdio import answering_stdio
from rlm_mcp.server.subscriptions import Announcer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mcp.server.auth.provider import TokenVerifier
    from mcp.server.auth.settings import AuthSettings
    from mcp.server.mcpserver import Context
    from mcp.types import CallToolResult, GetPromptResult, InputRequiredResult, Tool

    from rlm_mcp.server.app import App

QUOTED_CHARS = 200  # of a client's own words
MISFITS = 3  # of what is wrong with a call's arguments, that many are told


class _Server(MCPServer["App"]):
    _parameters: Mapping[str, Mapping[str, Any]] = {}  # of each tool, once they are known

    async def run_stdio_async(self) -> None:
        """Serves stdin and stdout as the SDK does, but answers what that drops."""
        server = self._lowlevel_server
        async with answering_stdio() as (messages, replies):
            await server.run(messages, replies, server.create_initialization_options())

    async def list_tools(self) -> list[Tool]:
        """The tools with schemas that hold what a model needs: every connection pays for the rest."""
        listed = await super().list_tools()
        for tool in listed:
            tool.input_schema = _lean_input(tool.input_schema)
        return listed

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[App, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Refuses arguments that the tool does not have: the SDK drops them, and a `scope` with them."""
        if not self._parameters:
            self._parameters = {
                tool.name: tool.input_schema["properties"] for tool in await self.list_tools()
            }
        known = self._parameters.get(name, arguments)
        if unknown := truncate(", ".join(map(escaped, sorted(arguments.keys() - known))), QUOTED_CHARS):
            raise ToolError(f"{name} takes no {unknown}; it takes {', '.join(known)}.")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            raise ToolError(_misfit(name, error.__cause__)) from error.__cause__

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[App, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Says what is wrong with a call, by -32602 (server/prompts, "Error Handling"): the SDK does not."""
        known = {prompt.name: prompt.arguments or [] for prompt in await self.list_prompts()}
        if name not in known:
            shown = truncate(name, QUOTED_CHARS)
            raise MCPError(INVALID_PARAMS, f"There is no prompt {shown!r}, only {', '.join(known)}.")
        given, takes = arguments or {}, ", ".join(argument.name for argument in known[name])
        for argument in known[name]:
            if argument.required and not given.get(argument.name):
                raise MCPError(INVALID_PARAMS, f"The prompt {name} needs the argument {argument.name}.")
        if unknown := ", ".join(sorted(given.keys() - {argument.name for argument in known[name]})):
            unknown = truncate(unknown, QUOTED_CHARS)
            raise MCPError(INVALID_PARAMS, f"The prompt {name} takes no {unknown}; it takes {takes}.")
        return await super().get_prompt(name, arguments, context)


def create_server(
    app: App, *, auth: AuthSettings | None = None, verifier: TokenVerifier | None = None
) -> MCPServer[App]:
    """A server over an app, which is entered when the server starts and closed when it ends.

    Args:
        app: what the tools, resources and prompts work on.
        auth: that clients over HTTP have to show who they are.
        verifier: tells whose a token is.
    """
    announcer = Announcer(app)

    @asynccontextmanager
    async def lifespan(_: MCPServer[App]) -> AsyncIterator[App]:
        async with app:
            app.background(announcer.watch())
            yield app

    server = _Server(
        "rlm-mcp",
        title="RLM",  # hosts make tool names of it, and show it beside others
        version=__version__,
        instructions=files("rlm_mcp.server").joinpath("instructions.md").read_text("utf-8"),
        icons=ICONS,
        lifespan=lifespan,
        log_level="WARNING",
        auth=auth,
        token_verifier=verifier,
        subscriptions=announcer.bus,
        middleware=[Handshake(app, announcer)],
    )
    tools.register(server, app)
    resources.register(server, app)
    prompts.register(server)
    argument_completion.register(server, app)
    return server


def _misfit(name: str, error: ValidationError) -> str:
    """Says which arguments of a tool are wrong: pydantic's text has what they hold, for a reader of code."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    wrong = [f"{'.'.join(map(str, detail['loc']))} ({detail['msg']})" for detail in details]
    return f"{name} does not take these arguments; what is wrong: {comma_list(wrong, MISFITS)}."


def _lean_input(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without titles, and without defaults that say "nothing"."""
    kept = {
        name: {key: value for key, value in field.items() if key != "title" and (key != "default" or value)}
        for name, field in schema["properties"].items()
    }
    required = {"required": schema["required"]} if "required" in schema else {}
    return {"type": "object", "properties": kept, **required}
