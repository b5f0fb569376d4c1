"""Run folders for tests of reports, written as a runner writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.evals import questions, run_folder
from benchmarks.evals.questions import Question, Suite
from benchmarks.evals.recording import Recording
from benchmarks.evals.results import Cell, Result, ResultsFile
from benchmarks.evals.score import Score
from rlm_core.models.base import Completion, Message, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evals.results import Status

DOLLARS_PER_CHAR = 0.001


class Reported:
    """A run's folder.

    Args:
        folder: of the test.
        asked: the questions of its one suite.
        arms: in the plan's order.
    """

    def __init__(
        self, folder: Path, asked: Sequence[Question], arms: Sequence[str], name: str = "run"
    ) -> None:
        self.folder = folder / name
        self.suite = folder / "suite"
        suite = Suite("own", {"repository": "shop", "commit": "abc123"}, tuple(asked))
        questions.save(suite, self.suite)
        self._asked = {question.id: question for question in asked}
        self.about: dict[str, Any] = {
            "started": "2026-07-04T09:12:00+00:00",
            "commit": "feed1234",
            "machine": "2 x Test CPU, 24 GB",
            "plan": {
                "suites": {"own": {"folder": str(self.suite)}},
                "arms": {arm: {} for arm in arms},
                "models": {"big": {}, "small": {}},
                "budget": {"calls": 100, "usd": None},
            },
            "suites": {"own": {**suite.origin, "digest": run_folder.digest(suite)}},
            "builds": {arms[0]: "0.1.0 of beef5678"},
            "unasked": [],
            "spent": {"calls": 1},
        }

    def recording(self, cell: Cell) -> Recording:
        """The record of a cell, to add calls to."""
        return Recording(self.folder / "records" / f"{cell.id}.jsonl")

    def answer(
        self,
        question: str,
        arm: str,
        score: float,
        *,
        model: str = "big",
        repeat: int = 0,
        chars: int = 10,
        priced: bool = True,
        status: Status = "answered",
        text: str = "An answer.",
        why: str = "",
        notes: tuple[str, ...] = (),
        recording: Recording | None = None,
    ) -> Result:
        """Adds the result of a cell, with one call of so many characters unless it has a record."""
        cell = Cell("own", question, arm, model, repeat)
        if recording is None:
            recording = self.recording(cell)
            call(recording, "root", [Message("user", "x" * chars)], "yes", priced=priced)
        asked = self._asked[question]
        result = Result(
            cell, asked.kind, asked.level, status, text, Score(score, {"recall": score}, why),
            recording.cost, 2.0, "2026-07-04T09:13:00+00:00", notes,
        )  # fmt: skip
        ResultsFile(self.folder).append(result)
        return result

    def end(self) -> Path:
        """Writes what the run noted of itself; gives its folder."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "run.json").write_text(json.dumps(self.about), "utf-8")
        return self.folder


def call(
    recording: Recording, role: str, messages: Sequence[Message], reply: str | None, *, priced: bool = True
) -> list[Message]:
    """Records a call that costs a thousandth of a dollar a character; gives the conversation after it."""
    usd = sum(len(message.content) for message in messages) * DOLLARS_PER_CHAR if priced else None
    begun = recording.begin(role, "big-1", messages, usd)
    if reply is None:
        recording.end(begun, None, usd, "The endpoint did not answer.")
        return list(messages)
    recording.end(begun, Completion(reply, "big-1", Usage(input_tokens=9, cached_tokens=2)), usd)
    return [*messages, Message("assistant", reply)]
