"""Results of a run: a line of JSON for each cell, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

from benchmarks.evals.cost import Cost
from benchmarks.evals.score import Score

if TYPE_CHECKING:
    from pathlib import Path

# `failed` is an answer that could not be had; it scores 0, since a user would have none.
Status = Literal["answered", "incomplete", "failed"]


_NAME_CHARS = 180  # of a file name, whose limit is 255 bytes


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked of whom: one question, one arm, one model, one try.

    Attributes:
        suite: the suite's name.
        question: the question's id in it.
        arm: the arm's name in the plan.
        model: the model's name in the plan; empty for arms that ask none.
        repeat: from 0, where a question is asked several times.
    """

    suite: str
    question: str
    arm: str
    model: str
    repeat: int = 0

    @property
    def id(self) -> str:
        """Names the cell; also a file name, so what is no part of one makes way for a digest."""
        name = "~".join((self.suite, self.question, self.arm, self.model or "none", str(self.repeat)))
        plain = re.sub(r"[^\w.~-]", "_", name, flags=re.ASCII)[:_NAME_CHARS]
        if plain == name:
            return name
        return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a cell.

    Attributes:
        cell: which one.
        kind: the question's.
        level: the question's.
        status: whether there is an answer.
        answer: the text, as the arm gave it.
        score: how right it is; scores that a judge gave are in its parts.
        cost: what it took.
        seconds: wall time from question to answer.
        started: when, ISO 8601 with the zone.
        notes: what the arm said beside the answer: limits met, errors.
    """

    cell: Cell
    kind: str
    level: int
    status: Status
    answer: str
    score: Score
    cost: Cost
    seconds: float
    started: str
    notes: tuple[str, ...] = field(default=())


_RESULT = TypeAdapter(Result)


class ResultsFile:
    """`results.jsonl` of a run: appended to, a line for each cell that is done.

    Args:
        folder: the run's.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "results.jsonl"

    def append(self, result: Result) -> None:
        """Writes a result, so that it is there when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            # A line that a killed run left unfinished stays a line of its own.
            cut = file.tell() and not self.path.read_bytes().endswith(b"\n")
            line = json.dumps(dataclasses.asdict(result), ensure_ascii=False).encode("utf-8", "replace")
            file.write((b"\n" if cut else b"") + line + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> dict[str, Result]:
        """Results by cell id, the latest of each; unfinished lines count as not there."""
        found: dict[str, Result] = {}
        if self.path.exists():
            for line in self.path.read_bytes().split(b"\n"):
                try:
                    result = _RESULT.validate_json(line)
                except ValueError:
                    continue  # asked again, as if it had never been
                found[result.cell.id] = result
        return found
