"""The MCP server: protocol in, core calls out, events back as progress."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context  # noqa: TC002 - the SDK evaluates the tools' annotations
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from rlm_core import __version__
from rlm_core.engine.answer import Answer
from rlm_core.engine.progress import describe
from rlm_core.engine.render import markdown
from rlm_core.errors import RlmError
from rlm_core.service import Service  # noqa: TC001 - as for Context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from rlm_core.engine.events import Event


def create_server(open_service: Callable[[], Service]) -> MCPServer[Service]:
    """A server over one workspace.

    Args:
        open_service: makes the service; called when the first connection starts, so that an unusable
            root is found before and not in the middle of a handshake.
    """

    @asynccontextmanager
    async def lifespan(_: MCPServer[Service]) -> AsyncIterator[Service]:
        async with open_service() as service:
            yield service

    server: MCPServer[Service] = MCPServer(
        "rlm-mcp",
        title="Recursive Language Model over this workspace",
        version=__version__,
        instructions=files("rlm_mcp").joinpath("instructions.md").read_text("utf-8"),
        lifespan=lifespan,
        log_level="WARNING",
    )
    server.tool(
        title="Ask the whole codebase",
        annotations=ToolAnnotations(
            read_only_hint=True, destructive_hint=False, idempotent_hint=False, open_world_hint=True
        ),
    )(rlm_query)
    return server


async def rlm_query(
    question: Annotated[str, Field(description="One complete question about the codebase.")],
    ctx: Context[Service],
    scope: Annotated[
        list[str] | None,
        Field(description="Only these files: globs or folders, such as ['src/', '*.py', '!tests/']."),
    ] = None,
) -> Annotated[CallToolResult, Answer]:
    """Answers a question that needs many files of this workspace at once.

    A Recursive Language Model explores the whole codebase with programs in a sandbox, so its size does
    not matter and none of it enters your window. Returns Markdown with citations (path:start-end) that
    were checked against the files as they are now, unsaved edits included where an editor shares them.
    Takes seconds to minutes; progress is reported.
    """
    async with _progress(ctx) as listener:
        try:
            answer = await ctx.request_context.lifespan_context.ask(
                question, scope=scope or (), listeners=[listener]
            )
        except RlmError as error:
            raise ToolError(str(error)) from error
    return CallToolResult(
        content=[TextContent(type="text", text=markdown(answer))],
        structured_content=dataclasses.asdict(answer),
    )


@asynccontextmanager
async def _progress(ctx: Context[Any]) -> AsyncIterator[Callable[[Event], None]]:
    """A listener that turns events into progress notifications, in order, without holding up the run."""
    lines: asyncio.Queue[str] = asyncio.Queue()

    async def send() -> None:
        number = 0
        while True:
            line = await lines.get()
            number += 1
            await ctx.report_progress(number, message=line)

    def listener(event: Event) -> None:
        line = describe(event)
        if line is not None:
            lines.put_nowait(line)

    sender = asyncio.create_task(send())
    try:
        yield listener
    finally:
        sender.cancel()
        await asyncio.wait([sender])
