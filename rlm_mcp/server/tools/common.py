"""Common to the tools: the workspace they need, and errors that a model can read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    CallToolResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    TextContent,
)

from rlm_core.errors import QueryError, RlmError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcp.server.mcpserver import Context
    from pydantic import BaseModel

    from rlm_mcp.server.app import App

ROOTS = "roots"
MAX_GLOBS = 200
GLOB_CHARS = 4_096


def app_of(ctx: Context[App, Any]) -> App:
    """The server's state."""
    return ctx.request_context.lifespan_context


@contextmanager
def tool_errors() -> Iterator[None]:
    """Turns our sentences into what the SDK lets a model read."""
    try:
        yield
    except RlmError as error:
        raise ToolError(str(error)) from error


async def missing_roots(ctx: Context[App, Any]) -> InputRequiredResult | None:
    """Sees to it that the right workspace is open.

    Returns:
        In the modern era, where only an answer can ask, the question for the client's roots.
    """
    roots = app_of(ctx).client_roots
    if ctx.request_state is None and roots.applies_to(ctx.session) and not ctx.session.can_send_request:
        return InputRequiredResult(input_requests={ROOTS: ListRootsRequest()}, request_state=ROOTS)
    named = (ctx.input_responses or {}).get(ROOTS)
    if ctx.request_state == ROOTS and isinstance(named, ListRootsResult):
        await roots.open_named(named)
    await roots.ensure_open(ctx.session)
    return None


def checked_scope(scope: list[str]) -> list[str]:
    """The globs of a call, if they can have been meant; raises `QueryError`."""
    if len(scope) > MAX_GLOBS or any(len(glob) > GLOB_CHARS for glob in scope):
        raise QueryError(f"`scope` takes up to {MAX_GLOBS} globs of up to {GLOB_CHARS:,} characters.")
    return scope


def tool_result(fields: BaseModel, text: str) -> CallToolResult:
    """The same as fields, for hosts that show a model those, and as text, for hosts that show it this."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=fields.model_dump(mode="json")
    )
