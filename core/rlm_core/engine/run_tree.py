"""Run tree: what a run shares with all its children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from rlm_core.config import Price
from rlm_core.engine.budget import Budget
from rlm_core.engine.coverage import CoverageTally
from rlm_core.engine.meter import Meter
from rlm_core.engine.subcalls import Subcalls
from rlm_core.models import ClientModel
from rlm_core.models.offline import OfflineModel

if TYPE_CHECKING:
    from rlm_core.config import Settings
    from rlm_core.engine.event_stream import EventStream
    from rlm_core.models import Models
    from rlm_core.sandbox.base import Sandbox
    from rlm_core.workspace.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class RunTree:
    """The parts that one question has once, however deep its runs nest."""

    models: Models
    sandbox: Sandbox
    settings: Settings
    budget: Budget
    meter: Meter
    subcalls: Subcalls
    stream: EventStream
    tally: CoverageTally

    @classmethod
    def of(
        cls, models: Models, sandbox: Sandbox, settings: Settings, stream: EventStream, snapshot: Snapshot
    ) -> Self:
        """The parts, made for these limits."""
        # What runs here, and what the client pays for, costs nothing, so limits.cost can be held with it.
        free = {
            model.name: Price(input=0, output=0)
            for model in (models.root, models.sub)
            if isinstance(model, OfflineModel | ClientModel)
        }
        budget = Budget(settings.limits, {**free, **settings.model.prices})
        tally = CoverageTally(snapshot)
        meter = Meter(budget, stream, tally)
        subcalls = Subcalls(models, meter, budget, stream, settings.limits.concurrency)
        return cls(models, sandbox, settings, budget, meter, subcalls, stream, tally)
