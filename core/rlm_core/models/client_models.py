"""Client models: the model of an MCP client (sampling), or the assistant that drives a REPL session."""

from __future__ import annotations

import asyncio
import dataclasses
from itertools import count
from typing import TYPE_CHECKING

from rlm_core.models.base import Completion, ModelError, estimated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlm_core.models.base import Message
    from rlm_core.models.offline import OfflineModel

# Several prompts that a program asks for at once arrive within this many seconds of each other.
SETTLE_SECONDS = 0.02


class PendingCompletion:
    """A completion that the client has to give.

    Attributes:
        number: names it; counts from 1 in each model.
        messages: the conversation.
    """

    def __init__(self, number: int, messages: Sequence[Message]) -> None:
        self.number = number
        self.messages = tuple(messages)
        self._reply: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()

    @property
    def open(self) -> bool:
        """Whether it still waits for a reply."""
        return not self._reply.done()

    def answer(self, text: str, *, model: str = "", truncated: bool = False) -> None:
        """Gives the reply; one that comes too late changes nothing."""
        if self.open:
            notes = (f"The client answered with {model}.",) if model else ()
            usage = estimated(self.messages, text)
            self._reply.set_result(Completion(text, model, usage, truncated, notes))

    def refuse(self, sentence: str) -> None:
        """Says that there will be no reply, and why."""
        if self.open:
            self._reply.set_exception(ModelError(sentence, "rejected"))

    async def reply(self) -> Completion:
        """Waits for the reply."""
        return await self._reply


class ClientModel:
    """Implements `Model` by putting up pending completions, for the face to have them given.

    Its tokens are the client's to bill; here they are estimated from characters.

    Args:
        name: what answers call it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = count(1)
        self._waiting: dict[int, PendingCompletion] = {}
        self._arrival = asyncio.Event()

    @property
    def name(self) -> str:
        """What answers call it."""
        return self._name

    @property
    def waiting(self) -> list[PendingCompletion]:
        """The completions that are pending, oldest first."""
        return [pending for pending in self._waiting.values() if pending.open]

    async def arrival(self, after: int = 0) -> list[PendingCompletion]:
        """Waits until a completion is pending and no more come for a moment.

        Returns:
            All that are pending and have a number above `after`.
        """
        while not (self.waiting and self.waiting[-1].number > after):
            self._arrival.clear()
            await self._arrival.wait()
        latest = -1
        while (newest := max(self._waiting, default=latest)) != latest:
            latest = newest
            await asyncio.sleep(SETTLE_SECONDS)
        return [pending for pending in self.waiting if pending.number > after]

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        on_retry: Callable[[str], None] | None = None,  # noqa: ARG002 - part of `Model`; nothing is retried
    ) -> Completion:
        """See `Model.complete`; waits for as long as it takes."""
        pending = PendingCompletion(next(self._numbers), messages)
        self._waiting[pending.number] = pending
        self._arrival.set()
        try:
            return await pending.reply()
        finally:
            del self._waiting[pending.number]

    async def reach(self) -> str | None:
        """See `Model.reach`; nothing is known before it is asked."""
        return None

    async def close(self) -> None:
        """Holds nothing to give back."""


class FallbackModel:
    """Implements `Model` with a client's model; with the offline one where it refuses from the start.

    A user may say no when the client asks whether its model may be used. What was begun with one model is
    not gone on with by the other: a refusal after the first reply is an error as any other.

    Args:
        client_model: asked first.
    """

    def __init__(self, client_model: ClientModel) -> None:
        self._client_model = client_model
        self._model: ClientModel | OfflineModel | None = None  # not known yet

    @property
    def name(self) -> str:
        """Who answers, as far as is known."""
        return (self._model or self._client_model).name

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        on_retry: Callable[[str], None] | None = None,
    ) -> Completion:
        """See `Model.complete`."""
        model = self._model or self._client_model
        refusal: tuple[str, ...] = ()
        try:
            completion = await model.complete(messages, on_retry=on_retry)
            self._model = model
        except ModelError as error:
            if self._model is not None:
                raise
            from rlm_core.models.offline import OfflineModel  # it takes the grammars with it

            self._model = OfflineModel()
            refusal = (f"{error} The offline model quotes what matches the question.",)
            completion = await self._model.complete(messages)
        return dataclasses.replace(completion, notes=(*completion.notes, *refusal))

    async def reach(self) -> str | None:
        """See `Model.reach`; nothing is known before it is asked."""
        return None

    async def close(self) -> None:
        """Holds nothing to give back."""
