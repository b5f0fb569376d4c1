"""Offline model: the default, a deterministic planner that is a `Model` like any other.

It needs no key and no network. It plays the protocol of the loop (programs in fenced `repl` blocks,
`FINAL_VAR`) from templates: names and words of the question are found, ranked, sliced and quoted. What
comes out is an extract with citations, and says so.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from rlm_core.context.stemming import query_terms
from rlm_core.models.base import Completion, Message
from rlm_core.models.identifiers import identifiers

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
# What a question wants to know of a name or file, the more particular first: "what does f call" asks for
# callees, "what calls f" for callers.
_RELATIONS = {
    "callees": re.compile(r"\bdo(?:es)?\b.*\bcalls?\b|\bcallees?\b", re.IGNORECASE),
    "callers": re.compile(r"\b(?:calls?|called|callers?|invoke[sd]?)\b", re.IGNORECASE),
    "imports": re.compile(r"\bdo(?:es)?\b.*\b(?:import|include|depend on)\b|\bimports of\b", re.IGNORECASE),
    "importers": re.compile(r"\b(?:import(?:s|ed|ers?)?|include[sd]?|depends? on)\b", re.IGNORECASE),
}
_FILE = re.compile(r"[\w./-]*\w\.[A-Za-z]\w{0,5}\b")
# How the loop marks the question, a program's failure and its last call; see `engine/prompts`.
_QUESTION = re.compile(r"<question>\s*(.*?)\s*</question>", re.DOTALL)
_FAILED = "failed:\n<error>\n"
_LAST_CALL = "<answer-now>\n"
_OUTPUT = re.compile(r"<output>\n(.*?)\n</output>", re.DOTALL)


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
        question = next((found for message in messages if (found := _QUESTION.search(message.content))), None)
        text = _next_turn(question[1], messages) if question else relevant_lines(messages[-1].content)
        return Completion(text, NAME)

    async def reach(self) -> str | None:
        """Is always there."""
        return None

    async def close(self) -> None:
        """Holds nothing to give back."""


def _next_turn(question: str, messages: Sequence[Message]) -> str:
    mine = [message.content for message in messages if message.role == "assistant"]
    latest = messages[-1].content
    if _LAST_CALL in latest:
        return f"{_latest_output(messages)}\n\n{LABEL}"
    if not mine:
        return _program("look", question)
    if _FAILED in latest:
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
        "RELATION": next((name for name, pattern in _RELATIONS.items() if pattern.search(question)), ""),
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
        term: next((word for word in words if term in word.lower()), term) for term in query_terms(question)
    }


def _latest_output(messages: Sequence[Message]) -> str:
    for message in reversed(messages):
        if message.role == "user" and (outputs := _OUTPUT.findall(message.content)):
            return f"The search was cut short; its latest output:\n\n~~~~\n{outputs[-1]}\n~~~~"
    return "The search was cut short before it found anything."


def relevant_lines(prompt: str) -> str:
    """The lines of a prompt that match its first line best, in order: what a sub-call gets offline."""
    question, _, text = prompt.strip().partition("\n")
    stems = query_terms(question)
    scores = [
        (sum(stem in line.lower() for stem in stems), -number, line)
        for number, line in enumerate(text.split("\n"))
        if line.strip()
    ]
    best = sorted((item for item in scores if item[0]), reverse=True)[:SHOWN_LINES]
    lines = "\n".join(line for _, _, line in sorted(best, key=lambda item: -item[1]))
    return f"{lines or 'No line of the text matches its first line.'}\n\n{LABEL}"
