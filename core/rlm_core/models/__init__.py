"""Language models behind one small protocol."""

from rlm_core.models.base import Completion, Message, Model, ModelError, Usage
from rlm_core.models.choice import Models, choose
from rlm_core.models.client_models import Asked, HostModel, LentModel

__all__ = [
    "Asked",
    "Completion",
    "HostModel",
    "LentModel",
    "Message",
    "Model",
    "ModelError",
    "Models",
    "Usage",
    "choose",
]
