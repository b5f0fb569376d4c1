"""Cost of an answer: what models were sent and said, counted in the same way for every arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer took, or one call of it.

    Attributes:
        calls: requests to models.
        input_chars: characters of all messages of all requests.
        new_chars: those of them that stand in messages with which no earlier request or reply of the same
            answer began: what a provider that caches by prefix has not seen.
        largest_chars: characters of the largest request.
        output_chars: characters that models wrote.
        input_tokens: as the endpoint reports them, else characters by four; cached ones included.
        cached_tokens: those of them that the endpoint reports as cached.
        output_tokens: as the endpoint reports them, reasoning included.
        model_seconds: time that calls took, added up.
        usd: at list price; None where a model has none.
    """

    calls: int = 0
    input_chars: int = 0
    new_chars: int = 0
    largest_chars: int = 0
    output_chars: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    model_seconds: float = 0.0
    usd: float | None = 0.0

    @property
    def new_tokens(self) -> int:
        """Input tokens that the endpoint did not report as cached."""
        return self.input_tokens - self.cached_tokens

    def __add__(self, other: Self) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.input_chars + other.input_chars,
            self.new_chars + other.new_chars,
            max(self.largest_chars, other.largest_chars),
            self.output_chars + other.output_chars,
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.model_seconds + other.model_seconds,
            None if self.usd is None or other.usd is None else self.usd + other.usd,
        )
