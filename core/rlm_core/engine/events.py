"""Events of a run, typed: faces, the trace and progress displays all listen to this one stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rlm_core.wording import elide

if TYPE_CHECKING:
    from rlm_core.engine.answer import Answer, RunUsage

# The place of the root run in the tree; its children are `0.1`, `0.2`, theirs `0.1.1` and so on.
ROOT = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened in a run.

    Attributes:
        run_id: the run at the root of the tree; set by the `EventStream`.
        node: which run of the tree, `ROOT` or a child's place in it.
        seconds: since the start of the root run; set by the `EventStream`.
    """

    run_id: str = ""
    node: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A run (or a child run) begins. The context is named by digest and size, never copied.

    Attributes:
        question: what is asked; of a child's prompt, which is its context, only the beginning.
        model: the model that writes the programs.
        sub_model: the model behind `llm_query`.
        snapshot: the snapshot's id; for a child, the digest of its prompt.
        files: files in the context; 0 for a child.
        chars: UTF-8 bytes of the snapshot, or characters of a child's prompt.
    """

    question: str
    model: str
    sub_model: str
    snapshot: str
    files: int
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted(Event):
    """The root model is asked for turn `turn` of at most `turns`."""

    turn: int
    turns: int
    usage: RunUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCompleted(Event):
    """The root model has spoken."""

    turn: int
    text: str
    usage: RunUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStarted(Event):
    """A program starts in the sandbox."""

    turn: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCompleted(Event):
    """A program ended; `output` is what the model is shown, `omitted` the characters cut from it."""

    turn: int
    output: str
    omitted: int
    error: str | None
    cell_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SubcallStarted(Event):
    """A sub-model call goes out. The prompt is named by digest and length, with its first line."""

    call: int
    model: str
    prompt_digest: str
    prompt_chars: int
    prompt_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubcallCompleted(Event):
    """A sub-model call came back (`error` says why not)."""

    call: int
    text: str
    error: str | None
    usage: RunUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something was retried, cut, defaulted or given up: a sentence for the user."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompleted(Event):
    """The run (or a child run) is over."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(Event):
    """The run (or a child run) ended without an answer: cancelled, or nothing was known yet."""

    error: str


Listener = Callable[[Event], None]

# What is kept of a long text by those who keep events.
KEPT_CHARS = 4000


def shortened(event: Event) -> Event:
    """The event with its long text cut, and said so."""
    match event:
        case CellCompleted():
            return replace(event, output=elide(event.output, KEPT_CHARS))
        case TurnCompleted() | SubcallCompleted():
            return replace(event, text=elide(event.text, KEPT_CHARS))
        case RunCompleted():
            return replace(event, answer=replace(event.answer, answer=elide(event.answer.answer, KEPT_CHARS)))
        case _:
            return event
