"""Offline model: the default, a deterministic planner that is a `Model` like any other.

It needs no key and no network. It plays the protocol of the loop (programs in fenced `repl` blocks,
`FINAL_VAR`) from templates: names and words of the question are found, ranked, sliced and quoted. What
comes out is an extract with citations, and says so.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from rlm_core.boundary import enclosed, told_id
from rlm_core.context.query_words import analyze
from rlm_core.models.base import Completion, Message
from rlm_core.models.first_program import relation
from rlm_core.models.identifiers import identifiers
from rlm_core.wording import fenced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAME = "offline"
LABEL = (
    "*No language model is configured: this is an extract found by searching, not an answer that anyone "
    "has reasoned about. For one, set `OPENAI_API_KEY`; or, for a compatible or local server, "
    "`OPENAI_BASE_URL` and `RLM_MODEL` (the model names can also stand in your own `rlm.toml`).*"
)
SHOWN_PLACES = 6
SHOWN_LINES = 12
LISTED = 30
_FILE = re.compile(r"[\w./-]*\w\.[A-Za-z]\w{0,5}\b")
_LAST_CALL = "<answer-now>\n"  # see `engine/prompts`


class OfflineModel:
    """Finds and quotes; never reasons."""

    @property
    def name(self) -> str:
        """`offline`."""
        return NAME

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        on_retry: Callable[[str], None] | None = None,  # noqa: ARG002 - part of `Model`; nothing to retry
    ) -> Completion:
        """See `Model.complete`; costs no tokens."""
        # A sub-call has no system message, whatever its prompt looks like.
        root = messages[0].role == "system"
        text = _next_turn(messages) if root else relevant_lines(messages[-1].content)
        return Completion(text, NAME)

    async def reach(self) -> str | None:
        """Is always there."""
        return None

    async def close(self) -> None:
        """Holds nothing to give back."""


def _next_turn(messages: Sequence[Message]) -> str:
    between_tags = enclosed(told_id(messages[1].content))
    told = [message.content for message in messages if message.role == "user"]
    mine = [message.content for message in messages if message.role == "assistant"]
    data = [(found["name"], found["data"]) for text in told for found in between_tags.finditer(text)]
    if _LAST_CALL in between_tags.sub("", told[-1]):
        printed = [text for name, text in data if name == "output"]
        return f"{_search_cut_short(printed)}\n\n{LABEL}"
    question = "\n\n".join(text for name, text in data if name in {"question", "subject"})
    if not mine:
        return _program("look", question)
    if any(found["name"] == "error" for found in between_tags.finditer(told[-1])):
        if mine[-1].startswith("Plan: look") or mine[-1].startswith("Plan: read"):
            return _program("search", question)
        return f"FINAL(The programs that search the context failed, so there is nothing to quote.\n\n{LABEL})"
    if mine[-1].startswith("Plan: look"):
        return _program("read", question)
    return "FINAL_VAR(report)"


def _program(step: str, question: str) -> str:
    body = (
        resources.files("rlm_core.models").joinpath("offline_programs", f"{step}.py.txt").read_text("utf-8")
    )
    values = {
        "QUESTION": question,
        "NAMES": identifiers(question),
        "FILES": [name.lstrip("./") for name in _FILE.findall(question)],
        "RELATION": relation(question),
        "LISTED": LISTED,
        "TERMS": _terms(question),
        "SHOWN": SHOWN_PLACES,
        "LABEL": LABEL,
    }
    setting = "".join(f"{name} = {value!r}\n" for name, value in values.items() if name in body)
    return f"Plan: {step}.\n\n```repl\n{setting}{body}```"


def _terms(question: str) -> dict[str, str]:
    """What to search for, each with the word of the question that it comes from."""
    words = re.findall(r"\w+", question)
    return {
        term: next((word for word in words if term in word.lower()), term) for term in analyze(question).stems
    }


def _search_cut_short(printed: Sequence[str]) -> str:
    if not printed:
        return "The search was cut short before it found anything."
    return f"The search was cut short; its latest output:\n\n{fenced(printed[-1])}"


def relevant_lines(prompt: str) -> str:
    """The lines of a prompt that match its first line best, in order: what a sub-call gets offline."""
    question, _, text = prompt.strip().partition("\n")
    stems = analyze(question).stems
    scores = [
        (sum(stem in line.lower() for stem in stems), -number, line)
        for number, line in enumerate(text.split("\n"))
        if line.strip()
    ]
    best = sorted((item for item in scores if item[0]), reverse=True)[:SHOWN_LINES]
    lines = "\n".join(line for _, _, line in sorted(best, key=lambda item: -item[1]))
    return f"{lines or 'No line of the text matches its first line.'}\n\n{LABEL}"
