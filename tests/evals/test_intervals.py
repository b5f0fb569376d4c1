"""Confidence intervals: means, paired differences and ratios of numbers made by hand."""

from __future__ import annotations

import math
import random
import statistics
from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.cost import Cost
from benchmarks.evals.intervals import Estimate, difference, estimate, pair, ratio
from benchmarks.evals.results import Cell, Result
from benchmarks.evals.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def result(question: str, score: float, *, arm: str = "a", repeat: int = 0, chars: int = 0) -> Result:
    return Result(
        Cell("suite", question, arm, "model", repeat), "kind", 1, "answered", "", Score(score),
        Cost(calls=1, new_chars=chars), 1.0, "2026-01-01T00:00:00+00:00",
    )  # fmt: skip


def answers(scores: Iterable[float], arm: str) -> list[Result]:
    return [result(f"q{number}", score, arm=arm) for number, score in enumerate(scores)]


def score(one: Result) -> float:
    return one.score.value


def chars(one: Result) -> float:
    return one.cost.new_chars


def of(values: Sequence[float]) -> Estimate:
    found = estimate(enumerate(values))
    assert found is not None
    return found


def ends(found: Estimate | None) -> tuple[float, float]:
    assert found is not None
    assert found.interval is not None
    return found.interval


def test_a_question_counts_once_however_often_it_was_asked() -> None:
    found = estimate([("often", 0.0), ("often", 0.5), ("often", 1.0), ("once", 1.0)])
    assert (found.value, found.questions) == (0.75, 2)


def test_there_is_no_mean_of_nothing_and_no_interval_of_one_question() -> None:
    assert estimate([]) is None
    assert estimate([("one", 0.1), ("one", 0.5)]) == Estimate(0.3, None, 1)


def test_where_all_questions_agree_the_interval_has_no_width() -> None:
    assert of([0.25] * 9) == Estimate(0.25, (0.25, 0.25), 9)
    low, high = ends(of([0.1 + 0.2, 0.3]))  # but for rounding they do
    assert low == high


def test_of_two_questions_no_more_is_known_than_that_the_mean_lies_between() -> None:
    assert ends(of([0.2, 0.8])) == (0.2, 0.8)


def test_the_same_values_have_the_same_interval() -> None:
    values = [random.Random(3).random() for _ in range(40)]
    assert of(values) == of(values)


def test_more_questions_make_an_interval_narrow_and_it_is_about_as_wide_as_by_students_t() -> None:
    rng = random.Random(5)
    values = [rng.gauss(0.5, 0.2) for _ in range(400)]
    for count, quantile in ((10, 2.262), (400, 1.966)):
        low, high = ends(of(values[:count]))
        width = 2 * quantile * statistics.stdev(values[:count]) / math.sqrt(count)
        assert high - low == pytest.approx(width, rel=0.15)


@pytest.mark.parametrize("count", [6, 12])
def test_nineteen_of_twenty_intervals_hold_the_truth_even_of_few_questions(count: int) -> None:
    rng = random.Random(11)
    samples = [ends(of([rng.gauss(0.3, 1) for _ in range(count)])) for _ in range(300)]
    held = sum(low <= 0.3 <= high for low, high in samples)
    assert held / len(samples) == pytest.approx(0.95, abs=0.04)


def test_repeats_of_a_question_are_drawn_together() -> None:
    once = [(question, float(question % 2)) for question in range(12)]
    assert estimate(once * 5) == estimate(once)  # 60 answers tell no more than 12 where repeats agree


def test_answers_are_paired_by_question_and_repeat() -> None:
    before = [result("both", 0.5), result("both", 0.25, repeat=1), result("only before", 1)]
    after = [result("only after", 1), result("both", 0.75, repeat=1), result("both", 0.5)]
    found = difference(pair(before, after), score)
    assert (found.pairs, found.better, found.worse, found.equal) == (2, 1, 0, 1)
    assert found.mean == Estimate(0.25, None, 1)


def test_one_side_cannot_answer_a_question_twice() -> None:
    with pytest.raises(ValueError, match="suite/q0 is answered twice on one side, by suite~q0~a~model~0 and"):
        pair(answers([1], "a") + answers([0], "b"), answers([1], "c"))


