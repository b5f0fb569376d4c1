"""Matrix: questions by arms and models, as the overview shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.evals.report.run import column_of
from benchmarks.evals.results import Cell
from rlm_core.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.evals.questions import Question
    from benchmarks.evals.report.run import Column, Run
    from benchmarks.evals.results import Result

_TEXT_CHARS = 160


@dataclass(frozen=True, slots=True)
class Row:
    """A question with the answers to it.

    Attributes:
        id: the question's.
        text: the beginning of what is asked; empty where that is not at hand.
        question: it, if it is at hand.
        fields: for each column of the run its answers, a repeat each; why there are none, if that is known.
    """

    id: str
    text: str
    question: Question | None
    fields: tuple[tuple[tuple[Result, ...], str], ...]

    @property
    def results(self) -> list[Result]:
        """All answers to it."""
        return [result for results, _ in self.fields for result in results]


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one suite, kind and level."""

    suite: str
    kind: str
    level: int
    rows: tuple[Row, ...]


def grid(run: Run) -> list[Group]:
    """All answers of a run, by suite, then level and kind, then question."""
    suites = list(dict.fromkeys(result.cell.suite for result in run.results))
    ordered = sorted(run.results, key=lambda r: (suites.index(r.cell.suite), r.level, r.kind))
    groups: dict[tuple[str, str, int], dict[str, list[Result]]] = {}
    for result in ordered:
        rows = groups.setdefault((result.cell.suite, result.kind, result.level), {})
        rows.setdefault(result.cell.question, []).append(result)
    repeats = 1 + max(result.cell.repeat for result in run.results)
    return [
        Group(
            *key, tuple(_row(run, key[0], question, results, repeats) for question, results in rows.items())
        )
        for key, rows in groups.items()
    ]


def _row(run: Run, suite: str, id_: str, results: Iterable[Result], repeats: int) -> Row:
    question = run.questions.get((suite, id_))
    by_column: dict[Column, list[Result]] = {column: [] for column in run.columns}
    for result in results:
        by_column[column_of(result)].append(result)
    not_run = run.not_run or {}
    fields: list[tuple[tuple[Result, ...], str]] = []
    for column, answers in by_column.items():
        cells = (Cell(suite, id_, column.arm, column.model, repeat).id for repeat in range(repeats))
        fields.append((tuple(answers), next((not_run[cell] for cell in cells if cell in not_run), "")))
    return Row(id_, one_line(question.text, _TEXT_CHARS) if question else "", question, tuple(fields))
