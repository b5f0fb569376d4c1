"""What a session of `rlm_repl` has to show, as a tool's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.feedback import ERROR_CHARS, clipped
from rlm_mcp.server.tools.common import result
from rlm_mcp.server.tools.output_schemas import Step
from rlm_mcp.server.tools.pages import PAGE_CHARS, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp.types import CallToolResult

    from rlm_core.repl_sessions import ReplSession

SHOWN_VARIABLES = 40
SHOWN_CHANGES = 20
# Of what a program has printed before it was suspended or ran out of patience.
TAIL_CHARS = 2_000


def step(session: ReplSession, number: int, changed: Sequence[str], notes: Sequence[str]) -> CallToolResult:
    """The state of a session: its program's output, or the prompts that wait, page by page."""
    shape = Step(
        session=session.id,
        status=session.state,
        changed=list(changed[:SHOWN_CHANGES]),
        notes=list(notes),
        sub_model=session.program_session.models.sub.name,
        snapshot=session.program_session.snapshot.id,
    )
    match shape.status:
        case "suspended":
            _show_prompts(session, number, shape)
        case "running":
            _show_tail(session, shape)
            shape.next = f"The program goes on. Call rlm_repl(session={session.id!r}) to wait for it."
        case _:
            _show_result(session, number, shape)
    if changed:
        count = f"{len(changed)} file{'s' if len(changed) > 1 else ''}"
        shape.notes.append(f"{count} changed since the snapshot; fresh=true restarts the session on them.")
    return result(shape, _text(shape))


def _show_result(session: ReplSession, number: int, shape: Step) -> None:
    over = session.result
    if over is None:
        return
    output = over.output if over.final is None else f"{over.output}{over.final}\n"
    shape.output, shape.page, shape.pages = page(output, number)
    if shape.page < shape.pages:
        shape.next = f"rlm_repl(session={session.id!r}, page={shape.page + 1}) has the next page."
    shape.error = clipped(over.error or "", ERROR_CHARS)
    shape.variables = [f"{item.name} ({item.type}: {item.summary})" for item in over.variables]
    if len(shape.variables) > SHOWN_VARIABLES:
        shape.notes.append(
            f"{len(shape.variables) - SHOWN_VARIABLES} more variables; SHOW_VARS() lists them."
        )
        del shape.variables[SHOWN_VARIABLES:]
    if over.omitted:
        shape.notes.append(f"{over.omitted:,} more characters were printed and are gone; print less.")
    if over.lost:
        shape.notes.append(f"The session had to be restarted; these names are gone: {', '.join(over.lost)}.")


def _show_tail(session: ReplSession, shape: Step) -> None:
    printed = session.printed
    shape.output = printed[-TAIL_CHARS:]
    if len(printed) > TAIL_CHARS:
        shape.notes.append(
            f"The last {TAIL_CHARS:,} of {len(printed):,} characters printed so far are shown."
        )


def _show_prompts(session: ReplSession, number: int, shape: Step) -> None:
    """As many prompts as fit on a page; one that is longer than a page comes in pages of its own."""
    _show_tail(session, shape)
    waiting = session.waiting
    shape.waiting = len(waiting)
    room, session.shown = PAGE_CHARS, []
    for asked in waiting:
        text = "\n\n".join(message.content for message in asked.messages)
        if session.shown and len(text) > room:
            break
        if len(text) > PAGE_CHARS:
            text, shape.page, shape.pages = page(text, number)
        shape.prompts.append(text)
        session.shown.append(asked)
        room -= len(text)
    count = len(session.shown)
    if shape.page < shape.pages:
        shape.next = (
            f"The prompt goes on: rlm_repl(session={session.id!r}, page={shape.page + 1}) has its next page. "
            "Read all of it, then reply."
        )
    else:
        which = "this prompt" if count == 1 else f"these {count} prompts"
        shape.next = (
            f"Answer {which} yourself, only from the text, and call "
            f"rlm_repl(session={session.id!r}, replies=[...]) with {count} string{'s' if count > 1 else ''}."
        )
    if len(waiting) > count:
        shape.next += f" {len(waiting) - count} more prompts follow after that."


def _text(shape: Step) -> str:
    parts = []
    if shape.output.strip():
        parts.append(shape.output.rstrip())
    if shape.error:
        parts.append(f"Error:\n{shape.error}")
    parts.extend(
        f'<prompt number="{number}">\n{prompt}\n</prompt>' for number, prompt in enumerate(shape.prompts, 1)
    )
    if shape.pages > 1:
        parts.append(f"(page {shape.page} of {shape.pages})")
    if shape.variables:
        parts.append(f"Variables: {', '.join(shape.variables)}")
    if shape.changed:
        parts.append(f"Changed since the snapshot: {', '.join(shape.changed)}")
    parts.extend(f"Note: {note}" for note in shape.notes)
    parts.append(f"[session {shape.session}: {shape.status}] {shape.next}".rstrip())
    return "\n\n".join(parts)
