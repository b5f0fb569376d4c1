"""Result of `rlm_repl`: what a session has to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.boundary import Boundary
from rlm_core.engine.event_stream import NOTE_CHARS
from rlm_core.engine.feedback import (
    CUTS_NOTE,
    SHOWN_VARIABLES,
    loaded_note,
    lost_names,
    shown_error,
    unanswered_note,
)
from rlm_core.service import REPL_OUTPUT_CHARS
from rlm_core.wording import comma_list, escaped, one_line, pluralize
from rlm_mcp.server.tools.common import tool_result
from rlm_mcp.server.tools.output_schemas import ReplResult
from rlm_mcp.server.tools.pages import PAGE_CHARS, page, pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp.types import CallToolResult

    from rlm_core.repl_sessions import ReplSession
    from rlm_mcp.server.tools.repl_calls import ReplCall

SHOWN_CHANGES = 20
SHOWN_LONG = 5
# Of what a program has printed before it was suspended or ran out of patience.
TAIL_CHARS = 2_000


def repl_result(call: ReplCall, number: int) -> CallToolResult:
    """The state of a session: its program's output, or the prompts that wait, page by page."""
    fields = repl_fields(call, number)
    return tool_result(fields, repl_text(fields, f"session {fields.session}: {fields.status}"))


def repl_fields(call: ReplCall, number: int = 1) -> ReplResult:
    """The state of a session as fields; what they have is taken to be read."""
    session = call.session
    fields = ReplResult(
        session=session.id,
        status=session.state,
        changed=call.changed[:SHOWN_CHANGES],
        notes=call.notes,
    )
    if session.opened:
        fields.sub_model = session.program_session.models.sub.name
        fields.snapshot = session.program_session.snapshot.id
    match fields.status:
        case "suspended":
            _show_prompts(session, number, fields)
        case "running":
            _show_printed(session, fields)
            session.read_on()
            what = "The session is still being opened" if session.opening else "The program goes on"
            fields.next = f"{what}. Call rlm_repl(session={session.id!r}) to wait for it."
        case _:
            _show_result(session, number, fields)
    if call.changed:
        count = pluralize(len(call.changed), "file")
        fields.notes.append(f"{count} changed since the snapshot; fresh=true restarts the session on them.")
    return fields


def _show_result(session: ReplSession, number: int, fields: ReplResult) -> None:
    over = session.result
    if over is None:
        return
    output = over.output if over.final is None else f"{over.output}{over.final}\n"
    fields.output, fields.page, fields.pages = page(output[session.told :], number)
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
        cut = pluralize(over.omitted, "character was", "characters were")
        fields.notes.append(
            f"{cut} left out where the output says so: of one program {REPL_OUTPUT_CHARS:,} are kept, and no "
            "variable has the rest. Print less."
        )
    if over.loaded:
        fields.notes.append(loaded_note(over))
    if over.unanswered:
        fields.notes.append(unanswered_note(over))
    if over.lost:
        fields.notes.append(f"The session had to be restarted; these names are gone: {lost_names(over)}.")


def _show_printed(session: ReplSession, fields: ReplResult) -> None:
    fields.output, length = session.show_printed(TAIL_CHARS)
    if length > TAIL_CHARS:
        fields.notes.append(
            f"The last {TAIL_CHARS:,} of {length:,} characters printed so far are shown, and all of them "
            "when the program is over."
        )


def _show_prompts(session: ReplSession, number: int, fields: ReplResult) -> None:
    """As many prompts as fit on a page; one that is longer than a page comes in pages of its own."""
    _show_printed(session, fields)
    prompts = session.prompts
    unanswered = prompts.unanswered
    room = PAGE_CHARS
    for text in unanswered:
        if fields.prompts and len(text) > room:
            break
        room -= len(text)
        if len(text) > PAGE_CHARS:
            text, fields.page, fields.pages = page(text, number)
        fields.prompts.append(text)
    first, count = prompts.replied + 1, len(fields.prompts)
    prompts.shown = last = first + count - 1
    fields.first, fields.waiting = first, len(unanswered)
    if fields.page < fields.pages:
        fields.next = (
            f"Prompt {first} of {prompts.total} has {len(unanswered[0]):,} characters in {fields.pages} "
            f"pages: rlm_repl(session={session.id!r}, page={fields.page + 1}) has the next. Read all of it, "
            "then reply."
        )
    else:
        fields.next = (
            f"Answer {prompts.named(first, last)} yourself, {'each ' * (count > 1)}only from its text, and "
            f"call rlm_repl(session={session.id!r}, replies=[...]) with {pluralize(count, 'string')}."
        )
    if prompts.replied:
        fields.next += " To correct earlier ones too, give all from the number in `first` on."
    fields.next += _announced(unanswered[count:], last + 1)


def _announced(following: Sequence[str], first: int) -> str:
    """What prompts come after those that are shown, and how long they are."""
    if not following:
        return ""
    count = pluralize(len(following), "prompt follows", "prompts follow")
    said = f" {count} after that, {sum(map(len, following)):,} characters in all"
    long = [
        f"{number} with {len(text):,} in {len(pages(text))} pages"
        for number, text in enumerate(following, first)
        if len(text) > PAGE_CHARS
    ]
    return f"{said}{', ' * bool(long)}{comma_list(long, SHOWN_LONG)}."


def repl_text(fields: ReplResult, head: str) -> str:
    """The fields for a reader; the first line is ours, and tells what encloses all that is not."""
    boundary = Boundary()
    parts = [f"[{head}] {boundary.told}"]
    if fields.pages > 1:
        parts.append(f"(page {fields.page} of {fields.pages})")
    if fields.output.strip():
        parts.append(boundary.enclose("output", fields.output))
    if fields.error:
        parts.append(boundary.enclose("error", fields.error))
    parts.extend(
        boundary.enclose(f"prompt {number}", prompt)
        for number, prompt in enumerate(fields.prompts, fields.first)
    )
    if fields.cuts:
        parts.append(f"{CUTS_NOTE}\n{boundary.enclose('cuts', chr(10).join(map(escaped, fields.cuts)))}")
    if fields.variables:
        parts.append(boundary.enclose("variables", ", ".join(fields.variables)))
    if fields.changed:
        parts.append(boundary.enclose("changed", "\n".join(map(escaped, fields.changed))))
    parts.extend(f"Note: {one_line(note, NOTE_CHARS)}" for note in fields.notes)
    if fields.next:
        parts.append(fields.next)
    return "\n\n".join(parts)
