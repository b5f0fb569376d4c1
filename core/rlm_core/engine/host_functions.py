"""Host functions of a session: what a program can call besides `context`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from rlm_core.engine.batch import ask_batch, check_length
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rlm_core.engine.run_tree import RunTree

# Of a prompt: what the largest windows of models hold, a million tokens, or of a child's context.
MAX_PROMPT_CHARS = 4_000_000

# Children of one run at once. Each has a process and a conversation of its own.
CHILDREN_AT_ONCE = 4


def host_functions(
    tree: RunTree, node: str, child: Callable[[str], Awaitable[str]] | None, turns_left: Callable[[], int]
) -> dict[str, Callable[..., Awaitable[Any]]]:
    """The functions by name; their signatures and docstrings are what the program sees.

    Args:
        tree: what the runs share.
        node: the run that the session belongs to.
        child: starts a child run on a prompt; None at the depth limit, where plain calls stand in.
        turns_left: of this run.
    """
    slots = asyncio.Semaphore(CHILDREN_AT_ONCE)

    async def llm_query(prompt: str, model: str | None = None) -> str:
        """Asks a sub-model, which sees only the prompt; returns its reply."""
        return await tree.subcalls.ask(_text("llm_query", prompt), model, node)

    async def llm_query_batched(prompts: list[str], model: str | None = None) -> list[str]:
        """Asks many prompts at once; replies in order, a failed one as '[llm_query failed: …]'."""
        return await tree.subcalls.batch(_texts("llm_query_batched", prompts), model, node)

    async def rlm_query(prompt: str) -> str:
        """Hands a task to a child with its own REPL, where `context` is the prompt; returns its answer."""
        text = _text("rlm_query", prompt)
        if child is None:
            return await tree.subcalls.ask(text, None, node)
        if not text.strip():
            raise QueryError("The prompt is empty.")
        async with slots:
            return await child(text)

    async def rlm_query_batched(prompts: list[str]) -> list[str]:
        """Hands out many tasks at once; answers in order, a failed one as '[rlm_query failed: …]'."""
        texts = _texts("rlm_query_batched", prompts)
        if child is None:
            return await tree.subcalls.batch(texts, None, node)
        tree.budget.check_calls(len(set(texts)))
        return await ask_batch("rlm_query", texts, rlm_query, tree.stream, node)

    async def budget_left() -> dict[str, float | None]:
        """What is left: turns of this run; calls, tokens, seconds and cost of the whole run."""
        return {"turns": turns_left(), **tree.budget.left()}

    return {
        "llm_query": llm_query,
        "llm_query_batched": llm_query_batched,
        "rlm_query": rlm_query,
        "rlm_query_batched": rlm_query_batched,
        "BUDGET": budget_left,
    }


def _text(function: str, prompt: object) -> str:
    if not isinstance(prompt, str):
        raise QueryError(f"{function} takes a prompt as a string, not {_kind(prompt)}.")
    _check_length(function, prompt)
    return prompt


def _texts(function: str, prompts: object) -> list[str]:
    if isinstance(prompts, list):
        check_length(function, prompts)
        if all(isinstance(prompt, str) for prompt in prompts):
            for prompt in prompts:
                _check_length(function, prompt)
            return prompts
    raise QueryError(f"{function} takes a list of strings, not {_kind(prompts)}.")


def _check_length(function: str, prompt: str) -> None:
    if len(prompt) > MAX_PROMPT_CHARS:
        raise QueryError(
            f"{function} was given a prompt of {len(prompt):,} characters; it takes at most "
            f"{MAX_PROMPT_CHARS:,}, more than models can read. Ask about parts of the text, and put the "
            "replies together."
        )


def _kind(value: object) -> str:
    if not isinstance(value, list):
        return type(value).__name__
    return "a list with " + ", ".join(sorted({type(item).__name__ for item in value}))
