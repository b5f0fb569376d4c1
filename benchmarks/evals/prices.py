"""List prices: US dollars for tokens, from the table of the package `genai-prices` or as a plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.config import Price

if TYPE_CHECKING:
    from rlm_core.models.base import Usage


class PriceList:
    """What a model's tokens cost.

    Args:
        price: a price, a model's name on the list, or None where nothing is known.

    Attributes:
        known: whether there is a price.
    """

    def __init__(self, price: str | Price | None) -> None:
        self._price = price
        self.known = price is not None and self.usd_of(0, 0, 0) is not None

    def usd(self, usage: Usage) -> float | None:
        """US dollars of a completion; None where the price is not known."""
        return self.usd_of(usage.input_tokens, usage.cached_tokens, usage.output_tokens)

    def usd_of(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> float | None:
        """US dollars of tokens; cached ones are part of the input."""
        if isinstance(self._price, Price):
            cached = self._price.cached_input if self._price.cached_input is not None else self._price.input
            new = input_tokens - cached_tokens
            return (
                new * self._price.input + cached_tokens * cached + output_tokens * self._price.output
            ) / 1e6
        if self._price is None:
            return None
        import genai_prices  # reads a large table

        usage = genai_prices.Usage(
            input_tokens=input_tokens, cache_read_tokens=cached_tokens, output_tokens=output_tokens
        )
        try:
            return float(genai_prices.calc_price(usage, model_ref=self._price).total_price)
        except LookupError:
            return None
