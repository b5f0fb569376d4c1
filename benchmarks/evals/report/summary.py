"""Summary: what a run was, how good its answers were, and what one took."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.evals import intervals
from benchmarks.evals.report import figures
from benchmarks.evals.report.entries import INTERVALS, NONE, Drawn, Entry, Table
from benchmarks.evals.report.run import UNKNOWN, Column, Run, column_of, table
from rlm_core.wording import one_line, pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.evals.intervals import Estimate
    from benchmarks.evals.results import Result

_FACT_CHARS = 500


def facts(run: Run) -> list[tuple[str, str]]:
    """What a run was: each fact with its name, `unknown` where the run did not note it."""
    found = [
        ("Started", figures.moment(run.about.get("started"))),
        ("Harness", figures.plain(run.about.get("commit"))),
        ("Machine", figures.plain(run.about.get("machine"))),
    ]
    builds, origins = table(run.about, "builds"), table(run.about, "suites")
    arms = dict.fromkeys(column.arm for column in run.columns)
    found += [(f"Build of {arm}", figures.plain(builds.get(arm))) for arm in arms]
    suites = dict.fromkeys(result.cell.suite for result in run.results)
    found += [(f"Suite {name}", figures.plain(origins.get(name))) for name in suites]
    found += [
        ("Budget", figures.plain(table(run.about, "plan", "budget") or None)),
        ("Used, tries that were stopped included", figures.spent([call.cost for call in run.calls()])),
        ("Answers", pluralize(len(run.results), "cell")),
        ("Not run", _not_run(run)),
    ]
    return [(one_line(name, _FACT_CHARS), one_line(text, _FACT_CHARS)) for name, text in found]


def _not_run(run: Run) -> str:
    if run.not_run is None:
        return f"{UNKNOWN}, since the run did not end"
    reasons = Counter(run.not_run.values())
    return "; ".join(f"{pluralize(count, 'cell')}: {why}" for why, count in reasons.most_common()) or "none"


def new_chars(result: Result) -> float:
    """What an answer cost in input characters that no cache had."""
    return result.cost.new_chars


def calls(result: Result) -> float:
    """Requests to models that an answer took."""
    return result.cost.calls


def seconds(result: Result) -> float:
    """Wall time of an answer."""
    return result.seconds


def overview(run: Run) -> Table:
    """For each arm and model: how good answers were, and what one took."""
    columns = (
        "arm", "model", "score", "questions", "answered / incomplete / failed", "new input chars",
        "largest request", "calls", "output chars", "new / cached tokens", "seconds", "USD",
    )  # fmt: skip
    rows = tuple(_overview_row(column, run.of(column)) for column in run.columns)
    notes = [INTERVALS, "Costs are medians of what one answer took; USD is the mean, at list price."]
    asked = {
        column: {(r.cell.suite, r.cell.question, r.cell.repeat) for r in run.of(column)}
        for column in run.columns
    }
    if len({frozenset(one) for one in asked.values()}) > 1:
        notes.append(
            "Not all have answers to the same questions, so these means do not compare: only paired "
            "differences do."
        )
    return Table("Arms and models", columns, rows, 2, tuple(notes))


def _overview_row(column: Column, results: Sequence[Result]) -> tuple[Entry, ...]:
    statuses = Counter(result.status for result in results)

    def median(of: Callable[[Result], float]) -> float:
        return statistics.median(map(of, results))

    tokens = (
        f"{figures.count(median(lambda r: r.cost.new_tokens))} / "
        f"{figures.count(median(lambda r: r.cost.cached_tokens))}"
    )
    return (
        Entry(column.arm),
        Entry(column.model or "none"),
        score_entry(mean_score(results)),
        Entry(_asked(results)),
        Entry(f"{statuses['answered']} / {statuses['incomplete']} / {statuses['failed']}"),
        Entry(figures.count(median(new_chars))),
        Entry(figures.count(median(lambda r: r.cost.largest_chars))),
        Entry(figures.count(median(calls))),
        Entry(figures.count(median(lambda r: r.cost.output_chars))),
        Entry(tokens),
        Entry(figures.seconds(median(seconds))),
        Entry(_mean_usd(results)),
    )


def kinds(run: Run) -> Table:
    """For each kind of question, and each suite: the score of each arm and model."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for suite in dict.fromkeys(result.cell.suite for result in run.results):
        of_suite = [result for result in run.results if result.cell.suite == suite]
        by_kind: dict[tuple[str, str, str], list[Result]] = {}
        for result in sorted(of_suite, key=lambda r: (r.level, r.kind)):
            by_kind.setdefault((suite, result.kind, str(result.level)), []).append(result)
        if len(by_kind) > 1:
            groups[suite, "all", ""] = of_suite
        groups |= by_kind
    rows: list[tuple[Entry, ...]] = []
    for (suite, kind, level), results in groups.items():
        scores = [
            score_entry(mean_score([result for result in results if column_of(result) == column]))
            for column in run.columns
        ]
        rows.append((Entry(suite), Entry(kind), Entry(level), Entry(_questions(results)), *scores))
    headings = ("suite", "kind", "level", "questions", *(column.label for column in run.columns))
    return Table("Scores by kind", headings, tuple(rows), 2, (INTERVALS,))


def parts(run: Run) -> Table:
    """For each kind of question, and each suite: what scores are made of, as far as they have parts."""
    rows: list[tuple[Entry, ...]] = []
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in run.results:
        groups.setdefault((result.cell.suite, result.kind), []).append(result)
    for (suite, kind), results in sorted(groups.items()):
        for part in dict.fromkeys(name for result in results for name in result.score.parts):
            means = [_mean_part(part, results, column) for column in run.columns]
            rows.append((Entry(suite), Entry(kind), Entry(part), *means))
    headings = ("suite", "kind", "part", *(column.label for column in run.columns))
    return Table("Parts of scores", headings, tuple(rows), 3, (INTERVALS,))


def _mean_part(part: str, results: Sequence[Result], column: Column) -> Entry:
    return score_entry(
        intervals.estimate(
            ((r.cell.suite, r.cell.question), r.score.parts.get(part, 0.0))
            for r in results
            if column_of(r) == column
        )
    )


def score_entry(mean: Estimate | None) -> Entry:
    """A mean score with its interval."""
    if mean is None:
        return Entry(NONE)
    drawn = mean.interval and Drawn(mean.interval[0], mean.value, mean.interval[1])
    return Entry(f"{figures.score(mean.value)} {figures.brackets(mean, '.2f')}", "", drawn)


def mean_score(results: Iterable[Result]) -> Estimate | None:
    """The mean score over questions; None of no answers."""
    return intervals.estimate(((r.cell.suite, r.cell.question), r.score.value) for r in results)


def _questions(results: Sequence[Result]) -> str:
    return f"{len({(result.cell.suite, result.cell.question) for result in results}):,}"


def _asked(results: Sequence[Result]) -> str:
    questions = _questions(results)
    repeated = any(result.cell.repeat for result in results)
    return f"{questions} ({len(results):,} answers)" if repeated else questions


def _mean_usd(results: Sequence[Result]) -> str:
    known = [result.cost.usd for result in results if result.cost.usd is not None]
    if not known:
        return UNKNOWN
    missing = len(results) - len(known)
    return figures.usd(statistics.fmean(known)) + (f" ({missing:,} {UNKNOWN})" if missing else "")
