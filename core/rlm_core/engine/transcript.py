"""Transcript of a run as Markdown: turns, programs, what they printed, sub-calls, and what it all took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.events import (
    ROOT,
    CellCompleted,
    Noted,
    RunCompleted,
    RunFailed,
    RunStarted,
    SubcallCompleted,
    SubcallStarted,
    TurnCompleted,
)
from rlm_core.engine.progress_text import spent
from rlm_core.wording import fenced, one_line, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rlm_core.engine.events import Event

REPLY_CHARS = 100  # of a sub-call's


def transcript(events: Iterable[Event]) -> str:
    """The events of a run, in order, for a person who wants to see how an answer came about."""
    return "\n\n".join(part for event in events if (part := _part(event)))


def _part(event: Event) -> str:
    where = "" if event.node == ROOT else f" (child {event.node})"
    match event:
        case RunStarted():
            size = f"{pluralize(event.files, 'file')}, " if event.files else ""
            return (
                f"## Run{where}\n\n> {_quoted(event.question)}\n\n"
                f"{event.model}, sub-calls {event.sub_model}; {size}{pluralize(event.chars, 'character')}, "
                f"snapshot {event.snapshot}"
            )
        case TurnCompleted():
            return f"### Turn {event.turn}{where}, {event.seconds:.1f} s\n\n{event.text.strip()}"
        case CellCompleted():
            return _cell(event)
        case SubcallStarted():
            size = pluralize(event.prompt_chars, "character")
            return f"- sub-call {event.call}{where}: {size}: {event.prompt_head}"
        case SubcallCompleted():
            size = pluralize(len(event.text), "character")
            outcome = event.error or f"{size}: {one_line(event.text, REPLY_CHARS)}"
            return f"- sub-call {event.call}{where} came back after {event.seconds:.1f} s: {outcome}"
        case Noted():
            return f"- note{where}: {event.text}"
        case RunCompleted():
            answer = event.answer
            return (
                f"## Answer{where}: {answer.status}\n\n{answer.reason}\n\n{answer.answer.strip()}\n\n"
                f"{spent(answer.usage)}, {event.seconds:.1f} s"
            )
        case RunFailed():
            return f"## Failed{where}\n\n{event.error}"
        case _:
            return ""


def _cell(event: CellCompleted) -> str:
    parts = [f"Printed in {event.cell_seconds:.2f} s:\n\n{fenced(event.output.rstrip())}"]
    if event.omitted:
        parts.append(f"[{pluralize(event.omitted, 'more character was', 'more characters were')} printed]")
    if event.error is not None:
        parts.append(f"Failed:\n\n{fenced(event.error.rstrip())}")
    return "\n\n".join(parts)


def _quoted(text: str) -> str:
    return "\n> ".join(text.strip().splitlines())
