"""MCP tool `rlm_query`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field

from rlm_core.errors import QueryError
from rlm_core.models.first_program import first_program
from rlm_core.service import AskOverrides
from rlm_mcp.server import sampling
from rlm_mcp.server.app import App, owner_of
from rlm_mcp.server.icons import ICONS
from rlm_mcp.server.tools.common import app_of, checked_scope, missing_roots, tool_errors
from rlm_mcp.server.tools.output_schemas import RunReport
from rlm_mcp.server.tools.progress_notifications import notifying_progress
from rlm_mcp.server.tools.repl_calls import ReplCall, check_opened, new_session, settle
from rlm_mcp.server.tools.run_report import run_report, search_report

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from rlm_core.engine.answer import Answer
    from rlm_core.runs import RunHandle

# A question is a question; text to work on belongs into a file of the workspace.
QUESTION_CHARS = 100_000

DESCRIPTION = """\
Answers a question that needs many files of this workspace at once: how something works end to end, \
where a behaviour is decided, what a change would affect, every place that does X. Ask one complete \
question, name the symbols and folders that you know.

A Recursive Language Model explores all of the code with programs in a sandbox: its size does not matter, \
and none of it enters your window. Returns Markdown with citations (path:start-end) that were checked \
against the files as they are now.

Takes seconds to minutes; after {patience:g} s status is "running": call rlm_result with the run_id. Where \
no language model is configured it is "extract": a first search was made in an rlm_repl session; go on in \
that `session` yourself."""


def register(server: MCPServer[App], app: App) -> None:
    """Adds the tool to the server."""
    server.tool(
        title="Ask the whole codebase",
        description=DESCRIPTION.format(patience=app.grants.patience),
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=True),
        icons=ICONS,
    )(rlm_query)


async def rlm_query(
    question: Annotated[str, Field(description="One complete question about the codebase.")],
    ctx: Context[App],
    scope: Annotated[
        list[str],
        Field(fail_fast=True, description="Only these files: ['src/', '*.py', '!tests/']."),
    ] = [],
    session: Annotated[
        str, Field(description="An rlm_repl session, to ask about the snapshot that it holds.")
    ] = "",
    rev: Annotated[str, Field(description="A git revision.")] = "",
) -> Annotated[CallToolResult, RunReport] | InputRequiredResult:
    """Answers a question; see `DESCRIPTION`."""
    app = app_of(ctx)
    with tool_errors():
        earlier, _ = sampling.resumed_run(ctx)
        if earlier:
            run = app.runs.get(earlier, owner_of(ctx.request_context))
            sampling.deliver_replies(ctx, run)
        elif (input_required := await missing_roots(ctx)) is not None:
            return input_required
        else:
            question = _checked(question, scope, session, rev)
            if not (app.service.settings.model.endpoint or sampling.supported(ctx)):
                return await _search(app, ctx, question, scope, session, rev)
            run = _start(app, ctx, question, scope, session, rev)
            sampling.relay_until_done(app, ctx, run)
        try:
            async with notifying_progress(ctx, run.listeners):
                input_required = await sampling.wait(ctx, run, app.grants.patience)
        except asyncio.CancelledError:
            app.background(run.cancel())
            raise
        if input_required is not None:
            return input_required
        if run.state == "failed":
            raise QueryError(run.error)
    return run_report(run)


def _checked(question: str, scope: list[str], session: str, rev: str) -> str:
    if not question.strip():
        raise QueryError("The question is empty; ask something about the workspace.")
    if len(question) > QUESTION_CHARS:
        raise QueryError(
            f"The question has {len(question):,} characters, more than the {QUESTION_CHARS:,} that it may; "
            "ask briefly, and name files instead of quoting them."
        )
    if session and (scope or rev):
        raise QueryError(
            f"Give either `{'scope' if scope else 'rev'}` or `session`: a session keeps its files."
        )
    return question


async def _search(
    app: App, ctx: Context[App], question: str, scope: list[str], session: str, rev: str
) -> CallToolResult:
    """Where nobody answers, begins to look in a session, in which the asker goes on."""
    owner, program = owner_of(ctx.request_context), first_program(question)
    if session:
        call = ReplCall(app.repls.get(session, owner), started=True)
        check_opened(call.session)
        call.session.start(program)
    else:
        call = await new_session(app, owner, scope, rev, program)
    await settle(ctx, app, owner, call)
    return search_report(call)


def _start(app: App, ctx: Context[App], question: str, scope: list[str], session: str, rev: str) -> RunHandle:
    scope = checked_scope(scope)
    service, owner = app.service, owner_of(ctx.request_context)
    snapshot = app.repls.get(session, owner).program_session.snapshot if session else None
    limits, client_model, models = app.limits_for(owner), None, None
    if not service.settings.model.endpoint and sampling.supported(ctx):
        client_model, models = sampling.client_models()

    async def ask(run: RunHandle) -> Answer:
        overrides = AskOverrides(models=models, limits=limits, snapshot=snapshot, run_id=run.id)
        return await service.ask(question, scope=scope, rev=rev, listeners=[run.listen], overrides=overrides)

    return app.runs.start(owner, question, ask, client_model)
