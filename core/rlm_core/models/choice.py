"""Model choice: which models answer, from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlm_core.config import ModelSettings
    from rlm_core.models.base import Model

DEFAULT_ROOT = "gpt-5"
DEFAULT_SUB = "gpt-5-mini"


@dataclass(frozen=True)
class Models:
    """The models of a run.

    Attributes:
        root: writes the programs and the answer.
        sub: answers `llm_query` and drives child runs.
        notes: what was defaulted, as sentences for the user.
    """

    root: Model
    sub: Model
    notes: tuple[str, ...] = ()

    async def reach(self) -> str | None:
        """What keeps a model from answering, as a sentence; None when nothing is known."""
        return await self.root.reach() or await self.sub.reach()

    async def close(self) -> None:
        """Gives connections back."""
        await self.root.close()
        await self.sub.close()


def choose(settings: ModelSettings) -> Models:
    """The models that the settings name; the offline model when no endpoint is configured."""
    if not settings.endpoint:
        return _offline(settings)
    from rlm_core.models.endpoint import Endpoint  # only where an endpoint is configured
    from rlm_core.models.openai_model import OpenAIModel

    endpoint = Endpoint(settings)
    name, sub_name, notes = settings.name, settings.sub_name, []
    if endpoint.is_openai and name is None:
        name, sub_name = DEFAULT_ROOT, sub_name or DEFAULT_SUB
        notes.append(f"RLM_MODEL is not set: {name} answers, with {sub_name} for sub-calls.")
    root = OpenAIModel(endpoint, name)
    if sub_name is None or sub_name == name:
        return Models(root, root, tuple(notes))
    return Models(root, OpenAIModel(endpoint, sub_name), tuple(notes))


def _offline(settings: ModelSettings) -> Models:
    notes = ["No language model is configured: the offline model quotes what matches the question."]
    if name := settings.name or settings.sub_name:
        notes = [
            f"The model {name} is set, but neither OPENAI_API_KEY nor OPENAI_BASE_URL is: "
            "the offline model quotes what matches the question."
        ]
    from rlm_core.models.offline import OfflineModel  # brings the context's search along

    offline = OfflineModel()
    return Models(offline, offline, tuple(notes))
