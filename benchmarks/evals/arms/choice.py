"""Arm choice: the arms that a plan names, made once for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evals import plan
from benchmarks.evals.arms.agent import Agent
from benchmarks.evals.arms.direct import Direct
from benchmarks.evals.arms.program import Program
from benchmarks.evals.arms.rank import Rank, RankCall

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.evals.arms.base import Arm
    from benchmarks.evals.gateway import Gateway
    from benchmarks.evals.plan import ArmPlan


def create(name: str, planned: ArmPlan, gateway: Gateway, folder: Path) -> Arm:
    """The arm of a plan.

    Args:
        name: the arm's in the plan.
        planned: what it is.
        gateway: what programs reach their models by.
        folder: the run's; each arm has a cache of its own below it, since builds keep different things.

    Raises:
        ArmError: a program that it needs is not there.
    """
    caches = folder / "caches" / name
    match planned:
        case plan.ProgramArm():
            return Program(planned, gateway, caches)
        case plan.OfflineArm():
            return Program(planned, None, caches)
        case plan.RankArm():
            return Rank(planned, caches)
        case plan.RankCallArm():
            return RankCall(planned, caches)
        case plan.DirectArm():
            return Direct(planned)
        case plan.AgentArm():
            return Agent(planned)
