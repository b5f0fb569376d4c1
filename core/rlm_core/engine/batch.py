"""Batch: many prompts at once, each different one asked once and its reply fanned out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rlm_core.engine.budget import BudgetExceeded
from rlm_core.errors import QueryError, RlmError
from rlm_core.sandbox.wire import MAX_TEXTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rlm_core.engine.event_stream import EventStream

# Ten times what a run may ask by default. The event loop takes a batch apart and puts its replies together
# in one piece, some 15 ms for so many, in which it serves nobody else.
MAX_PROMPTS = 5000

# Of replies together, in UTF-8: what a program can be sent.
MAX_REPLY_BYTES = MAX_TEXTS

# Of a reply that is cut, for the sentence that says so.
_MARK_BYTES = 200


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

    A call that fails becomes the text `[name failed: …]`, and a note says how many there are. Replies that
    are more than `MAX_REPLY_BYTES` together are paid for, so the longest are cut, with a mark and a note.

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
    ordered = [text_of[prompt] for prompt in prompts]
    if 4 * sum(map(len, ordered)) <= MAX_REPLY_BYTES:
        return ordered
    fitting, cut = await asyncio.to_thread(_fitted, ordered)
    if cut:
        stream.note(
            f"{cut:,} of {len(ordered):,} replies of a batch were cut: all together they may have "
            f"{MAX_REPLY_BYTES:,} bytes.",
            node,
        )
    return fitting


def _fitted(replies: list[str]) -> tuple[list[str], int]:
    """Replies that fit together, the longest cut to one length; and how many those are."""
    size_of = {reply: len(reply) if reply.isascii() else len(reply.encode()) for reply in set(replies)}
    sizes = sorted(size_of[reply] for reply in replies)
    most, room = 0, MAX_REPLY_BYTES
    for done, size in enumerate(sizes):
        most = room // (len(sizes) - done)  # for each that is left
        if size > most:
            break
        room -= size
    else:
        return replies, 0
    kept = {reply: reply if size <= most else _cut(reply, most) for reply, size in size_of.items()}
    return [kept[reply] for reply in replies], sum(size > most for size in sizes)


def _cut(reply: str, size: int) -> str:
    kept = reply.encode()[: size - _MARK_BYTES].decode(errors="ignore")
    return (
        f"{kept}\n[Cut after {len(kept):,} of {len(reply):,} characters: the replies of a batch may have "
        f"{MAX_REPLY_BYTES:,} bytes together.]"
    )
