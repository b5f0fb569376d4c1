"""What a worker says that cannot start."""

from __future__ import annotations

from typing import Any

from rlm_core.errors import SandboxError
from rlm_core.sandbox.base import LockError


def refusal(error: Exception) -> dict[str, Any]:
    """The frame that tells the host why there is no worker."""
    reason = str(error) if isinstance(error, SandboxError) else f"A worker failed to start: {error!r}."
    return {"op": "refused", "unlocked": isinstance(error, LockError), "message": reason[:1_000]}
