"""Prompts: the words that the root model reads; the long ones are the Markdown files beside this module."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from rlm_core.context.api_reference import api_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rlm_core.boundary import Boundary
    from rlm_core.context.facts import Facts

# A context that is smaller than this can simply be printed.
SMALL_CHARS = 40_000
# So much of a child's prompt stands in its first message; all of it is its context.
SHOWN_TASK_CHARS = 4000

NOTHING_SEEN = (
    "You finished before your programs had looked at the context, so the answer does not count yet. "
    "Look at what it rests on first; if it still holds then, finish with it."
)


def system(*, code: bool, recursive: bool, output_chars: int) -> str:
    """The system message.

    Args:
        code: `context` is a codebase; else it is the prompt of a child run, a string.
        recursive: `rlm_query` starts a child run; else it is a plain `llm_query`.
        output_chars: how much of a block's output is shown.
    """
    kind = "code" if code else "text"
    recursion = (
        "a child works like you, in a REPL where `context` is the prompt; slow, for what needs several steps."
        if recursive
        else "the same as `llm_query` here."
    )
    return _filled(
        "system.md",
        output=f"{output_chars:,}",
        context=_filled(f"{kind}_context.md", reference=api_reference() if code else ""),
        recursion=recursion,
        examples=_filled(f"{kind}_examples.md"),
        answering=_filled(f"{kind}_answering.md"),
    )


def code_opening(question: str, subject: str, facts: Facts, boundary: Boundary) -> str:
    """The first user message of a run over a codebase: the question and the facts, and no other text.

    It tells the boundary, which no constant prompt can: those are cached by providers.

    Args:
        question: what the user wants to know.
        subject: the file or selection that it is about, if it is about one.
        facts: what the context is.
        boundary: encloses them all.
    """
    about = f"{boundary.enclose('subject', subject)}\n\n" if subject else ""
    small = (
        "\nThe whole context is small: you can print it all and read it."
        if facts.bytes <= SMALL_CHARS
        else ""
    )
    return (
        f"{boundary.told}\n\n{boundary.enclose('question', question.strip())}\n\n{about}"
        f"`context` is a codebase:\n{boundary.enclose('facts', str(facts))}{small}"
    )


def text_opening(task: str, boundary: Boundary) -> str:
    """The first user message of a child run; its task comes from a program, and may be text of a file."""
    shown = task.strip()[:SHOWN_TASK_CHARS]
    rest = "" if len(task) <= SHOWN_TASK_CHARS else " It goes on; the whole text is in `context`."
    return (
        f"{boundary.told}\n\n{boundary.enclose('question', shown)}\n\n"
        f"`context` is a string of {len(task):,} characters: your task and its text, shown above.{rest}"
    )


def turn_header(turn: int, turns: int, left: Mapping[str, float | None]) -> str:
    """The end of each user message: where the run stands.

    Args:
        turn: this turn, from 1.
        turns: the limit.
        left: what `Budget.left` says.
    """
    cost = "" if left["cost"] is None else f", ${left['cost']:.2f}"
    room = f"{left['calls']:,} sub-calls, {left['tokens']:,} tokens, {left['seconds']:,.0f} s{cost}"
    first = " Nothing has been looked at yet: probe the context." if turn == 1 else ""
    return f"Turn {turn} of {turns}. Left for the whole run: {room}.{first}"


def closing(reason: str) -> str:
    """The last user message: answer from what is known."""
    return _filled("closing.md", reason=reason)


def _filled(name: str, **values: str) -> str:
    text = resources.files(__name__).joinpath(name).read_text("utf-8").strip()
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", value)
    return text
