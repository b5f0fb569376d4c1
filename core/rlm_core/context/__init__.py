"""The `context` variable: what a model's program can ask of a snapshot."""

from rlm_core.context.api_reference import reference
from rlm_core.context.context import Context

__all__ = ["Context", "reference"]
