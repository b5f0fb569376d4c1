"""Metered model: passes calls on, records each, and holds them to the run's budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.evals.cost import Cost
from rlm_core.models.base import CHARS_PER_TOKEN, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.evals.budget import Budget
    from benchmarks.evals.prices import PriceList
    from benchmarks.evals.recording import Recording
    from rlm_core.models.base import Completion, Message, Model


@dataclass(frozen=True)
class MeteredModel:
    """A model of one cell, in one role.

    Attributes:
        model: who answers.
        role: `root`, `sub` or `judge`.
        prices: what its tokens cost.
        recording: where calls are written.
        budget: of the whole run.
        on_failure: called with each failure, which a program need not pass on.
    """

    model: Model
    role: str
    prices: PriceList
    recording: Recording
    budget: Budget
    on_failure: Callable[[ModelError], None] | None = None

    @property
    def name(self) -> str:
        """The model's own."""
        return self.model.name

    async def complete(
        self, messages: Sequence[Message], *, on_retry: Callable[[str], None] | None = None
    ) -> Completion:
        """See `rlm_core.models.base.Model.complete`.

        Raises:
            BudgetSpentError: the run has nothing left for this call.
            ModelError: as the model raises it.
        """
        chars = sum(len(message.content) for message in messages)
        expected = Cost(calls=1, new_chars=chars, usd=self.prices.usd_of(chars // CHARS_PER_TOKEN, 0, 0))
        call = object()
        try:
            self.budget.begin(id(call), expected)
        except ModelError as failure:
            self._tell(failure)
            raise
        begun = self.recording.begin(self.role, self.name, messages, expected.usd)
        completion, error = None, "cancelled"
        try:
            completion = await self.model.complete(messages, on_retry=on_retry)
        except ModelError as failure:
            error = str(failure)
            self._tell(failure)
            raise
        else:
            return completion
        finally:
            # A call that failed may have cost its input; what endpoints bill for those is not known.
            usd = self.prices.usd(completion.usage) if completion else 0.0
            cost = self.recording.end(begun, completion, usd, "" if completion else error)
            self.budget.end(id(call), cost)

    async def reach(self) -> str | None:
        """See `Model.reach`."""
        return await self.model.reach()

    async def close(self) -> None:
        """Leaves the model, which other cells share, open."""

    def _tell(self, failure: ModelError) -> None:
        if self.on_failure is not None:
            self.on_failure(failure)
