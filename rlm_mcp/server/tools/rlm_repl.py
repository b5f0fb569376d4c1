"""MCP tool `rlm_repl`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field

from rlm_core.context.api_reference import brief_api_reference
from rlm_core.errors import QueryError
from rlm_mcp.server.app import App, owner_of
from rlm_mcp.server.icons import ICONS
from rlm_mcp.server.tools.common import app_of, missing_roots, tool_errors
from rlm_mcp.server.tools.output_schemas import ReplResult
from rlm_mcp.server.tools.repl_calls import (
    ReplCall,
    check_opened,
    new_session,
    program_session_opener,
    settle,
)
from rlm_mcp.server.tools.repl_result import repl_result

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rlm_core.repl_sessions import ReplSession

# Bytes. Clients cut descriptions (Claude Code at 2,048); help(context) has all of it.
METHODS_BYTES = 750

DESCRIPTION = """\
Runs Python over this whole codebase in a sandbox: you are the root model of a Recursive Language Model. \
Needs no key. The code is the variable `context`, frozen as it is now; only what you print enters your \
window: counts and the places that decide. Pass the answer's `session` to go on with its variables; \
RERUN(-1, 'old', 'new') runs the program before again, changed.

len(context), `for path in context`, context[path] is a file's text. Lists have items with .path, .line and \
.text or .qualified_name; .note says what they lack. show takes items, 'a.py:10-40', 'b.py::Class.method'. \
help(context.show) says more, as of each of:
{methods}

llm_query(prompt) and llm_query_batched(prompts) ask a sub-model: put many items into one prompt. With none \
configured, the program is suspended until you have answered all `prompts` yourself, each only from its \
text: rlm_repl(session=..., replies=['to the first', ...]).

After {patience:g} s status is "running": call with `session` alone to wait. fresh=true restarts on the \
files as they are now, without the variables."""


def register(server: MCPServer[App], app: App) -> None:
    """Adds the tool to the server."""
    server.tool(
        title="Program over the whole codebase",
        description=DESCRIPTION.format(
            methods=brief_api_reference(METHODS_BYTES), patience=app.grants.patience
        ),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=True),
        icons=ICONS,
    )(rlm_repl)


async def rlm_repl(
    ctx: Context[App],
    code: Annotated[str, Field(description="A Python program; the last expression is echoed.")] = "",
    session: Annotated[str, Field(description="The session to go on in; empty starts one.")] = "",
    replies: Annotated[
        list[str], Field(fail_fast=True, description="One for each prompt shown last, in their order.")
    ] = [],
    first: Annotated[
        int,
        Field(ge=0, description="Number of the first prompt replied to, to correct earlier replies."),
    ] = 0,
    page: Annotated[int, Field(ge=1, description="Page of what was shown last.")] = 1,
    fresh: Annotated[bool, Field(description="Restart the session on the files as they are now.")] = False,
    scope: Annotated[
        list[str], Field(fail_fast=True, description="For a new or fresh session: only these globs.")
    ] = [],
    rev: Annotated[str, Field(description="As scope: a git revision.")] = "",
) -> Annotated[CallToolResult, ReplResult] | InputRequiredResult:
    """Drives a session; see `DESCRIPTION`."""
    app, owner = app_of(ctx), owner_of(ctx.request_context)
    with tool_errors():
        _check(code, session, replies, first, scope or rev, fresh=fresh)
        if session:
            call = ReplCall(app.repls.get(session, owner), started=bool(code) or fresh)
            if fresh:
                opener = program_session_opener(app, owner, scope, rev, call.session.assistant)
                call.session.open(opener, code)
            else:
                check_opened(call.session)
                _go_on(call.session, code, replies, first)
        elif (input_required := await missing_roots(ctx)) is not None:
            return input_required
        else:
            call = await new_session(app, owner, scope, rev, code)
        await settle(ctx, app, owner, call)
    return repl_result(call, page)


def _check(
    code: str, session: str, replies: list[str], first: int, scope: list[str] | str, *, fresh: bool
) -> None:
    """Raises `QueryError` about arguments that do not go together, before anything is made of one."""
    if code and replies:
        raise QueryError("Give either `code` or `replies`: a suspended program has to go on first.")
    if first and not replies:
        raise QueryError("`first` goes with `replies`: it says which prompt the first of them is for.")
    if not (code or session):
        raise QueryError("Give `code` to run, or the `session` to look at.")
    if fresh and replies:
        raise QueryError("Give either `fresh` or `replies`: a fresh session has no prompts.")
    if scope and session and not fresh:
        raise QueryError(
            "`scope` and `rev` are for a new or a fresh session, and a session keeps its files: leave "
            "`session` out, or restart it with fresh=true, without its variables."
        )


def _go_on(session: ReplSession, code: str, replies: list[str], first: int) -> None:
    """Starts a program, or lets the one that is suspended go on."""
    if code:
        session.start(code)
    elif replies:
        session.reply(replies, first)
    else:
        session.look()
