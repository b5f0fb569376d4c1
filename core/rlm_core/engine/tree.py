"""What a run shares with all its children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlm_core.config import Settings
    from rlm_core.engine.budget import Budget
    from rlm_core.engine.meter import Meter
    from rlm_core.engine.stream import Stream
    from rlm_core.engine.subcalls import Subcalls
    from rlm_core.models import Models
    from rlm_core.sandbox.base import Sandbox


@dataclass(frozen=True, slots=True)
class Tree:
    """The parts that one question has once, however deep its runs nest."""

    models: Models
    sandbox: Sandbox
    settings: Settings
    budget: Budget
    meter: Meter
    subcalls: Subcalls
    stream: Stream
