"""Model protocol: what a language model is to the engine, one coroutine from messages to a completion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from rlm_core.errors import RlmError
from rlm_core.well_formed import well_formed
from rlm_core.wording import comma_list, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Role = Literal["system", "user", "assistant"]
FailureKind = Literal[
    "unreachable", "timeout", "authentication", "unknown-model", "context-overflow", "rate-limit", "rejected"
]

CHARS_PER_TOKEN = 4
# Twice what any model writes. A reply is taken apart in one piece, in which the event loop serves nobody.
COMPLETION_CHARS = 1_000_000
LISTED_MODELS = 20
NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one completion, or a sum of several.

    `input_tokens` includes `cached_tokens`; `output_tokens` includes reasoning, as providers bill it.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
        )

    @property
    def total(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said.

    Attributes:
        text: the message's content; lone surrogates, which any JSON may have, are replaced, and what is
            longer than `COMPLETION_CHARS` is cut, with a note.
        model: the model's name, as the provider reports it.
        usage: tokens spent.
        truncated: the provider stopped at its output limit, so the text has no proper end.
        notes: sentences about anything retried or defaulted on the way (shown to the user).
    """

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    truncated: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) > COMPLETION_CHARS:
            note = (
                f"A reply of {self.model or 'the model'} had {len(self.text):,} characters; only the first "
                f"{COMPLETION_CHARS:,} count."
            )
            object.__setattr__(self, "notes", (*self.notes, note))
            object.__setattr__(self, "truncated", True)
        object.__setattr__(self, "text", well_formed(self.text[:COMPLETION_CHARS]))


def model_list(names: Sequence[str]) -> str:
    """Model names for a sentence, the first `LISTED_MODELS` of them."""
    return comma_list([one_line(name, NAME_CHARS) for name in names], LISTED_MODELS) or "none"


def estimated(messages: Sequence[Message], text: str) -> Usage:
    """What a completion will have cost, where nobody says: from characters."""
    sent = sum(len(message.content) for message in messages)
    return Usage(sent // CHARS_PER_TOKEN, len(text) // CHARS_PER_TOKEN)


class ModelError(RlmError):
    """A completion that could not be had, with the reason as a sentence and as a `kind`."""

    def __init__(self, message: str, kind: FailureKind) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind


class Model(Protocol):
    """A language model.

    Attributes:
        name: what the user calls it (`gpt-5-mini`, `offline`).
    """

    @property
    def name(self) -> str:
        """What the user calls the model."""
        ...

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        on_retry: Callable[[str], None] | None = None,
    ) -> Completion:
        """Completes a conversation; cancelling the task cancels the request.

        Args:
            messages: the conversation, system message first.
            on_retry: called with a sentence each time a request is tried again.

        Raises:
            ModelError: after the retries that make sense for the failure.
        """
        ...

    async def reach(self) -> str | None:
        """What keeps the model from answering, as a sentence; None when nothing is known. Costs nothing."""
        ...

    async def close(self) -> None:
        """Gives connections back; the model can be used again afterwards."""
        ...
