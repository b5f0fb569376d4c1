"""Usage ledger: what a run has spent, by model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.answer import ModelUsage, RunUsage
from rlm_core.models import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rlm_core.config import Price

MILLION = 1_000_000


class Ledger:
    """Adds up calls, tokens and (where the price is known) money.

    Args:
        prices: US dollars per million tokens, by model name.
    """

    def __init__(self, prices: Mapping[str, Price]) -> None:
        self._prices = prices
        self._calls: dict[str, int] = {}
        self._spent: dict[str, Usage] = {}
        self.turns = 0
        self.sub_calls = 0

    def record(self, model: str, usage: Usage) -> None:
        """Counts one completion of `model`."""
        self._calls[model] = self._calls.get(model, 0) + 1
        self._spent[model] = self._spent.get(model, Usage()) + usage

    @property
    def total(self) -> Usage:
        """All models together."""
        return sum(self._spent.values(), Usage())

    def price(self, model: str, usage: Usage) -> float | None:
        """US dollars for `usage` of `model`; None when its price is not known."""
        price = self._prices.get(model)
        if price is None:
            return None
        cached = price.input if price.cached_input is None else price.cached_input
        fresh = usage.input_tokens - usage.cached_tokens
        spent = fresh * price.input + usage.cached_tokens * cached + usage.output_tokens * price.output
        return spent / MILLION

    @property
    def cost(self) -> float | None:
        """US dollars of all models together; None when a price is missing, since a part would mislead."""
        if not self._spent:
            return None
        total = 0.0
        for model, usage in self._spent.items():
            cost = self.price(model, usage)
            if cost is None:
                return None
            total += cost
        return total

    def usage(self, seconds: float) -> RunUsage:
        """The figures as they stand."""
        models = {
            name: ModelUsage(
                calls=self._calls[name],
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cached_tokens,
                cost_usd=self.price(name, usage),
            )
            for name, usage in self._spent.items()
        }
        return RunUsage(self.turns, self.sub_calls, round(seconds, 3), models, self.cost)
