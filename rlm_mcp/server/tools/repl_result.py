"""Result of `rlm_repl`: what a session has to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.boundary import Boundary
from rlm_core.engine.event_stream import NOTE_CHARS
from rlm_core.engine.feedback import CUTS_NOTE, SHOWN_VARIABLES, lost_names, shown_error, unanswered_note
from rlm_core.wording import escaped, one_line, pluralize
from rlm_mcp.server.tools.common import tool_result
from rlm_mcp.server.tools.output_schemas import ReplResult
from rlm_mcp.server.tools.pages import PAGE_CHARS, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp.types import CallToolResult

    from rlm_core.repl_sessions import ReplSession

SHOWN_CHANGES = 20
# Of what a program has printed before it was suspended or ran out of patience.
TAIL_CHARS = 2_000


def repl_result(
    session: ReplSession, number: int, changed: Sequence[str], notes: Sequence[str]
) -> CallToolResult:
    """The state of a session: its program's output, or the prompts that wait, page by page."""
    fields = ReplResult(
        session=session.id,
        status=session.state,
        changed=list(changed[:SHOWN_CHANGES]),
        notes=list(notes),
    )
    if session.opened:
        fields.sub_model = session.program_session.models.sub.name
        fields.snapshot = session.program_session.snapshot.id
    match fields.status:
        case "suspended":
            _show_prompts(session, number, fields)
        case "running":
            _show_tail(session, fields)
            what = "The session is still being opened" if session.opening else "The program goes on"
            fields.next = f"{what}. Call rlm_repl(session={session.id!r}) to wait for it."
        case _:
            _show_result(session, number, fields)
    if changed:
        count = pluralize(len(changed), "file")
        fields.notes.append(f"{count} changed since the snapshot; fresh=true restarts the session on them.")
    return tool_result(fields, _text(fields))


def _show_result(session: ReplSession, number: int, fields: ReplResult) -> None:
    over = session.result
    if over is None:
        return
    output = over.output if over.final is None else f"{over.output}{over.final}\n"
    fields.output, fields.page, fields.pages = page(output, number)
    if fields.page < fields.pages:
        fields.next = f"rlm_repl(session={session.id!r}, page={fields.page + 1}) has the next page."
    fields.error = shown_error(over.error or "")
    fields.cuts = list(over.cuts)
    fields.variables = [str(variable) for variable in over.changed_variables]
    if len(fields.variables) > SHOWN_VARIABLES:
        more = pluralize(len(fields.variables) - SHOWN_VARIABLES, "more variable")
        fields.notes.append(f"{more}; SHOW_VARS() lists them.")
        del fields.variables[SHOWN_VARIABLES:]
    if over.omitted:
        more = pluralize(over.omitted, "more character was", "more characters were")
        fields.notes.append(f"{more} printed, but not kept; print less.")
    if over.unanswered:
        fields.notes.append(unanswered_note(over))
    if over.lost:
        fields.notes.append(f"The session had to be restarted; these names are gone: {lost_names(over)}.")


def _show_tail(session: ReplSession, fields: ReplResult) -> None:
    printed = session.printed
    fields.output = printed[-TAIL_CHARS:]
    if len(printed) > TAIL_CHARS:
        fields.notes.append(
            f"The last {TAIL_CHARS:,} of {len(printed):,} characters printed so far are shown."
        )


def _show_prompts(session: ReplSession, number: int, fields: ReplResult) -> None:
    """As many prompts as fit on a page; one that is longer than a page comes in pages of its own."""
    _show_tail(session, fields)
    waiting = session.waiting
    fields.waiting = len(waiting)
    room, session.shown = PAGE_CHARS, []
    for pending in waiting:
        text = "\n\n".join(message.content for message in pending.messages)
        if session.shown and len(text) > room:
            break
        if len(text) > PAGE_CHARS:
            text, fields.page, fields.pages = page(text, number)
        fields.prompts.append(text)
        session.shown.append(pending)
        room -= len(text)
    count = len(session.shown)
    if fields.page < fields.pages:
        fields.next = (
            f"The prompt goes on: rlm_repl(session={session.id!r}, page={fields.page + 1}) has its next "
            "page. Read all of it, then reply."
        )
    else:
        which = "this prompt" if count == 1 else f"these {count} prompts"
        fields.next = (
            f"Answer {which} yourself, only from the text, and call "
            f"rlm_repl(session={session.id!r}, replies=[...]) with {pluralize(count, 'string')}."
        )
    if len(waiting) > count:
        following = pluralize(len(waiting) - count, "more prompt follows", "more prompts follow")
        fields.next += f" {following} after that."


def _text(fields: ReplResult) -> str:
    """The fields for a reader; the first line is ours, and tells what encloses all that is not."""
    boundary = Boundary()
    parts = [f"[session {fields.session}: {fields.status}] {boundary.told}"]
    if fields.output.strip():
        parts.append(boundary.enclose("output", fields.output))
    if fields.error:
        parts.append(boundary.enclose("error", fields.error))
    parts.extend(
        boundary.enclose(f"prompt {number}", prompt) for number, prompt in enumerate(fields.prompts, 1)
    )
    if fields.cuts:
        parts.append(f"{CUTS_NOTE}\n{boundary.enclose('cuts', chr(10).join(map(escaped, fields.cuts)))}")
    if fields.pages > 1:
        parts.append(f"(page {fields.page} of {fields.pages})")
    if fields.variables:
        parts.append(boundary.enclose("variables", ", ".join(fields.variables)))
    if fields.changed:
        parts.append(boundary.enclose("changed", "\n".join(map(escaped, fields.changed))))
    parts.extend(f"Note: {one_line(note, NOTE_CHARS)}" for note in fields.notes)
    if fields.next:
        parts.append(fields.next)
    return "\n\n".join(parts)
