"""Chat reply: what counts of the JSON of a chat completion, whose shape no server need keep to."""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.models import bounded_json
from rlm_core.models.base import NAME_CHARS, Usage
from rlm_core.well_formed import well_formed
from rlm_core.wording import one_line

# More than any model takes or writes at once.
MOST_TOKENS = 100_000_000
# Fewer tokens than this part of an estimate no text takes: four characters are a token, of white space 100.
LEAST_PART = 32


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A chat completion.

    Attributes:
        text: the message's content, or the refusal that stands in its place.
        model: the model's name; empty where it is not said.
        finish_reason: why the text ends; empty where it is not said.
        reports_usage: whether it says what it took.
        usage: what it took; None where it is not said, or not in numbers of tokens.
    """

    text: str
    model: str
    finish_reason: str
    reports_usage: bool
    usage: Usage | None


def parse(body: bytes) -> ChatReply:
    """Takes from the body of a response what counts.

    Raises:
        ValueError: it is no chat completion.
    """
    reply = bounded_json.loads(body)
    choices = _member(reply, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = _member(choice, "message")
    if message is None:
        raise ValueError("a JSON document without choices[0].message")
    reported = _member(reply, "usage")
    return ChatReply(
        _text(_member(message, "content")) or _text(_member(message, "refusal")),
        _name(_member(reply, "model")),
        _name(_member(choice, "finish_reason")),
        reported is not None,
        _usage(reported),
    )


def is_credible(usage: Usage, estimate: Usage) -> bool:
    """Whether a completion can have taken this, by an estimate from its characters."""
    return (
        usage.input_tokens * LEAST_PART >= estimate.input_tokens
        and usage.output_tokens * LEAST_PART >= estimate.output_tokens
    )


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _text(content: object) -> str:
    match content:
        case None:
            return ""
        case str():
            return content
        case list() if all(isinstance(part, dict) for part in content):
            # Parts of other types are thoughts, or what is no text.
            texts = [part.get("text") for part in content if part.get("type") == "text"]
            return "".join(text for text in texts if isinstance(text, str))
        case _:
            raise ValueError("a chat completion whose content is no text")


def _name(value: object) -> str:
    return one_line(well_formed(value), NAME_CHARS) if isinstance(value, str) else ""


def _usage(reported: object) -> Usage | None:
    taken = _tokens(_member(reported, "prompt_tokens"))
    written = _tokens(_member(reported, "completion_tokens"))
    if taken is None or written is None:
        return None
    cached = _tokens(_member(_member(reported, "prompt_tokens_details"), "cached_tokens")) or 0
    return Usage(taken, written, min(cached, taken))


def _tokens(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_TOKENS:
        return None
    return int(value)
