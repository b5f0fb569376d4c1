"""Budget of a run: what all its cells together may spend on models, tries that were stopped included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evals import recording
from benchmarks.evals.cost import Cost
from rlm_core.models.base import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.evals.plan import BudgetPlan


class BudgetSpentError(ModelError):
    """A call that the budget has no room for."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "rejected")


class Budget:
    """Holds a run to its limits.

    A call counts when it goes out, with what is known of it then. So the number of calls is exact, and what
    calls under way will write can go beyond a limit in dollars.

    Attributes:
        spent: what calls have cost so far; those of earlier tries of this run too.
        exhausted: why no call goes out any more; empty as long as they do.
    """

    def __init__(self, limits: BudgetPlan, spent: Cost) -> None:
        self._limits = limits
        self.spent = spent
        self.exhausted = ""
        self._under_way: dict[int, Cost] = {}

    def begin(self, number: int, expected: Cost) -> None:
        """Takes a call into account.

        Args:
            number: names the call until it ends.
            expected: what is known of its cost.

        Raises:
            BudgetSpentError: there is no room for it.
        """
        total = sum(self._under_way.values(), self.spent + expected)
        limits = self._limits
        met = [
            f"{used:,} of {limit:,} {what}"
            for used, limit, what in (
                (total.calls, limits.calls, "calls"),
                (total.new_chars, limits.new_chars, "new input characters"),
                (total.usd, limits.usd, "US dollars"),
            )
            if limit is not None and used is not None and used > limit
        ]
        if met:
            self.exhausted = f"The run's budget is spent: {' and '.join(met)} with the next call."
            raise BudgetSpentError(self.exhausted)
        self._under_way[number] = expected

    def end(self, number: int, cost: Cost) -> None:
        """Takes into account what a call came to."""
        del self._under_way[number]
        self.spent += cost


def spent(folder: Path) -> Cost:
    """What all calls in the records of a run have cost."""
    files = sorted((folder / "records").glob("*.jsonl*"))
    return sum((call.cost for file in files for call in recording.read(file)), Cost())
