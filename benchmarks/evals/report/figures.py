"""Figure: a number as a table has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.evals.report.run import UNKNOWN
from rlm_core.wording import one_line, pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evals.cost import Cost
    from benchmarks.evals.intervals import Estimate, Ratio

_FACTS_CHARS = 400


def count(number: float) -> str:
    """A whole number, its thousands separated."""
    return f"{number:,.0f}"


def compact(number: float) -> str:
    """A whole number in five characters at most: `950`, `12k`, `3.4M`."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if number >= size:
            scaled = number / size
            return f"{scaled:.1f}{unit}" if scaled < 9.95 else f"{scaled:.0f}{unit}"
    return f"{number:.0f}"


def score(value: float) -> str:
    """A score from 0 to 1."""
    return f"{value:.2f}"


def seconds(value: float) -> str:
    """Seconds, without tenths where those do not count."""
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def usd(value: float | None) -> str:
    """US dollars, without the sign."""
    if value is None:
        return UNKNOWN
    return f"{value:,.2f}" if value == 0 or value >= 1 else f"{value:.4f}"


def brackets(mean: Estimate, form: str) -> str:
    """An interval, or that there is none."""
    if mean.interval is None:
        return "(n = 1)"
    low, high = mean.interval
    return f"[{low:{form}}, {high:{form}}]"


def ratio(found: Ratio) -> str:
    """A ratio with its interval, and how many pairs are not in it."""
    if found.mean is None:
        return UNKNOWN
    text = f"{found.mean.value:.2f} {brackets(found.mean, '.2f')}"
    return text + (f" ({found.left_out:,} left out)" if found.left_out else "")


def spent(costs: Sequence[Cost]) -> str:
    """What calls took together, a cost each."""
    known = [cost for cost in costs if cost.usd is not None]
    price = f"{usd(sum(cost.usd or 0 for cost in known))} USD" if known or not costs else f"USD {UNKNOWN}"
    if known and len(known) < len(costs):
        price += f" and the price of {len(costs) - len(known):,} calls, which is {UNKNOWN}"
    return (
        f"{pluralize(len(costs), 'call')}, "
        f"{count(sum(cost.new_chars for cost in costs))} new input characters, "
        f"{count(sum(cost.output_chars for cost in costs))} output characters, {price}"
    )


def moment(started: object) -> str:
    """A time in ISO 8601 by the minute, as UTC; anything else as it is."""
    try:
        when = datetime.fromisoformat(str(started))
    except ValueError:
        return plain(started)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if when.tzinfo else plain(started)


def plain(value: object) -> str:
    """Data as one line: what a run noted of a build, a suite or a budget."""
    if isinstance(value, dict):
        noted = {key: one for key, one in value.items() if one is not None}
        text = ", ".join(f"{key} {plain(one)}" for key, one in noted.items())
    elif isinstance(value, list):
        text = ", ".join(plain(one) for one in value)
    else:
        text = UNKNOWN if value is None or value == "" else str(value)
    return one_line(text, _FACTS_CHARS)
