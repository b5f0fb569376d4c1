"""Run: what its folder holds, read for a report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.evals import questions, recording, run_folder
from benchmarks.evals.results import Result, ResultsFile
from rlm_core.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.evals.questions import Question, Suite
    from benchmarks.evals.recording import Call

UNKNOWN = "unknown"
_REASON_CHARS = 300


class ReportError(Exception):
    """A report that cannot be made, as a sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """One arm with one model: what answers are compared by."""

    arm: str
    model: str

    @property
    def label(self) -> str:
        """Names it in tables."""
        return f"{self.arm} · {self.model}" if self.model else self.arm


@dataclass(frozen=True, slots=True)
class Run:
    """A run, as its folder has it.

    Attributes:
        folder: where it was read from.
        about: `run.json`, each key of which may be missing.
        columns: arms with models that have answers, in the plan's order as far as it is known.
        results: what came of its cells, by suites, questions and columns.
        suites: those of its suites that could be read, by their names in the plan.
        questions: theirs, by the suite's name and the question's id.
        problems: what is missing or does not fit, as sentences.
    """

    folder: Path
    about: Mapping[str, Any]
    columns: tuple[Column, ...]
    results: tuple[Result, ...]
    suites: Mapping[str, Suite]
    questions: Mapping[tuple[str, str], Question]
    problems: tuple[str, ...]

    def of(self, column: Column) -> list[Result]:
        """The answers of one arm and model."""
        return [result for result in self.results if column_of(result) == column]

    @property
    def not_run(self) -> Mapping[str, str] | None:
        """Why cells of the plan have no result, by cell id; None where that is not known."""
        # Both are written when a run ends, and what was spent is then never empty.
        if not self.about.get("spent"):
            return None
        unasked = self.about.get("unasked", [])
        return {one["cell"]: one_line(one["reason"], _REASON_CHARS) for one in unasked}

    def record(self, result: Result) -> Path:
        """Where the calls of a cell are recorded, if it made any."""
        return self.folder / "records" / f"{result.cell.id}.jsonl"

    def calls(self) -> list[Call]:
        """All calls that are recorded, those of tries that were stopped too."""
        records = sorted((self.folder / "records").glob("*.jsonl*"))
        return [call for path in records for call in recording.read(path)]


def column_of(result: Result) -> Column:
    """The arm and model that gave an answer."""
    return Column(result.cell.arm, result.cell.model)


def table(about: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A table within what a run noted of itself; empty where it noted none."""
    found: Any = about
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def read(folder: Path, suites: Sequence[Path]) -> Run:
    """Reads a run's folder.

    Args:
        folder: the run's.
        suites: folders of suites that it may have asked; of those that are not among them, the folders that
            its plan names are read.

    Raises:
        ReportError: the folder holds no results, or a `run.json` that cannot be read.
    """
    results = list(ResultsFile(folder).read().values())
    if not results:
        raise ReportError(f"{folder} has no results: there is no line in {folder / 'results.jsonl'}.")
    try:
        about = run_folder.read(folder)
    except (OSError, ValueError) as error:
        raise ReportError(f"{folder / run_folder.FILE} cannot be read: {error}.") from error
    known, problems = _suites({result.cell.suite for result in results}, suites, about)
    if not about:
        problems.append(f"What the run was is unknown: there is no {folder / run_folder.FILE}.")
    arms = _ordered(table(about, "plan", "arms"), (result.cell.arm for result in results))
    models = _ordered(table(about, "plan", "models"), (result.cell.model for result in results))
    names = _ordered(table(about, "plan", "suites"), (result.cell.suite for result in results))
    columns = sorted({column_of(r) for r in results}, key=lambda c: (arms[c.arm], models[c.model]))
    asked = {(name, one.id): one for name, suite in known.items() for one in suite.questions}
    places = {key: place for place, key in enumerate(asked)}

    def place(result: Result) -> tuple[int, int, str, int, int]:
        cell = result.cell
        at = places.get((cell.suite, cell.question), len(places))
        return names[cell.suite], at, cell.question, columns.index(column_of(result)), cell.repeat

    ordered = tuple(sorted(results, key=place))
    return Run(folder, about, tuple(columns), ordered, known, asked, tuple(problems))


def _suites(
    names: Iterable[str], folders: Sequence[Path], about: Mapping[str, Any]
) -> tuple[dict[str, Suite], list[str]]:
    problems: list[str] = []
    given: dict[Path, Suite] = {}
    for folder in folders:
        try:
            given[folder.resolve()] = questions.load(folder)
        except questions.SuiteError as error:
            problems.append(str(error))
    known: dict[str, Suite] = {}
    for name in sorted(names):
        planned = Path(str(table(about, "plan", "suites", name).get("folder", name))).resolve()
        # A plan may call a suite something else than it calls itself.
        suite = given.get(planned) or next((one for one in given.values() if one.name == name), None)
        try:
            known[name] = suite or questions.load(planned)
        except questions.SuiteError as error:
            problems.append(f"The questions of {name} are shown by their ids alone. {error}")
            continue
        noted = table(about, "suites", name).get("digest")
        if noted is not None and noted != run_folder.digest(known[name]):
            problems.append(
                f"The suite {name} has changed since it was asked: what is shown of its questions may not "
                "be what was asked."
            )
    return known, problems


def _ordered(planned: Iterable[str], others: Iterable[str]) -> dict[str, int]:
    """Places of names: as a plan has them, then by first appearance."""
    return {name: place for place, name in enumerate(Counter([*planned, *others]))}
