"""Batch: many prompts at once, each different one asked once and its reply fanned out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rlm_core.engine.budget import BudgetExceeded
from rlm_core.errors import QueryError, RlmError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rlm_core.engine.event_stream import EventStream

# Ten times what a run may ask by default. The event loop takes a batch apart and puts its replies together
# in one piece, some 15 ms for so many, in which it serves nobody else.
MAX_PROMPTS = 5000


def check_length(name: str, prompts: Sequence[object]) -> None:
    """Makes sure that a batch is not longer than the host can handle; before anything is made of it.

    Raises:
        QueryError: it is longer.
    """
    if len(prompts) > MAX_PROMPTS:
        raise QueryError(
            f"{name} takes at most {MAX_PROMPTS:,} prompts at once, and was given {len(prompts):,}; "
            "ask in several batches, or put more into one prompt."
        )


async def ask_batch(
    name: str,
    prompts: Sequence[str],
    ask: Callable[[str], Awaitable[str]],
    stream: EventStream,
    node: str,
) -> list[str]:
    """The replies in the order of the prompts; each different prompt is asked once.

    A call that fails becomes the text `[name failed: …]`, and a note says how many there are.

    Args:
        name: of the function that the program has called.
        prompts: at most `MAX_PROMPTS`.
        ask: asks one.
        stream: receives the note.
        node: the run that asks.

    Raises:
        BudgetExceeded: nothing came back and a limit is why.
    """
    different = list(dict.fromkeys(prompts))
    replies = await asyncio.gather(*map(ask, different), return_exceptions=True)
    failures = [reply for reply in replies if isinstance(reply, BaseException)]
    for failure in failures:
        if not isinstance(failure, RlmError):
            raise failure
    refused = next((failure for failure in failures if isinstance(failure, BudgetExceeded)), None)
    if refused is not None and len(failures) == len(replies):
        raise refused
    if failures:
        stream.note(
            f"{len(failures)} of {len(replies)} calls of a batch failed, the first: {failures[0]}", node
        )
    texts = [f"[{name} failed: {reply}]" if isinstance(reply, BaseException) else reply for reply in replies]
    text_of = dict(zip(different, texts, strict=True))
    return [text_of[prompt] for prompt in prompts]
