"""A model on the far side of a face: the assistant itself, or the model of the host that it runs in."""

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


class Asked:
    """A completion that somebody else has to give.

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
            notes = (f"The host answered with {model}.",) if model else ()
            usage = estimated(self.messages, text)
            self._reply.set_result(Completion(text, model, usage, truncated, notes))

    def refuse(self, sentence: str) -> None:
        """Says that there will be no reply, and why."""
        if self.open:
            self._reply.set_exception(ModelError(sentence, "rejected"))

    async def reply(self) -> Completion:
        """Waits for the reply."""
        return await self._reply


class HostModel:
    """Implements `Model` by putting up what is asked, for the face to have it answered.

    Its tokens are the host's to bill; here they are estimated from characters.

    Args:
        name: what answers call it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = count(1)
        self._waiting: dict[int, Asked] = {}
        self._arrival = asyncio.Event()

    @property
    def name(self) -> str:
        """What answers call it."""
        return self._name

    @property
    def waiting(self) -> list[Asked]:
        """What has been asked and not been answered, oldest first."""
        return [asked for asked in self._waiting.values() if asked.open]

    async def arrival(self, after: int = 0) -> list[Asked]:
        """Waits until something is asked and nothing more comes for a moment.

        Returns:
            All that waits and has a number above `after`.
        """
        while not (self.waiting and self.waiting[-1].number > after):
            self._arrival.clear()
            await self._arrival.wait()
        latest = -1
        while (newest := max(self._waiting, default=latest)) != latest:
            latest = newest
            await asyncio.sleep(SETTLE_SECONDS)
        return [asked for asked in self.waiting if asked.number > after]

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_output_tokens: int | None = None,  # noqa: ARG002 - part of `Model`; the host has its own limit
        on_retry: Callable[[str], None] | None = None,  # noqa: ARG002 - part of `Model`; nothing is retried
    ) -> Completion:
        """See `Model.complete`; waits for as long as it takes."""
        asked = Asked(next(self._numbers), messages)
        self._waiting[asked.number] = asked
        self._arrival.set()
        try:
            return await asked.reply()
        finally:
            del self._waiting[asked.number]

    async def reach(self) -> str | None:
        """See `Model.reach`; nothing is known before it is asked."""
        return None

    async def close(self) -> None:
        """Holds nothing to give back."""


class LentModel:
    """Implements `Model` with a host's model; with the offline one where the host refuses from the start.

    A user may say no when the host asks whether its model may be used. What was begun with one model is
    not gone on with by the other: a refusal after the first reply is an error as any other.

    Args:
        host: asked first.
    """

    def __init__(self, host: HostModel) -> None:
        self._host = host
        self._model: HostModel | OfflineModel | None = None  # not known yet

    @property
    def name(self) -> str:
        """Who answers, as far as is known."""
        return (self._model or self._host).name

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_output_tokens: int | None = None,
        on_retry: Callable[[str], None] | None = None,
    ) -> Completion:
        """See `Model.complete`."""
        model = self._model or self._host
        refusal: tuple[str, ...] = ()
        try:
            completion = await model.complete(
                messages, max_output_tokens=max_output_tokens, on_retry=on_retry
            )
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
