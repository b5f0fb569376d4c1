"""Run folder: what a run is about, in `run.json`, so that it goes on only with what it began with.

`results.jsonl` has what came of each cell, `records/` the calls of its models, `cells/` what a program left.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.evals.machine import commit, machine
from benchmarks.evals.plan import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    write(folder, about)


def end(folder: Path, unasked: Mapping[Cell, str], spent: Cost) -> None:
    """Adds what was not asked, and what all calls have cost."""
    about = read(folder)
    about["unasked"] = [{"cell": cell.id, "reason": reason} for cell, reason in unasked.items()]
    about["spent"] = {"calls": spent.calls, "new_chars": spent.new_chars, "usd": spent.usd}
    write(folder, about)


def read(folder: Path) -> dict[str, Any]:
    """What a run is about; empty where there is none."""
    file = folder / FILE
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def merged(folders: Sequence[Path]) -> dict[str, Any]:
    """What runs are about together: of what they agree on, one; of money, the sum.

    Raises:
        PlanError: a folder is no run, or a name has two meanings.
    """
    abouts = [read(folder) for folder in folders]
    whole: dict[str, Any] = {}
    for folder, about in zip(folders, abouts, strict=True):
        if not about:
            raise PlanError(f"{folder} is no run: it has no {FILE}.")
        if not whole:
            whole = about
            continue
        _hold_to(whole, about, folder)
        plan = {**whole["plan"], **{part: {**whole["plan"][part], **about["plan"][part]} for part in _NAMED}}
        whole = {
            **whole,
            "started": min(whole["started"], about["started"]),
            "commit": _both(whole["commit"], about["commit"]),
            "machine": _both(whole["machine"], about["machine"]),
            "plan": {**plan, "budget": _sum(whole["plan"]["budget"], about["plan"]["budget"])},
            "suites": {**whole["suites"], **about["suites"]},
            "builds": {**whole["builds"], **about["builds"]},
            "unasked": [*whole["unasked"], *about["unasked"]],
            "spent": _sum(whole["spent"], about["spent"]),
        }
    return whole


def _both(one: str, other: str) -> str:
    return one if one == other else f"{one}; {other}"


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Of each figure; not known where one is not."""
    return {
        key: None if one.get(key) is None or other.get(key) is None else one[key] + other[key]
        for key in {**one, **other}
    }


_NAMED = ("suites", "models", "arms")


def write(folder: Path, about: Mapping[str, Any]) -> None:
    """Writes what a run is about."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{FILE}"
    unfinished.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", "utf-8")
    unfinished.rename(folder / FILE)


def _hold_to(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> None:
    """Cells are known by names, so a name must go on meaning the same."""
    old = _meanings(before)
    for name, meaning in _meanings(now).items():
        if name in old and old[name] != meaning:
            raise PlanError(
                f"{folder} has results with another {name}; give it another name in the plan, or the run "
                "another folder."
            )


def _meanings(about: Mapping[str, Any]) -> dict[str, Any]:
    plan = about["plan"]
    # Where a reader's desk stands says nothing of the reader.
    models = {name: {**model, "folder": None} for name, model in plan["models"].items()}
    parts = {
        "arms.": plan["arms"],
        "models.": models,
        "suite ": about["suites"],
        "build of ": about["builds"],
    }
    return {f"{part}{name}": meaning for part, named in parts.items() for name, meaning in named.items()}


def digest(suite: Suite) -> str:
    """Names what a suite asks, and what it holds to be right."""
    # What a question does not have is left out, so that a new field changes nothing of the old ones.
    asked = [
        {key: value for key, value in dataclasses.asdict(question).items() if value}
        for question in suite.questions
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
