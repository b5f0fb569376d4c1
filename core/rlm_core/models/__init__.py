"""Language models behind one small protocol, `Model`."""

from rlm_core.models.base import Completion, Message, Model, ModelError, Usage
from rlm_core.models.choice import Models, choose
from rlm_core.models.client_models import ClientModel, FallbackModel, PendingCompletion

__all__ = [
    "ClientModel",
    "Completion",
    "FallbackModel",
    "Message",
    "Model",
    "ModelError",
    "Models",
    "PendingCompletion",
    "Usage",
    "choose",
]
