"""Arm protocol: what a way of answering is to a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from rlm_core.models.base import Model


class ArmError(Exception):
    """An answer that could not be had, as a sentence."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an arm has to do.

    Attributes:
        prompt: the question, with the form of its answer.
        query: the question alone, for what searches by its words.
        root: the repository.
        model: who answers; None for arms that ask nobody.
        sub: who answers sub-calls.
        scratch: a folder of this cell's own.
        seconds: wall time for all of it.
    """

    prompt: str
    query: str
    root: Path
    model: Model | None
    sub: Model | None
    scratch: Path
    seconds: float

    def asked(self) -> Model:
        """The model.

        Raises:
            ArmError: there is none.
        """
        if self.model is None:
            raise ArmError("This arm asks a model, and the cell has none.")
        return self.model


@dataclass(frozen=True, slots=True)
class Reply:
    """What an arm says.

    Attributes:
        text: the answer, as Markdown.
        status: `incomplete` where the arm itself says so.
        notes: what it said beside the answer.
    """

    text: str
    status: Literal["answered", "incomplete"] = "answered"
    notes: tuple[str, ...] = ()


class Arm(Protocol):
    """A way of answering."""

    async def answer(self, task: Task) -> Reply:
        """Answers a question.

        Raises:
            ArmError: it cannot, and says why.
            ModelError: the model could not be asked.
        """
        ...

    async def version(self) -> str:
        """What answers: name, version, and what is set differently from its defaults."""
        ...
