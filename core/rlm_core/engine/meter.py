"""Metering of completions: paid from the budget, in time, with their notes among the events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.models.offline import OfflineModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.engine.budget import Budget
    from rlm_core.engine.coverage import CoverageTally
    from rlm_core.engine.event_stream import EventStream
    from rlm_core.models import Completion, Message, Model

# How long the closing call may take beyond limits.seconds.
CLOSING_SECONDS = 30.0


class Meter:
    """The one way in which a run talks to a model."""

    def __init__(self, budget: Budget, stream: EventStream, tally: CoverageTally) -> None:
        self._budget = budget
        self._stream = stream
        self._tally = tally

    async def complete(self, model: Model, messages: Sequence[Message], node: str) -> Completion:
        """A completion within what is left.

        Raises:
            BudgetExceeded: a limit leaves no room for it, or time ran out while waiting.
            ModelError: the model failed.
        """
        async with self._budget.in_time(), self._budget.reserved(model.name, chars(messages)) as reservation:
            completion = await self._ask(model, messages, node)
            reservation.model = model.name
            reservation.settle(completion.usage)
            return completion

    async def complete_closing(self, model: Model, messages: Sequence[Message], node: str) -> Completion:
        """The closing call of the root run: its room was kept back, and it may end `CLOSING_SECONDS` late.

        Raises:
            BudgetExceeded: even that time was not enough.
            ModelError: the model failed.
        """
        async with self._budget.in_time(CLOSING_SECONDS):
            completion = await self._ask(model, messages, node)
            self._budget.record(model.name, chars(messages), completion.usage)
            return completion

    async def _ask(self, model: Model, messages: Sequence[Message], node: str) -> Completion:
        if not isinstance(model, OfflineModel):
            await self._tally.sent(messages[-1].content)  # what stands before it was sent before
        completion = await model.complete(messages, on_retry=lambda text: self._stream.note(text, node))
        for note in completion.notes:
            self._stream.note(note, node)
        return completion


def chars(messages: Sequence[Message]) -> int:
    """Characters of a prompt."""
    return sum(len(message.content) for message in messages)
