"""Progress text: one line for an event, what a terminal, an assistant or an editor shows meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.events import (
    ROOT,
    CellStarted,
    Event,
    Noted,
    RunStarted,
    SubcallCompleted,
    SubcallStarted,
    TurnStarted,
)

if TYPE_CHECKING:
    from rlm_core.engine.answer import RunUsage


def describe(event: Event) -> str | None:
    """The line for an event, or None for one that changes nothing a person is waiting for."""
    where = "" if event.node == ROOT else f"child {event.node}: "
    match event:
        case RunStarted():
            line = f"reading {event.files:,} files with {event.model}"
        case TurnStarted():
            line = f"turn {event.turn}/{event.turns}, {spent(event.usage)}, {event.seconds:.0f} s"
        case CellStarted():
            line = f"turn {event.turn}: running {_lines(event.code)} of Python"
        case SubcallStarted():
            line = f"sub-call {event.call}: {event.prompt_chars:,} characters to {event.model}"
        case SubcallCompleted():
            line = f"sub-call {event.call} done, {spent(event.usage)}, {event.seconds:.0f} s"
        case Noted():
            line = event.text
        case _:
            return None
    return where + line


def spent(usage: RunUsage) -> str:
    """Sub-calls, tokens and (where known) money, for people."""
    tokens = sum(model.input_tokens + model.output_tokens for model in usage.models.values())
    cost = "" if usage.cost_usd is None else f", ${usage.cost_usd:.4f}"
    calls = f"{usage.sub_calls} sub-call" + ("" if usage.sub_calls == 1 else "s")
    return f"{calls}, {_short(tokens)} tokens{cost}"


def _short(count: int) -> str:
    return f"{count:,}" if count < 10_000 else f"{count / 1000:,.0f}k"


def _lines(code: str) -> str:
    count = code.count("\n") + 1
    return f"{count} line" + ("" if count == 1 else "s")
