"""Run folder: what a run is about, in `run.json`, so that it goes on only with what it began with.

`results.jsonl` has what came of each cell, `records/` the calls of its models, `cells/` what a program left.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.evals.machine import commit, machine
from benchmarks.evals.plan import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.evals.cost import Cost
    from benchmarks.evals.plan import Plan
    from benchmarks.evals.questions import Suite
    from benchmarks.evals.results import Cell

FILE = "run.json"


def begin(folder: Path, plan: Plan, suites: Mapping[str, Suite], builds: Mapping[str, str]) -> None:
    """Writes what the run is about, or holds it to what an earlier try wrote.

    Raises:
        PlanError: an arm, a model or a suite of the same name is another one now.
    """
    planned = plan.model_dump(mode="json")
    about = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(Path(__file__).parent),
        "machine": machine(),
        "plan": planned,
        "suites": {name: {**suite.origin, "digest": digest(suite)} for name, suite in suites.items()},
        "builds": dict(builds),
        "unasked": [],
        "spent": {},
    }
    before = read(folder)
    if before:
        _hold_to(before, about, folder)
        about["started"] = before["started"]
    _write(folder, about)


def end(folder: Path, unasked: Mapping[Cell, str], spent: Cost) -> None:
    """Adds what was not asked, and what all calls have cost."""
    about = read(folder)
    about["unasked"] = [{"cell": cell.id, "reason": reason} for cell, reason in unasked.items()]
    about["spent"] = {"calls": spent.calls, "new_chars": spent.new_chars, "usd": spent.usd}
    _write(folder, about)


def read(folder: Path) -> dict[str, Any]:
    """What a run is about; empty where there is none."""
    file = folder / FILE
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def _write(folder: Path, about: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{FILE}"
    unfinished.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", "utf-8")
    unfinished.rename(folder / FILE)


def _hold_to(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    """Cells are known by names, so a name must go on meaning the same."""
    pairs = [
        *(
            (f"arms.{name}", before["plan"]["arms"], now["plan"]["arms"], name)
            for name in now["plan"]["arms"]
        ),
        *(
            (f"models.{name}", before["plan"]["models"], now["plan"]["models"], name)
            for name in now["plan"]["models"]
        ),
        *((f"the suite {name}", before["suites"], now["suites"], name) for name in now["suites"]),
        *((f"the build of {name}", before["builds"], now["builds"], name) for name in now["builds"]),
    ]
    for shown, old, new, name in pairs:
        if name in old and old[name] != new[name]:
            raise PlanError(
                f"{folder} has results with another {shown}; give it another name in the plan, or the run "
                "another folder."
            )


def digest(suite: Suite) -> str:
    """Names what a suite asks, and what it holds to be right."""
    asked = "\n".join(repr(question) for question in suite.questions)
    return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:16]
