"""Carries out a plan, or goes on with it, after saying what it may cost."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals import budget, gateway, questions, run_folder
from benchmarks.evals.arms.choice import create
from benchmarks.evals.models.choice import PlannedModels
from benchmarks.evals.plan import Plan, PlanError, load
from benchmarks.evals.results import Result, ResultsFile
from benchmarks.evals.runner import Runner, Unasked, cells
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from benchmarks.evals.cost import Cost
    from benchmarks.evals.questions import Suite
    from benchmarks.evals.results import Cell


_SHOWN_REASONS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `run`."""
    parser.add_argument("plan", type=Path, metavar="PLAN.toml")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the run's folder, new or not")
    parser.add_argument("--yes", action="store_true", help="agree to the budget without being asked")


def run(args: argparse.Namespace) -> int:
    """Runs; 0 when every cell has a result, 3 when some have none."""
    plan = load(args.plan)
    suites = {name: questions.load(planned.folder) for name, planned in plan.suites.items()}
    out = args.out.resolve()
    spent = budget.spent(out)
    _agree(plan, suites, out, spent, agreed=args.yes)
    return asyncio.run(_run(plan, suites, out, spent))


def _agree(plan: Plan, suites: Mapping[str, Suite], out: Path, spent: Cost, *, agreed: bool) -> None:
    """Says what the run may cost, and asks.

    Raises:
        PlanError: nobody agreed, or there is nothing to ask.
    """
    every = [cell for cell, _ in cells(plan, suites)]
    if not every:
        raise PlanError("The plan asks nothing: its kinds, levels and ids fit no question of its suites.")
    done = ResultsFile(out).read()
    left = sum(cell.id not in done for cell in every)
    limits = [f"{plan.budget.calls:,} calls"]
    if plan.budget.new_chars is not None:
        limits.append(f"{plan.budget.new_chars:,} new input characters")
    if plan.budget.usd is not None:
        limits.append(f"{plan.budget.usd:g} US dollars")
    print(
        f"{len(every):,} cells ({left:,} left to ask): {len(plan.arms)} arms, {len(plan.roots())} models, "
        f"{len(suites)} suites.\nAll calls of models together may come to {' and '.join(limits)}; "
        f"{spent.calls:,} calls and {spent.new_chars:,} characters are spent.",
        file=sys.stderr,
    )
    if agreed or not left:
        return
    if not sys.stdin.isatty():
        raise PlanError("Nobody is there to agree to this budget: give --yes.")
    if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise PlanError("Not agreed; nothing was asked.")


async def _run(plan: Plan, suites: Mapping[str, Suite], out: Path, spent: Cost) -> int:
    models = PlannedModels(plan)
    held = budget.Budget(plan.budget, spent)
    results = ResultsFile(out)
    planned = [cell for cell, _ in cells(plan, suites)]
    progress = Progress(len(planned), len(results.read()))
    try:
        async with gateway.serve() as served:
            arms = {name: create(name, arm, served, out) for name, arm in plan.arms.items()}
            versions = {name: await arm.version() for name, arm in arms.items()}
            run_folder.begin(out, plan, suites, versions)
            try:
                await Runner(plan, suites, arms, models, held, results, out).run(progress.ended)
            finally:
                done = results.read()
                unasked = {cell: progress.reason(cell) for cell in planned if cell.id not in done}
                run_folder.end(out, unasked, held.spent)
    finally:
        await models.close()
    if unasked:
        reasons = sorted(set(unasked.values()))
        more = (
            f" … and {len(reasons) - _SHOWN_REASONS} more reasons." if len(reasons) > _SHOWN_REASONS else ""
        )
        said = " ".join(reasons[:_SHOWN_REASONS]) + more
        print(f"{pluralize(len(unasked), 'cell has', 'cells have')} no result: {said}", file=sys.stderr)
    return 3 if unasked else 0


class Progress:
    """A line for each cell that ends.

    Args:
        total: how many there are.
        done: how many had ended before.
    """

    def __init__(self, total: int, done: int) -> None:
        self._total = total
        self._ended = min(done, total)
        self._reasons: dict[Cell, str] = {}

    def reason(self, cell: Cell) -> str:
        """Why a cell has no result."""
        return self._reasons.get(cell, "The run was stopped.")

    def ended(self, ended: Result | Unasked) -> None:
        """Tells of a cell."""
        self._ended += 1
        cell = ended.cell
        name = f"{cell.suite}/{cell.question} {cell.arm} {cell.model}".rstrip()
        if isinstance(ended, Unasked):
            self._reasons[cell] = ended.reason
            said = f"no result: {ended.reason}"
        else:
            cost = ended.cost
            money = "" if cost.usd is None or not cost.calls else f", {cost.usd:.4f} USD"
            said = (
                f"{ended.status}, score {ended.score.value:.2f}, {cost.calls} calls, {cost.new_chars:,} new "
                f"characters, {ended.seconds:.1f} s{money}"
            )
        print(f"[{self._ended}/{self._total}] {name}: {said}", file=sys.stderr, flush=True)
