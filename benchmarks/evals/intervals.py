"""Confidence interval: how far a mean, a paired difference or a ratio of costs can be trusted.

What is drawn again is *questions*, since those are a sample of what could be asked: the answers to one of
them, repeats included, stay together (a cluster bootstrap), and each question counts once.

Intervals are expanded percentile intervals (Hesterberg, "What Teachers Should Know About the Bootstrap",
2014): of the bootstrap's distribution, quantiles further out, as Student's t has them for so few questions.
Of simulated paired differences (graded scores, and logarithms of costs) of 6 to 60 questions, 92 to 96 in 100
held the truth; of percentile and BCa intervals 83 to 87 at 6 questions, and 89 to 92 at 12. Where most
differences are 0 (answers are right or wrong, 12 questions), all of these miss it more often.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from benchmarks.evals.results import Result

    Measure = Callable[[Result], float | None]

CONFIDENCE = 0.95
RESAMPLES = 9_999
SEED = 0
# Numbers drawn at a time: 80 MB, however many questions there are.
_BATCH = 10_000_000
# Five questions that all differ the same way do so by luck one time in 16, six one time in 32 (sign test).
DIFFERING = 6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over questions.

    Attributes:
        value: the mean of the questions' means.
        interval: its 95% interval, whose ends are that value where all questions have the same; None of one
            question, which has none.
        questions: how many there are.
    """

    value: float
    interval: tuple[float, float] | None
    questions: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one question, of the same repeat."""

    before: Result
    after: Result

    @property
    def question(self) -> tuple[str, str]:
        """The suite's name and the question's id."""
        return self.before.cell.suite, self.before.cell.question


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between paired answers, as after minus before.

    Attributes:
        mean: over questions; None where there are no pairs.
        pairs: how many there are.
        better: pairs in which the value is larger after than before.
        worse: those in which it is smaller.
        equal: the others.
        differing: questions whose mean difference is not 0.
    """

    mean: Estimate | None
    pairs: int
    better: int
    worse: int
    equal: int
    differing: int

    @property
    def verdict(self) -> int:
        """1 where it is larger after, -1 where it is smaller, 0 where that is not decided.

        It is decided where the interval excludes 0 and at least `DIFFERING` questions differ.
        """
        if self.mean is None or self.mean.interval is None or self.differing < DIFFERING:
            return 0
        low, high = self.mean.interval
        return (low > 0) - (high < 0)


@dataclass(frozen=True, slots=True)
class Ratio:
    """What paired answers cost after, as a multiple of before.

    Attributes:
        of_medians: the median after by the median before.
        mean: the geometric mean over questions of the pairs' ratios; None where no pair has one.
        pairs: how many pairs count: both costs are known and above 0.
        left_out: the other pairs.
    """

    of_medians: float | None
    mean: Estimate | None
    pairs: int
    left_out: int


def estimate(values: Iterable[tuple[Hashable, float]]) -> Estimate | None:
    """The mean of values, each with the question that it is of; None where there are none."""
    by_question: dict[Hashable, list[float]] = defaultdict(list)
    for question, value in values:
        by_question[question].append(value)
    if not by_question:
        return None
    means = [statistics.fmean(of_one) for of_one in by_question.values()]
    return Estimate(statistics.fmean(means), _interval(means), len(means))


def pair(before: Iterable[Result], after: Iterable[Result]) -> list[Pair]:
    """Answers to the same suite, question and repeat; what only one side has is left out.

    Raises:
        ValueError: a side answers one of them twice, so it is of more than one arm or model.
    """
    firsts, seconds = _by_question(before), _by_question(after)
    return [Pair(first, seconds[key]) for key, first in firsts.items() if key in seconds]


def difference(pairs: Sequence[Pair], measure: Measure) -> Difference:
    """How a measure differs between paired answers; pairs in which it is not known are left out."""
    differences: list[tuple[Hashable, float]] = []
    for each in pairs:
        before, after = measure(each.before), measure(each.after)
        if before is not None and after is not None:
            # Sums of the same parts in another order are equal.
            differences.append((each.question, 0.0 if math.isclose(before, after) else after - before))
    totals: dict[Hashable, float] = defaultdict(float)
    for question, value in differences:
        totals[question] += value
    better = sum(value > 0 for _, value in differences)
    worse = sum(value < 0 for _, value in differences)
    return Difference(
        estimate(differences),
        len(differences),
        better,
        worse,
        len(differences) - better - worse,
        sum(not math.isclose(total, 0, abs_tol=1e-9) for total in totals.values()),
    )


def ratio(pairs: Sequence[Pair], measure: Measure) -> Ratio:
    """How many times as large a measure is after as before."""
    befores: list[float] = []
    afters: list[float] = []
    logarithms: list[tuple[Hashable, float]] = []
    for each in pairs:
        before, after = measure(each.before), measure(each.after)
        if before and after and before > 0 and after > 0:
            befores.append(before)
            afters.append(after)
            logarithms.append((each.question, math.log(after / before)))
    found = estimate(logarithms)
    if found is None:
        return Ratio(None, None, 0, len(pairs))
    interval = found.interval and (math.exp(found.interval[0]), math.exp(found.interval[1]))
    return Ratio(
        statistics.median(afters) / statistics.median(befores),
        Estimate(math.exp(found.value), interval, found.questions),
        len(logarithms),
        len(pairs) - len(logarithms),
    )


def _by_question(results: Iterable[Result]) -> dict[tuple[str, str, int], Result]:
    found: dict[tuple[str, str, int], Result] = {}
    for result in results:
        key = (result.cell.suite, result.cell.question, result.cell.repeat)
        if key in found:
            raise ValueError(
                f"{result.cell.suite}/{result.cell.question} is answered twice on one side, by "
                f"{found[key].cell.id} and {result.cell.id}; pair one arm and model with one other."
            )
        found[key] = result
    return found


def _interval(values: Sequence[float]) -> tuple[float, float] | None:
    if len(values) < 2:
        return None
    if math.isclose(min(values), max(values), abs_tol=1e-12):
        return values[0], values[0]
    # Heavy, and not needed where nothing is compared.
    import numpy as np
    from scipy import stats

    count = len(values)
    quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * math.sqrt(count / (count - 1))
    found = stats.bootstrap(
        (np.asarray(values),),
        np.mean,
        n_resamples=RESAMPLES,
        batch=max(1, _BATCH // count),
        confidence_level=1 - 2 * float(stats.norm.cdf(-quantile)),
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
