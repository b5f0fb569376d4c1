"""Where a model's program runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rlm_core.errors import SandboxError
from rlm_core.sandbox.base import CellResult, Probe, Sandbox, Session, Variable

if TYPE_CHECKING:
    from rlm_core.config import SandboxLimits

__all__ = ["CellResult", "Probe", "Sandbox", "Session", "Variable", "create"]


def create(limits: SandboxLimits) -> Sandbox:
    """Returns this machine's sandbox, which starts nothing before it is used.

    Raises:
        SandboxError: there is none for this system.
    """
    if sys.platform != "linux":
        raise SandboxError(
            "Programs can be isolated on Linux only for now; run rlm-mcp in a Linux container or virtual "
            "machine. They are never run without isolation."
        )
    from rlm_core.sandbox.native import NativeSandbox  # needs what only Linux has

    return NativeSandbox(limits)
