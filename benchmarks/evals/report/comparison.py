"""Paired difference: answers to the same questions side by side, the only tables that say what is better."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.evals import intervals
from benchmarks.evals.report import figures
from benchmarks.evals.report.entries import INTERVALS, Drawn, Entry, Table
from benchmarks.evals.report.run import UNKNOWN, ReportError, Run, table
from benchmarks.evals.report.summary import calls, mean_score, new_chars, seconds
from rlm_core.wording import comma_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.evals.intervals import Difference, Pair
    from benchmarks.evals.results import Result

_LISTED = 5
_MARKS = (
    f"▲ better, ▼ worse: the interval excludes 0, and {intervals.DIFFERING} questions or more differ; what "
    "has no mark is undecided. Of true ties one in twenty is marked by luck, so doubt one mark among many."
)
_RATIOS = (
    "Costs are multiples of those they are compared with (0.5 is half): geometric means of pairs' ratios. "
    "Failed answers count with what they took; pairs without a cost above 0 on both sides are left out."
)


def against_baseline(run: Run, baseline: str | None) -> Table:
    """Paired differences of all arms against one, model by model.

    Args:
        run: whose.
        baseline: the arm's name; by default the first.

    Raises:
        ReportError: the run has no answer of that arm.
    """
    arm = _baseline(run, baseline)
    return _differences(f"Paired differences against {arm}", _compared(run, arm))


def parts_against_baseline(run: Run, baseline: str | None) -> Table:
    """The same for what scores are made of, by suite and kind of question.

    Args and errors are those of `against_baseline`.
    """
    arm = _baseline(run, baseline)
    compared = _compared(run, arm)
    kinds = sorted({(result.cell.suite, result.kind) for result in run.results})
    rows: list[tuple[Entry, ...]] = []
    for suite, kind in kinds if compared else ():
        of_kind = [result for result in run.results if (result.cell.suite, result.kind) == (suite, kind)]
        paired = [
            [pair for pair in intervals.pair(one.before, one.after) if pair.before in of_kind]
            for one in compared
        ]
        for part in dict.fromkeys(name for result in of_kind for name in result.score.parts):
            measure = partial(_part, part)
            found = [_difference(intervals.difference(pairs, measure), 1.0) for pairs in paired]
            rows.append((Entry(suite), Entry(kind), Entry(part), *found))
    headings = ("suite", "kind", "part", *(f"{one.what} against {one.base}" for one in compared))
    return Table(f"Paired differences of parts against {arm}", headings, tuple(rows), 3, (INTERVALS, _MARKS))


def between_models(run: Run) -> Table:
    """Paired differences between models: of each arm, all others against its first."""
    compared: list[_Compared] = []
    for arm in dict.fromkeys(column.arm for column in run.columns):
        first, *others = (column for column in run.columns if column.arm == arm)
        compared += [_Compared(one.label, first.label, run.of(first), run.of(one)) for one in others]
    return _differences("Paired differences between models", compared)


def changes(before: Run, after: Run) -> Table:
    """Paired differences between two runs, of the arms and models that both have.

    Raises:
        ReportError: they have none in common.
    """
    common = [column for column in after.columns if column in before.columns]
    if not common:
        raise ReportError(
            f"{before.folder} and {after.folder} have no arm and model in common: "
            f"{comma_list([column.label for column in before.columns], _LISTED)} against "
            f"{comma_list([column.label for column in after.columns], _LISTED)}."
        )
    compared = [_Compared(one.label, "the same, before", before.of(one), after.of(one)) for one in common]
    found = _differences("Before → after", compared)
    alone = [one.label for one in {*before.columns, *after.columns} if one not in common]
    notes = [f"Only one of the runs has {comma_list(sorted(alone), _LISTED)}."] if alone else []
    both = {result.cell.suite for result in before.results} & {result.cell.suite for result in after.results}
    for suite in sorted(both):
        first, second = (table(one.about, "suites", suite) for one in (before, after))
        if not first or not second:
            notes.append(f"Whether both runs asked the same suite {suite} is unknown.")
        elif first != second:
            notes.append(
                f"The suite {suite} is not the same in both, so differences may come from its questions: "
                f"{figures.plain(first)} before, {figures.plain(second)} after."
            )
    return dataclasses.replace(found, notes=(*found.notes, *notes))


@dataclass(frozen=True, slots=True)
class _Compared:
    what: str
    base: str
    before: Sequence[Result]
    after: Sequence[Result]


def _baseline(run: Run, wanted: str | None) -> str:
    arms = list(dict.fromkeys(column.arm for column in run.columns))
    arm = arms[0] if wanted is None else wanted
    if arm not in arms:
        raise ReportError(f"{run.folder} has no answers of the arm {arm!r}; it has {comma_list(arms, 20)}.")
    return arm


def _compared(run: Run, arm: str) -> list[_Compared]:
    bases = [column for column in run.columns if column.arm == arm]
    # An arm without a model compares with each.
    return [
        _Compared(column.label, base.label, run.of(base), run.of(column))
        for column in run.columns
        for base in bases
        if column.arm != arm and (base.model == column.model or not base.model or not column.model)
    ]


def _differences(title: str, compared: Iterable[_Compared]) -> Table:
    columns = (
        "answers of", "against", "score difference", "score", "pairs", "better / worse / equal",
        "calls", "new input chars", "by medians", "seconds", "USD",
    )  # fmt: skip
    paired = [(one, intervals.pair(one.before, one.after)) for one in compared]
    found = [(one, pairs, intervals.difference(pairs, _value)) for one, pairs in paired]
    ranges = [one.mean.interval for _, _, one in found if one.mean and one.mean.interval]
    reach = max((abs(end) for interval in ranges for end in interval), default=0) or 1
    rows = tuple(_difference_row(one, pairs, difference, reach) for one, pairs, difference in found)
    notes = (INTERVALS, _MARKS, _RATIOS) if rows else ("There is nothing to compare.",)
    return Table(title, columns, rows, 2, notes)


def _difference_row(
    compared: _Compared, pairs: Sequence[Pair], difference: Difference, reach: float
) -> tuple[Entry, ...]:
    chars = intervals.ratio(pairs, new_chars)
    before, after = mean_score(pair.before for pair in pairs), mean_score(pair.after for pair in pairs)
    return (
        Entry(compared.what),
        Entry(compared.base),
        _difference(difference, reach),
        Entry(
            f"{figures.score(before.value)} → {figures.score(after.value)}" if before and after else UNKNOWN
        ),
        Entry(figures.count(len(pairs))),
        Entry(f"{difference.better} / {difference.worse} / {difference.equal}"),
        Entry(figures.ratio(intervals.ratio(pairs, calls))),
        Entry(figures.ratio(chars)),
        Entry(UNKNOWN if chars.of_medians is None else f"{chars.of_medians:.2f}"),
        Entry(figures.ratio(intervals.ratio(pairs, seconds))),
        Entry(figures.ratio(intervals.ratio(pairs, _usd))),
    )


def _difference(found: Difference, reach: float) -> Entry:
    mean = found.mean
    if mean is None:
        return Entry("no pairs")
    text = f"{mean.value:+.3f} {figures.brackets(mean, '+.3f')}"
    drawn = None
    if mean.interval is not None:
        low, high = (0.5 + end / reach / 2 for end in mean.interval)
        drawn = Drawn(low, 0.5 + mean.value / reach / 2, high, 0.5)
    if found.verdict > 0:
        return Entry(f"{text} ▲", "better", drawn)
    return Entry(f"{text} ▼", "worse", drawn) if found.verdict < 0 else Entry(text, "", drawn)


def _value(result: Result) -> float:
    return result.score.value


def _part(part: str, result: Result) -> float:
    return result.score.parts.get(part, 0.0)


def _usd(result: Result) -> float | None:
    return result.cost.usd
