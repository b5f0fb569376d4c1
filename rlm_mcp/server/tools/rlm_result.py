"""MCP tool `rlm_result`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field

from rlm_mcp.server import sampling
from rlm_mcp.server.app import App, owner_of
from rlm_mcp.server.icons import ICONS
from rlm_mcp.server.tools.common import app_of, tool_errors
from rlm_mcp.server.tools.output_schemas import RunReport
from rlm_mcp.server.tools.progress_notifications import notifying_progress
from rlm_mcp.server.tools.run_report import run_report

if TYPE_CHECKING:
    from mcp.server import MCPServer

DESCRIPTION = """\
Waits for a run that rlm_query has started and returns its answer, or what is known so far if it is \
still running after `wait` seconds (0 only looks; {patience:g} at most). Also gives the further pages of \
a long answer, and with cancel=true ends a run that is not needed any more. How an answer came about \
(turns, programs, sub-calls, cost) is in the resource rlm://run/RUN."""


def register(server: MCPServer[App], app: App) -> None:
    """Adds the tool to the server."""
    server.tool(
        title="Result of a question",
        description=DESCRIPTION.format(patience=app.grants.patience),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
        icons=ICONS,
    )(rlm_result)


async def rlm_result(
    run: Annotated[str, Field(description="The run's id, from rlm_query.")],
    ctx: Context[App],
    wait: Annotated[float, Field(ge=0, description="Seconds to wait; the server has a limit.")] = 600.0,
    cancel: Annotated[bool, Field(description="End the run.")] = False,
    page: Annotated[int, Field(ge=1, description="Page of a long answer.")] = 1,
) -> Annotated[CallToolResult, RunReport] | InputRequiredResult:
    """Looks at a run; see `DESCRIPTION`."""
    app = app_of(ctx)
    with tool_errors():
        known = app.runs.get(run, owner_of(ctx.request_context))
        sampling.deliver_replies(ctx, known)
        if cancel:
            await known.cancel()
        async with notifying_progress(ctx, known.listeners):
            input_required = await sampling.wait(ctx, known, min(wait, app.grants.patience))
        return input_required if input_required is not None else run_report(known, page)