def test_a_difference_counts_what_became_better_and_worse() -> None:
    found = difference(pair(answers([0, 0.5, 1, 1], "a"), answers([1, 0.5, 0.5, 1], "b")), score)
    assert (found.better, found.worse, found.equal, found.differing) == (1, 1, 2, 2)
    assert found.mean.value == pytest.approx(0.125)
    low, high = ends(found.mean)
    assert low < 0 < high
    assert found.verdict == 0


def test_what_is_better_in_all_of_many_questions_is_decided_both_ways() -> None:
    low, high = answers([0.1, 0.2, 0.3, 0.1, 0.2, 0.3], "a"), answers([0.5, 0.9, 0.4, 0.8, 0.9, 0.6], "b")
    assert difference(pair(low, high), score).verdict == 1
    assert difference(pair(high, low), score).verdict == -1


def test_five_questions_that_agree_decide_nothing_though_their_interval_excludes_zero() -> None:
    found = difference(pair(answers([0] * 5, "a"), answers([0.5, 0.6, 0.7, 0.8, 0.9], "b")), score)
    assert ends(found.mean)[0] > 0
    assert found.verdict == 0
    assert difference(pair(answers([0] * 5, "a"), answers([1] * 5, "b")), score).verdict == 0


def test_questions_that_tie_do_not_help_the_few_that_differ_to_decide() -> None:
    found = difference(pair(answers([0] * 60, "a"), answers([1] * 5 + [0] * 55, "b")), score)
    assert ends(found.mean)[0] > 0
    assert found.differing == 5
    assert found.verdict == 0


def test_noise_decides_nothing() -> None:
    rng = random.Random(1)
    before, after = ([rng.random() for _ in range(50)] for _ in range(2))
    assert difference(pair(answers(before, "a"), answers(after, "b")), score).verdict == 0


def test_pairing_sees_what_means_alone_do_not() -> None:
    rng = random.Random(2)
    easy = [rng.random() * 0.8 for _ in range(30)]
    before, after = answers(easy, "a"), answers([value + rng.uniform(0, 0.1) for value in easy], "b")
    assert difference(pair(before, after), score).verdict == 1
    assert ends(of([score(one) for one in before]))[1] > statistics.fmean(score(one) for one in after)


def test_sums_of_the_same_parts_in_another_order_are_equal() -> None:
    found = difference(pair(answers([0.1 + 0.2 + 0.3], "a"), answers([0.3 + 0.2 + 0.1], "b")), score)
    assert (found.equal, found.differing) == (1, 0)


def test_costs_are_compared_by_medians_and_by_the_geometric_mean_of_ratios() -> None:
    before = [result(f"q{n}", 1, chars=size) for n, size in enumerate([100, 200, 400, 800])]
    after = [result(f"q{n}", 1, chars=size) for n, size in enumerate([50, 400, 100, 800])]
    found = ratio(pair(before, after), chars)
    assert found.of_medians == pytest.approx(250 / 300)
    assert found.mean.value == pytest.approx((0.5 * 2 * 0.25 * 1) ** 0.25)
    low, high = ends(found.mean)
    assert low < found.mean.value < high
    assert (found.pairs, found.left_out) == (4, 0)


def test_half_the_cost_everywhere_is_a_ratio_of_a_half_without_width() -> None:
    before = [result(f"q{n}", 1, chars=size) for n, size in enumerate([100, 200, 400])]
    after = [result(f"q{n}", 1, chars=size) for n, size in enumerate([50, 100, 200])]
    found = ratio(pair(before, after), chars)
    assert (found.of_medians, found.mean.value, *ends(found.mean)) == pytest.approx((0.5, 0.5, 0.5, 0.5))


def test_pairs_without_a_cost_have_no_ratio_and_are_counted() -> None:
    before = [result("q0", 1, chars=100), result("q1", 1, chars=0)]
    after = [result("q0", 1, chars=300), result("q1", 1, chars=10)]
    found = ratio(pair(before, after), chars)
    assert (found.mean.value, found.pairs, found.left_out) == (pytest.approx(3), 1, 1)
    unknown = ratio(pair(before, after), lambda _: None)
    assert (unknown.of_medians, unknown.mean, unknown.left_out) == (None, None, 2)
