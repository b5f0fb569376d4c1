"""Budget: what a whole tree of runs may still spend; reserved before each call, settled after it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.engine.usage import Ledger
from rlm_core.errors import RlmError
from rlm_core.models import Usage
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from rlm_core.config import Limits, Price
    from rlm_core.engine.answer import RunUsage

# Of English and code alike, roughly; corrected upwards by what providers really bill.
TOKENS_PER_CHAR = 0.25
# What a reply is taken to cost until longer ones have been seen.
REPLY_TOKENS = 1000


class BudgetExceeded(RlmError):  # noqa: N818 - reads as what happened, also in the program's traceback
    """A limit leaves no room for what was asked; the sentence names the limit."""


@dataclass(slots=True, eq=False)  # calls that ask for the same are still several
class Reservation:
    """Room for one call; `usage` is set once it is known what the call really took."""

    model: str
    chars: int
    expected: Usage
    usage: Usage | None = None

    def settle(self, usage: Usage) -> None:
        """Says what the call took."""
        self.usage = usage


class Budget:
    """One purse for a run and all its children.

    Every call reserves an estimate first, so calls that run at the same time cannot overshoot
    together; where only calls under way stand in the way, a reservation waits for them to settle.
    An estimate can be too low, so the last calls may still pass a limit by what they were
    underestimated. A part is kept back for the closing call that turns what is known into an answer.

    Args:
        limits: what may be spent.
        prices: US dollars per million tokens, by model name.

    Attributes:
        exceeded: the sentence of the first limit that refused a call; empty while there is room.
    """

    def __init__(self, limits: Limits, prices: Mapping[str, Price]) -> None:
        self._limits = limits
        self._ledger = Ledger(prices)
        self._started = asyncio.get_running_loop().time()
        self._under_way: set[Reservation] = set()
        self._changed = asyncio.Condition()
        self._closing = Reservation("", 0, Usage())
        self._billed = (0, 0)
        self._longest_reply = REPLY_TOKENS
        self.exceeded = ""

    @property
    def usage(self) -> RunUsage:
        """What has been spent so far."""
        return self._ledger.usage(asyncio.get_running_loop().time() - self._started)

    @property
    def deadline(self) -> float:
        """When time is up, on the event loop's clock."""
        return self._started + self._limits.seconds

    def left(self) -> dict[str, float | None]:
        """What remains, calls under way and the closing call deducted; cost is None without a limit."""
        cost = self._limits.cost
        return {
            "calls": max(0, self._limits.calls - self._ledger.sub_calls),
            "tokens": max(0, self._tokens_left()),
            "seconds": round(max(0.0, self.deadline - asyncio.get_running_loop().time()), 1),
            "cost": None if cost is None else round(max(0.0, cost - self._cost_committed()), 6),
        }

    def count_turn(self) -> None:
        """Counts a turn of the root model or of a child."""
        self._ledger.turns += 1

    def check_calls(self, count: int) -> None:
        """Makes sure that `count` sub-calls are left.

        Raises:
            BudgetExceeded: fewer are left.
        """
        left = self._limits.calls - self._ledger.sub_calls
        limit = f"the limit of {pluralize(self._limits.calls, 'sub-call')} (limits.calls)"
        if count and not left:
            raise self._exceed(f"No sub-call is left: {limit} is reached.")
        if count > left:
            # Not the end of the run: nothing has been spent on it, and the program may ask for less.
            raise BudgetExceeded(f"{count:,} sub-calls are asked for, but {limit} leaves {left}; ask fewer.")

    def take_call(self) -> None:
        """Counts a sub-call that is about to be made; raises `BudgetExceeded` when none is left."""
        self.check_calls(1)
        self._ledger.sub_calls += 1

    def keep_for_closing(self, model: str, chars: int) -> None:
        """Keeps back room for the call that ends the run, whose prompt has about `chars` characters."""
        self._closing = self._estimate(model, chars)

    @asynccontextmanager
    async def reserved(self, model: str, chars: int) -> AsyncIterator[Reservation]:
        """Room for one call with a prompt of `chars` characters, given back or settled at the end.

        Raises:
            BudgetExceeded: there is no such room.
        """
        reservation = self._estimate(model, chars)
        async with self._changed:
            while refusal := self._refusal(reservation):
                if not self._under_way:
                    raise self._exceed(refusal)
                await self._changed.wait()
            self._under_way.add(reservation)
        try:
            yield reservation
        finally:
            self._under_way.remove(reservation)
            if reservation.usage is not None:
                self.record(reservation.model, reservation.chars, reservation.usage)
            async with self._changed:
                self._changed.notify_all()

    @asynccontextmanager
    async def in_time(self, grace: float = 0.0) -> AsyncIterator[None]:
        """Interrupts its body when time is up.

        Args:
            grace: seconds that the body may take beyond the limit.

        Raises:
            BudgetExceeded: the body was interrupted.
        """
        try:
            async with asyncio.timeout_at(self.deadline + grace) as timeout:
                yield
        except TimeoutError:
            if not timeout.expired():
                raise
            raise self._exceed(
                f"The limit of {self._limits.seconds:g} s is reached (limits.seconds)."
            ) from None

    def record(self, model: str, chars: int, usage: Usage) -> None:
        """Books what a call with `chars` characters took, and learns from it for the next estimates."""
        self._ledger.record(model, usage)
        billed_chars, billed_tokens = self._billed
        self._billed = (billed_chars + chars, billed_tokens + usage.input_tokens)
        self._longest_reply = max(self._longest_reply, usage.output_tokens)

    def _estimate(self, model: str, chars: int) -> Reservation:
        billed_chars, billed_tokens = self._billed
        per_char = max(TOKENS_PER_CHAR, billed_tokens / billed_chars if billed_chars else 0.0)
        return Reservation(model, chars, Usage(int(chars * per_char) + 1, self._longest_reply))

    def _refusal(self, call: Reservation) -> str:
        tokens, left = call.expected.total, max(0, self._tokens_left())
        if tokens > left:
            return (
                f"The limit of {self._limits.tokens:,} tokens (limits.tokens) leaves {left:,}, "
                f"too few for a call of about {tokens:,}."
            )
        if self._limits.cost is None:
            return ""
        price = self._ledger.price(call.model, call.expected)
        if price is None:
            return (
                f"limits.cost is set, but the price of {call.model} is not known; "
                f'add it as [model.prices."{call.model}"] in your own rlm.toml (rlm-mcp doctor says where).'
            )
        room = max(0.0, self._limits.cost - self._cost_committed())
        if price > room:
            return (
                f"The limit of ${self._limits.cost:g} (limits.cost) leaves ${room:.4f}, "
                f"too little for a call of about ${price:.4f}."
            )
        return ""

    def _committed(self) -> list[Reservation]:
        return [*self._under_way, self._closing]

    def _tokens_left(self) -> int:
        committed = sum(held.expected.total for held in self._committed())
        return self._limits.tokens - self._ledger.total.total - committed

    def _cost_committed(self) -> float:
        held = sum(self._ledger.price(held.model, held.expected) or 0.0 for held in self._committed())
        return (self._ledger.cost or 0.0) + held

    def _exceed(self, sentence: str) -> BudgetExceeded:
        self.exceeded = self.exceeded or sentence
        return BudgetExceeded(sentence)
