"""REPL calls: what `rlm_repl` and, where no model is configured, `rlm_query` do with sessions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rlm_core.errors import QueryError, RlmError
from rlm_core.models import ClientModel, Models
from rlm_core.service import AskOverrides
from rlm_mcp.server.tools.common import checked_scope
from rlm_mcp.server.tools.progress_notifications import notifying_progress

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from rlm_core.engine.events import Listener
    from rlm_core.engine.program_session import ProgramSession
    from rlm_core.owner import Owner
    from rlm_core.repl_sessions import ReplSession
    from rlm_mcp.server.app import App

ASSISTANT = "assistant"


@dataclass
class ReplCall:
    """One call that works with a session.

    Attributes:
        session: which.
        new: the call has made it, so nobody else knows its id.
        started: the call has started a program.
        notes: sentences for the result.
        changed: files that have changed since the session's snapshot.
    """

    session: ReplSession
    new: bool = False
    started: bool = False
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


async def new_session(app: App, owner: Owner, scope: list[str], rev: str, code: str) -> ReplCall:
    """Begins to open a session for a program.

    Raises:
        QueryError: there may be no further one now.
    """
    assistant = None if app.service.settings.model.endpoint else ClientModel(ASSISTANT)
    opener = program_session_opener(app, owner, scope, rev, assistant)
    session, made_room = await app.repls.open(owner, opener, assistant, code)
    return ReplCall(session, new=True, started=True, notes=[made_room] if made_room else [])


async def settle(ctx: Context[App], app: App, owner: Owner, call: ReplCall) -> None:
    """Waits for a session, within the server's patience, and gathers what its reader must be told.

    Raises:
        RlmError: the session was closed meanwhile, or could not be opened.
    """
    session = call.session
    try:
        async with notifying_progress(ctx, session.listeners):
            await asyncio.gather(_find_changes(app, call), session.settle(app.grants.patience))
    except asyncio.CancelledError:
        app.background(_give_up(app, call))
        raise
    app.repls.get(session.id, owner)  # it may have been closed meanwhile, and says why
    try:
        check_opened(session)
    except RlmError:
        if call.new:
            await app.repls.close(session, "It could not be opened.")  # nobody has its name
        raise
    call.notes.extend(session.untold)
    session.untold.clear()
    if session.opened and not session.introduced:
        session.introduced = True
        call.notes.extend(app.service.notes(session.program_session.snapshot))
    call.notes.extend(filter(None, (app.service.warning,)))


def check_opened(session: ReplSession) -> None:
    """Raises the `RlmError` that kept a session from being opened, or a fresh one in its place."""
    try:
        session.check_opened()
    except RlmError as error:
        if not session.opened:
            raise
        raise QueryError(f"{error} Session {session.id} is as it was before.") from error


def program_session_opener(
    app: App, owner: Owner, scope: list[str], rev: str, assistant: ClientModel | None
) -> Any:
    """What opens the REPL of a session, over these files as they will be then, or were at a revision."""
    service, limits, scope = app.service, app.limits_for(owner), checked_scope(scope)
    models = None
    if assistant is not None:
        models = Models(assistant, assistant)
        # All prompts of a batch are shown at once, and nobody can be asked to be a child's root model.
        limits = limits.model_copy(update={"depth": 0, "concurrency": max(1, limits.calls)})

    async def open_program_session(listen: Listener) -> ProgramSession:
        return await service.open_program_session(
            scope=scope, rev=rev, listeners=[listen], overrides=AskOverrides(models=models, limits=limits)
        )

    return open_program_session


async def _give_up(app: App, call: ReplCall) -> None:
    """Ends what a call that was cancelled has begun: its program, or a session whose name nobody has.

    A program that had been started before goes on, since replies may have been paid for.
    """
    if call.new:
        await app.repls.close(call.session, "The call that was to open it was cancelled.")
    elif call.started:
        await call.session.stop()


async def _find_changes(app: App, call: ReplCall) -> None:
    """Finds the files that have changed since a session's snapshot, as far as that is known in time."""
    if not call.session.opened:
        return
    try:
        async with asyncio.timeout(app.grants.patience):
            changes = await app.service.changes(call.session.program_session.snapshot)
    except TimeoutError:
        call.notes.append("It takes long to find out which files have changed since; `changed` lacks them.")
        return
    call.changed = [change.path for change in changes]
