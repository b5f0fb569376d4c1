"""Model choice: the models that a plan names, made once for a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import SecretStr

from benchmarks.evals.models.oracle import OracleLeaf
from benchmarks.evals.models.reader import ReaderModel
from benchmarks.evals.plan import EndpointPlan, OraclePlan, PlanError, ReaderPlan
from benchmarks.evals.prices import PriceList
from rlm_core.config import ModelSettings, Price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.evals.plan import Plan
    from rlm_core.models.base import Model


class PlannedModels:
    """Models by their name in the plan.

    Raises:
        PlanError: a limit in dollars, and a model without a price.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._made: dict[str, Model] = {}
        self.prices = {name: PriceList(_price(model)) for name, model in plan.models.items()}
        unpriced = [name for name, prices in self.prices.items() if not prices.known]
        if plan.budget.usd is not None and unpriced:
            raise PlanError(
                f"The budget is in dollars, and what {', '.join(unpriced)} costs is not known: "
                f"set models.{unpriced[0]}.price, or a budget in calls alone."
            )

    def get(self, name: str, labels: Mapping[str, str]) -> Model:
        """A model; an oracle knows these labels."""
        planned = self._plan.models[name]
        if isinstance(planned, OraclePlan):
            return OracleLeaf(labels)
        if name not in self._made:
            self._made[name] = (
                _endpoint(planned) if isinstance(planned, EndpointPlan) else _reader(planned, name)
            )
        return self._made[name]

    async def close(self) -> None:
        """Gives connections back."""
        for model in self._made.values():
            await model.close()


def _price(planned: EndpointPlan | ReaderPlan | OraclePlan) -> str | Price | None:
    if planned.price is None and isinstance(planned, EndpointPlan):
        return planned.name
    return planned.price


def _reader(planned: ReaderPlan, name: str) -> ReaderModel:
    return ReaderModel(planned.folder, name)


def _endpoint(planned: EndpointPlan) -> Model:
    from rlm_core.models.endpoint import Endpoint
    from rlm_core.models.openai_model import OpenAIModel

    key = os.environ.get(planned.key_env)
    settings = ModelSettings(
        base_url=planned.base_url, api_key=SecretStr(key) if key else None, timeout=planned.timeout
    )
    return OpenAIModel(Endpoint(settings), planned.name)
