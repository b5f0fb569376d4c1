"""Language models behind one small protocol."""

from rlm_core.models.base import Completion, Message, Model, ModelError, Usage
from rlm_core.models.choice import Models, choose

__all__ = ["Completion", "Message", "Model", "ModelError", "Models", "Usage", "choose"]
