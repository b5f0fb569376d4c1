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
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from rlm_core.engine.answer import RunUsage


def describe(event: Event) -> str | None:
    """The line for an event, or None for one that changes nothing a person is waiting for."""
    where = "" if event.node == ROOT else f"child {event.node}: "
    match event:
        case RunStarted():
            line = f"reading {pluralize(event.files, 'file')} with {event.model}"
        case TurnStarted():
            line = f"turn {event.turn}/{event.turns}, {spent(event.usage)}, {event.seconds:.0f} s"
        case CellStarted():
            lines = pluralize(event.code.count("\n") + 1, "line")
            line = f"turn {event.turn}: running {lines} of Python"
        case SubcallStarted():
            line = f"sub-call {event.call}: {pluralize(event.prompt_chars, 'character')} to {event.model}"
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
    return f"{pluralize(usage.sub_calls, 'sub-call')}, {_short(tokens)} tokens{cost}"


def _short(count: int) -> str:
    return f"{count:,}" if count < 10_000 else f"{count / 1000:,.0f}k"
