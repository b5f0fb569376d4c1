"""Where a model's program runs."""

from __future__ import annotations

from rlm_core.sandbox.base import CellResult, LockError, Probe, Sandbox, Session, Variable
from rlm_core.sandbox.choice import create

__all__ = ["CellResult", "LockError", "Probe", "Sandbox", "Session", "Variable", "create"]
