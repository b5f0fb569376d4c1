"""Runner: puts the questions of a plan to its arms and models, several at once, and keeps what comes of each.

What was asked already is not asked again, so a run that was stopped goes on where it was. A cell whose model
could not be asked, or for which the budget has no room, is no result: it is told, and asked when the run goes
on.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from benchmarks.evals import scorers
from benchmarks.evals.arms.base import ArmError, Reply, Task
from benchmarks.evals.budget import BudgetSpentError
from benchmarks.evals.judge import JudgeError, judge
from benchmarks.evals.models.metered import MeteredModel
from benchmarks.evals.questions import SuiteError
from benchmarks.evals.recording import Recording
from benchmarks.evals.results import Cell, Result
from benchmarks.evals.score import Score
from rlm_core.models.base import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.evals.arms.base import Arm
    from benchmarks.evals.budget import Budget
    from benchmarks.evals.models.choice import PlannedModels
    from benchmarks.evals.plan import Plan, SuitePlan
    from benchmarks.evals.questions import Question, Suite
    from benchmarks.evals.results import ResultsFile

# Failures that say something of the connection and nothing of the arm.
_OUTAGES = {"unreachable", "timeout", "authentication", "unknown-model", "rate-limit"}


@dataclass(frozen=True, slots=True)
class Unasked:
    """A cell that has no result, and why."""

    cell: Cell
    reason: str


@dataclass(frozen=True)
class Runner:
    """Carries out a plan.

    Attributes:
        plan: what was agreed.
        suites: by their name in the plan.
        arms: likewise.
        models: the plan's.
        budget: what all cells share.
        results: what was written before, and is written to.
        folder: the run's.
    """

    plan: Plan
    suites: Mapping[str, Suite]
    arms: Mapping[str, Arm]
    models: PlannedModels
    budget: Budget
    results: ResultsFile
    folder: Path

    async def run(self, on_end: Callable[[Result | Unasked], None]) -> None:
        """Asks all that has not been asked.

        Args:
            on_end: called with each cell as it ends.
        """
        done = self.results.read()
        places = asyncio.Semaphore(self.plan.concurrency)

        async def one(cell: Cell, question: Question) -> None:
            async with places:
                ended = await self._cell(cell, question)
            if isinstance(ended, Result):
                self.results.append(ended)
            on_end(ended)

        async with asyncio.TaskGroup() as group:
            for cell, question in cells(self.plan, self.suites):
                if cell.id not in done:
                    group.create_task(one(cell, question))

    async def _cell(self, cell: Cell, question: Question) -> Result | Unasked:
        if cell.model and self.budget.exhausted:
            return Unasked(cell, self.budget.exhausted)
        suite = self.suites[cell.suite]
        try:
            workspace = suite.workspace(question, self.plan.suites[cell.suite].root)
        except SuiteError as error:
            return Unasked(cell, str(error))
        recording = Recording(self.folder / "records" / f"{cell.id}.jsonl")
        watched: list[ModelError] = []
        root, sub = self._metered(cell, suite, recording, watched)
        task = Task(
            prompt=question.prompt,
            query=question.query or question.text,
            root=workspace,
            model=root,
            sub=sub,
            scratch=self.folder / "cells" / cell.id,
            seconds=self.plan.cell_seconds,
        )
        task.scratch.mkdir(parents=True, exist_ok=True)
        started, began = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
        reply, failure = await self._answer(self.arms[cell.arm], task)
        seconds, cost = round(time.monotonic() - began, 3), recording.cost
        outage = next((error for error in watched if _is_outage(error)), None)
        if outage is not None and (reply is None or reply.status != "answered"):
            return Unasked(cell, str(outage))
        try:
            score = (
                Score(0.0, why=failure) if reply is None else await self._score(question, reply, recording)
            )
        except JudgeError as error:
            # Citations alone are another scale, which no mean should hold beside a judge's.
            return Unasked(cell, str(error))
        return Result(
            cell=cell,
            kind=question.kind,
            level=question.level,
            status="failed" if reply is None else reply.status,
            answer=reply.text if reply else "",
            score=score,
            cost=cost,
            seconds=seconds,
            started=started,
            notes=reply.notes if reply else (failure,),
        )

    async def _answer(self, arm: Arm, task: Task) -> tuple[Reply | None, str]:
        try:
            return await asyncio.wait_for(arm.answer(task), task.seconds + _GRACE_SECONDS), ""
        except TimeoutError:
            return None, f"No answer within {task.seconds:g} s."
        except (ArmError, ModelError) as error:
            return None, str(error)

    async def _score(self, question: Question, reply: Reply, recording: Recording) -> Score:
        score = scorers.score(question, reply.text)
        if self.plan.judge is None or question.form != "prose":
            return score
        name = self.plan.judge.model
        model = MeteredModel(
            self.models.get(name, {}), "judge", self.models.prices[name], recording, self.budget
        )
        judged = await judge(question, reply.text, model, self.plan.judge.votes)
        why = " ".join(filter(None, (judged.why, score.why)))
        return Score(judged.value, {**score.parts, **judged.parts}, why)

    def _metered(
        self, cell: Cell, suite: Suite, recording: Recording, watched: list[ModelError]
    ) -> tuple[MeteredModel | None, MeteredModel | None]:
        if not cell.model:
            return None, None
        sub = self.plan.models[cell.model].sub or cell.model
        root_model, sub_model = (
            MeteredModel(
                self.models.get(name, suite.labels),
                role,
                self.models.prices[name],
                recording,
                self.budget,
                watched.append,
            )
            for name, role in ((cell.model, "root"), (sub, "sub"))
        )
        return root_model, sub_model


_GRACE_SECONDS = 30.0  # an arm ends by itself before


def cells(plan: Plan, suites: Mapping[str, Suite]) -> Iterable[tuple[Cell, Question]]:
    """All cells of a plan, in the order in which they begin."""
    for name, suite in suites.items():
        for question in chosen(suite.questions, plan.suites[name]):
            for repeat in range(plan.repeats):
                for arm, planned in plan.arms.items():
                    for model in plan.roots() if planned.asks_model else [""]:
                        yield Cell(name, question.id, arm, model, repeat), question


def half_of(question: str) -> Literal["tune", "hold"]:
    """The half that a question is in, by its id, always the same."""
    return "hold" if hashlib.sha256(question.encode()).digest()[-1] % 2 else "tune"


def chosen(questions: Sequence[Question], planned: SuitePlan) -> list[Question]:
    """The questions of a suite that a plan wants."""
    of_kind: dict[str, int] = {}
    taken = []
    for question in questions:
        if planned.kinds and question.kind not in planned.kinds:
            continue
        if planned.levels and question.level not in planned.levels:
            continue
        if planned.ids and question.id not in planned.ids:
            continue
        if planned.half and planned.half != half_of(question.id):
            continue
        of_kind[question.kind] = of_kind.get(question.kind, 0) + 1
        if planned.per_kind is None or of_kind[question.kind] <= planned.per_kind:
            taken.append(question)
    return taken


def _is_outage(error: ModelError) -> bool:
    return isinstance(error, BudgetSpentError) or error.kind in _OUTAGES
