"""Runs of plans in tests: a suite, a plan and `python -m benchmarks.evals run`, in this process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from benchmarks.evals import questions, run_folder
from benchmarks.evals.__main__ import main
from benchmarks.evals.questions import Question, Suite
from benchmarks.evals.results import ResultsFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.evals.results import Result

PROGRAM = str(Path(sys.executable).parent / "rlm-mcp")


class Run:
    """A plan and its run in a folder of the test's.

    Args:
        folder: of the test.
        asked: the questions.
        files: the repository.
    """

    def __init__(self, folder: Path, asked: Sequence[Question], files: Mapping[str, str]) -> None:
        self.folder = folder
        self.out = folder / "run"
        repository = folder / "repository"
        for path, text in files.items():
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_text(text, "utf-8")
        questions.save(Suite("own", {"commit": "none"}, tuple(asked)), folder / "suite")
        self.plan: dict[str, Any] = {
            "budget": {"calls": 100},
            "suites": {"own": {"folder": "suite", "root": "repository"}},
            "models": {},
            "arms": {},
        }

    def go(self, *flags: str) -> int:
        """Runs the plan as it is now; the exit code."""
        return main(["run", self._written(), "--out", str(self.out), *(flags or ("--yes",))])

    def start(self) -> subprocess.Popen[str]:
        """Runs it in a process of its own."""
        command = [
            sys.executable,
            "-m",
            "benchmarks.evals",
            "run",
            self._written(),
            "--out",
            str(self.out),
            "--yes",
        ]
        return subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def _written(self) -> str:
        plan = self.folder / "plan.toml"
        plan.write_text(tomlkit.dumps(self.plan), "utf-8")
        return str(plan)

    @property
    def results(self) -> dict[tuple[str, str], Result]:
        """What came of it, by arm and question."""
        found = ResultsFile(self.out).read().values()
        return {(result.cell.arm, result.cell.question): result for result in found}

    @property
    def about(self) -> dict[str, Any]:
        """`run.json`."""
        return run_folder.read(self.out)


def question(id: str = "q1", truth: Sequence[str] = ("one", "two"), **fields: Any) -> Question:  # noqa: A002 - its name
    """A question whose answer is names."""
    return Question(
        **{
            "id": id,
            "kind": "names",
            "level": 1,
            "workspace": "own",
            "text": "Which names are there?",
            "form": "names",
            "truth": tuple(truth),
            **fields,
        }
    )


def answered(*items: str) -> str:
    """An answer in the form that is asked for."""
    return "Here.\n\n```answer\n" + "\n".join(items) + "\n```"
