from __future__ import annotations

import asyncio

import pytest

from rlm_core.config import Limits, Price
from rlm_core.engine.budget import Budget, BudgetExceeded
from rlm_core.models import Usage


async def spend(budget: Budget, chars: int, usage: Usage, *, model: str = "m") -> None:
    async with budget.reserved(model, chars) as reservation:
        await asyncio.sleep(0)
        reservation.settle(usage)


async def test_calls_at_the_same_time_cannot_overshoot_together() -> None:
    budget = Budget(Limits(tokens=10_000), {})
    done = await asyncio.gather(
        *(spend(budget, 4000, Usage(1000, 1000)) for _ in range(50)), return_exceptions=True
    )
    refused = [error for error in done if isinstance(error, BudgetExceeded)]
    assert len(done) - len(refused) == 4
    assert sum(model.input_tokens + model.output_tokens for model in budget.usage.models.values()) == 8000
    assert "limits.tokens" in budget.exceeded


async def test_what_was_reserved_and_not_spent_is_there_for_the_next() -> None:
    budget = Budget(Limits(tokens=3000), {})
    await asyncio.gather(*(spend(budget, 4000, Usage(20, 10)) for _ in range(20)))
    assert budget.left()["tokens"] == 3000 - 20 * 30
    assert budget.exceeded == ""


async def test_estimates_follow_what_is_billed() -> None:
    budget = Budget(Limits(tokens=20_000), {})
    await spend(budget, 1000, Usage(1000, 4000))
    with pytest.raises(BudgetExceeded, match="about 16,001"):
        await spend(budget, 12_000, Usage())


async def test_a_failed_call_gives_its_room_back() -> None:
    budget = Budget(Limits(tokens=3000), {})
    for _ in range(5):
        with pytest.raises(RuntimeError):
            async with budget.reserved("m", 4000):
                raise RuntimeError
    assert budget.left()["tokens"] == 3000


async def test_nobody_waits_for_a_call_that_is_over() -> None:
    """Two calls of one size, of which the later one fails while the other is under way."""
    budget, failed = Budget(Limits(tokens=10_000), {}), asyncio.Event()

    async def succeed() -> None:
        async with budget.reserved("m", 4) as reservation:
            await failed.wait()
            reservation.settle(Usage(1, 1))

    async def fail() -> None:
        with pytest.raises(RuntimeError):
            async with budget.reserved("m", 4):
                raise RuntimeError
        failed.set()

    done = await asyncio.gather(succeed(), fail(), return_exceptions=True)
    with pytest.raises(BudgetExceeded):
        await spend(budget, 80_000, Usage())
    assert list(done) == [None, None]
    assert budget.left()["tokens"] == 10_000 - 2


async def test_room_is_kept_back_for_the_closing_call() -> None:
    budget = Budget(Limits(tokens=5000), {})
    budget.keep_for_closing("m", 8000)
    assert budget.left()["tokens"] == 5000 - 2001 - 1000
    with pytest.raises(BudgetExceeded):
        await spend(budget, 8000, Usage())


async def test_too_large_a_batch_is_refused_without_ending_the_run() -> None:
    budget = Budget(Limits(calls=3), {})
    with pytest.raises(BudgetExceeded, match="leaves 3; ask fewer"):
        budget.check_calls(4)
    assert budget.exceeded == ""
    for _ in range(3):
        budget.take_call()
    with pytest.raises(BudgetExceeded, match="No sub-call is left"):
        budget.take_call()
    assert "limits.calls" in budget.exceeded


async def test_money() -> None:
    prices = {"m": Price(input=1.0, output=10.0, cached_input=0.1)}
    budget = Budget(Limits(cost=0.05), prices)
    await spend(budget, 4000, Usage(1000, 2000, cached_tokens=500))
    # 500 fresh at 1, 500 cached at 0.1, 2000 out at 10 dollars a million
    assert budget.usage.cost_usd == pytest.approx(0.02055)
    assert budget.left()["cost"] == pytest.approx(0.05 - 0.02055)
    with pytest.raises(BudgetExceeded, match=r"limits\.cost"):
        await spend(budget, 40_000, Usage())


async def test_a_limit_on_money_needs_a_price() -> None:
    budget = Budget(Limits(cost=1.0), {})
    with pytest.raises(BudgetExceeded, match=r'\[model\.prices\."m"\]'):
        await spend(budget, 10, Usage())


async def test_unknown_prices_leave_the_sum_open() -> None:
    budget = Budget(Limits(), {"m": Price(input=1.0, output=1.0)})
    await spend(budget, 10, Usage(10, 10))
    assert budget.usage.cost_usd is not None
    await spend(budget, 10, Usage(10, 10), model="other")
    assert budget.usage.cost_usd is None
    assert budget.usage.models["m"].cost_usd == pytest.approx(0.00002)


async def test_time_is_up() -> None:
    budget = Budget(Limits(seconds=0.01), {})
    with pytest.raises(BudgetExceeded, match=r"0\.01 s is reached"):
        async with budget.in_time():
            await asyncio.Event().wait()


async def test_a_timeout_of_something_else_is_not_the_budgets() -> None:
    budget = Budget(Limits(), {})
    with pytest.raises(TimeoutError):
        async with budget.in_time(), asyncio.timeout(0):
            await asyncio.Event().wait()
