"""The `context` variable: what a model's program can ask of a snapshot."""

from rlm_core.context.context import Context
from rlm_core.context.reference import reference

__all__ = ["Context", "reference"]
