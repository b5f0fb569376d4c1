"""MCP tool `rlm_repl`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field

from rlm_core.context.api_reference import brief_api_reference
from rlm_core.errors import QueryError, RlmError
from rlm_core.models import ClientModel, Models
from rlm_core.service import AskOverrides
from rlm_mcp.server.app import App, owner_of
from rlm_mcp.server.icons import ICONS
from rlm_mcp.server.tools.common import app_of, checked_scope, missing_roots, tool_errors
from rlm_mcp.server.tools.output_schemas import ReplResult
from rlm_mcp.server.tools.progress_notifications import notifying_progress
from rlm_mcp.server.tools.repl_result import repl_result

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rlm_core.engine.events import Listener
    from rlm_core.engine.program_session import ProgramSession
    from rlm_core.owner import Owner
    from rlm_core.repl_sessions import ReplSession

ASSISTANT = "assistant"
# Clients cut descriptions (Claude Code at 2,048 characters); help(context) has all of it.
METHODS_CHARS = 1_100

DESCRIPTION = """\
Runs Python over this whole codebase in a sandbox: you are the root model of a Recursive Language Model. \
Needs no key. The code is the variable `context`, frozen as it is now; only what you print enters your \
window: print little. Pass the answer's `session` to go on with its variables.

len(context), `for path in context`, context[path] is a file's text. help(context) says more of:
{methods}

llm_query(prompt) and llm_query_batched(prompts) ask a sub-model. With none configured, the program is \
suspended: answer `prompts` yourself, each only from its text, and resume with rlm_repl(session=..., \
replies=['to the first', ...]).

After {patience:g} s status is "running": call with `session` alone to wait. `changed` lists files edited \
since the snapshot; fresh=true restarts on the files as they are now, without the variables."""


def register(server: MCPServer[App], app: App) -> None:
    """Adds the tool to the server."""
    server.tool(
        title="Program over the whole codebase",
        description=DESCRIPTION.format(
            methods=brief_api_reference(METHODS_CHARS), patience=app.grants.patience
        ),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=True),
        icons=ICONS,
    )(rlm_repl)


async def rlm_repl(
    ctx: Context[App],
    code: Annotated[str, Field(description="A Python program; the last expression is echoed.")] = "",
    session: Annotated[str, Field(description="The session to go on in; empty starts one.")] = "",
    replies: Annotated[
        list[str], Field(fail_fast=True, description="Replies to the prompts shown last, in their order.")
    ] = [],
    page: Annotated[int, Field(ge=1, description="Page of what was shown last.")] = 1,
    fresh: Annotated[bool, Field(description="Restart the session on the files as they are now.")] = False,
    scope: Annotated[
        list[str], Field(fail_fast=True, description="For a new or fresh session: only these files (globs).")
    ] = [],
) -> Annotated[CallToolResult, ReplResult] | InputRequiredResult:
    """Drives a session; see `DESCRIPTION`."""
    app, owner = app_of(ctx), owner_of(ctx.request_context)
    notes: list[str] = []
    with tool_errors():
        _check(code, session, replies, scope, fresh=fresh)
        if session:
            current = app.repls.get(session, owner)
            if fresh:
                current.open(_opener(app, owner, scope, current.assistant), code)
            else:
                _check_opened(current)
                _go_on(current, code, replies)
        elif (input_required := await missing_roots(ctx)) is not None:
            return input_required
        else:
            assistant = None if app.service.settings.model.endpoint else ClientModel(ASSISTANT)
            opener = _opener(app, owner, scope, assistant)
            current, made_room = await app.repls.open(owner, opener, assistant, code)
            notes.extend(filter(None, (made_room,)))
        try:
            async with notifying_progress(ctx, current.listeners):
                changed, _ = await asyncio.gather(
                    _changed(app, current, notes), current.settle(app.grants.patience)
                )
        except asyncio.CancelledError:
            app.background(_give_up(app, current, known=bool(session), started=bool(code) or fresh))
            raise
        app.repls.get(current.id, owner)  # it may have been closed meanwhile, and says why
        try:
            _check_opened(current)
        except RlmError:
            if not session:
                await app.repls.close(current, "It could not be opened.")  # nobody has its name
            raise
    notes.extend(current.untold)
    current.untold.clear()
    if current.opened and not current.introduced:
        current.introduced = True
        notes.extend(app.service.notes(current.program_session.snapshot))
    notes.extend(filter(None, (app.service.warning,)))
    return repl_result(current, page, changed, notes)


def _check(code: str, session: str, replies: list[str], scope: list[str], *, fresh: bool) -> None:
    """Raises `QueryError` about arguments that do not go together, before anything is made of one."""
    if code and replies:
        raise QueryError("Give either `code` or `replies`: a suspended program has to go on first.")
    if not (code or session):
        raise QueryError("Give `code` to run, or the `session` to look at.")
    if fresh and replies:
        raise QueryError("Give either `fresh` or `replies`: a fresh session has no prompts.")
    if scope and session and not fresh:
        raise QueryError(
            "`scope` is for a new or a fresh session, and a session keeps its files: leave `session` out, or "
            "restart it with fresh=true, without its variables."
        )


def _go_on(session: ReplSession, code: str, replies: list[str]) -> None:
    """Starts a program, or lets the one that is suspended go on."""
    if code:
        session.start(code)
    elif replies:
        session.reply(replies)
    else:
        session.look()


async def _give_up(app: App, session: ReplSession, *, known: bool, started: bool) -> None:
    """Ends what a call that was cancelled has begun: its program, or a session whose name nobody has.

    A program that had been started before goes on, since replies may have been paid for.
    """
    if not known:
        await app.repls.close(session, "The call that was to open it was cancelled.")
    elif started:
        await session.stop()


def _check_opened(session: ReplSession) -> None:
    """Raises the `RlmError` that kept a session from being opened, or a fresh one in its place."""
    try:
        session.check_opened()
    except RlmError as error:
        if not session.opened:
            raise
        raise QueryError(f"{error} Session {session.id} is as it was before.") from error


async def _changed(app: App, session: ReplSession, notes: list[str]) -> list[str]:
    """The files that have changed since a session's snapshot, as far as that is found out in time."""
    if not session.opened:
        return []
    try:
        async with asyncio.timeout(app.grants.patience):
            changes = await app.service.changes(session.program_session.snapshot)
    except TimeoutError:
        notes.append("It takes long to find out which files have changed since; `changed` lacks them.")
        return []
    return [change.path for change in changes]


def _opener(app: App, owner: Owner, scope: list[str], assistant: ClientModel | None) -> Any:
    service, limits, scope = app.service, app.limits_for(owner), checked_scope(scope)
    models = None
    if assistant is not None:
        models = Models(assistant, assistant)
        # All prompts of a batch are shown at once, and nobody can be asked to be a child's root model.
        limits = limits.model_copy(update={"depth": 0, "concurrency": max(1, limits.calls)})

    async def open_program_session(listen: Listener) -> ProgramSession:
        return await service.open_program_session(
            scope=scope, listeners=[listen], overrides=AskOverrides(models=models, limits=limits)
        )

    return open_program_session
