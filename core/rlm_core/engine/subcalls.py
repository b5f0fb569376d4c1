"""Sub-model calls: concurrent, ordered, single-flight when identical, and never fatal to a batch."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.engine.batch import ask_batch
from rlm_core.engine.events import SubcallCompleted, SubcallStarted
from rlm_core.engine.long_texts import off_loop
from rlm_core.errors import QueryError, RlmError
from rlm_core.models import Message
from rlm_core.wording import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.engine.budget import Budget
    from rlm_core.engine.event_stream import EventStream
    from rlm_core.engine.meter import Meter
    from rlm_core.models import Model, Models

HEAD_CHARS = 120  # of a prompt, that events carry


class Subcalls:
    """What stands behind `llm_query` and `llm_query_batched` in a tree of runs.

    Args:
        models: `sub` answers unless the program names `root`'s model.
        concurrency: calls under way at once, in the whole tree.
    """

    def __init__(
        self, models: Models, meter: Meter, budget: Budget, stream: EventStream, concurrency: int
    ) -> None:
        self._models = models
        self._meter = meter
        self._budget = budget
        self._stream = stream
        self._slots = asyncio.Semaphore(concurrency)
        self._in_flight: dict[tuple[str, str], _SharedCall] = {}
        self._count = 0

    async def ask(self, prompt: str, model_name: str | None, node: str) -> str:
        """The reply to one prompt.

        Raises:
            BudgetExceeded: a limit is reached.
            QueryError: the prompt is empty, or there is no such model in this run.
            ModelError: the model failed.
        """
        model = self._model(model_name)
        key = (model.name, prompt)
        call = self._in_flight.get(key) or self._start_call(key, model, prompt, node)
        call.waiters += 1
        try:
            return await asyncio.shield(call.task)
        finally:
            call.waiters -= 1
            if not call.waiters:
                # Forgotten at once, so that nobody joins a call that is being cancelled.
                self._in_flight.pop(key, None)
                call.task.cancel()

    async def batch(self, prompts: Sequence[str], model_name: str | None, node: str) -> list[str]:
        """The replies in the order of the prompts; a call that fails becomes a text that says so.

        Raises:
            BudgetExceeded: the limit on calls cannot hold the batch, or no call of it could be paid.
            QueryError: there is no such model in this run.
        """
        model = self._model(model_name)
        self._budget.check_calls(len({p for p in prompts if (model.name, p) not in self._in_flight}))

        async def ask(prompt: str) -> str:
            return await self.ask(prompt, model.name, node)

        return await ask_batch("llm_query", prompts, ask, self._stream, node)

    def _model(self, name: str | None) -> Model:
        if name is None:
            return self._models.sub
        for model in (self._models.sub, self._models.root):
            if name == model.name:
                return model
        known = " and ".join(dict.fromkeys((self._models.sub.name, self._models.root.name)))
        raise QueryError(f"There is no model {name!r} in this run, only {known}; leave `model` out.")

    def _start_call(self, key: tuple[str, str], model: Model, prompt: str, node: str) -> _SharedCall:
        if not prompt.strip():
            raise QueryError("The prompt is empty.")
        self._budget.take_call()
        call = self._in_flight[key] = _SharedCall(asyncio.create_task(self._call(model, prompt, node)))
        return call

    async def _call(self, model: Model, prompt: str, node: str) -> str:
        async with self._slots:
            self._count += 1
            call = self._count
            self._stream.emit(
                SubcallStarted(
                    node=node,
                    call=call,
                    model=model.name,
                    prompt_digest=await digest(prompt),
                    prompt_chars=len(prompt),
                    prompt_head=one_line(prompt, HEAD_CHARS),
                )
            )
            text, error = "", None
            try:
                completion = await self._meter.complete(model, [Message("user", prompt)], node)
                text = completion.text
                if completion.truncated:
                    text += "\n[This reply was cut at the model's output limit.]"
            except RlmError as failure:
                error = str(failure)
                raise
            except asyncio.CancelledError:
                error = "The call was cancelled."
                raise
            finally:
                usage = self._budget.usage
                self._stream.emit(SubcallCompleted(node=node, call=call, text=text, error=error, usage=usage))
            return text


@dataclass(slots=True)
class _SharedCall:
    """A call under way, and how many wait for it: the last one to leave ends it."""

    task: asyncio.Task[str]
    waiters: int = 0


async def digest(text: str) -> str:
    """Twelve hex digits that name a text."""
    return await off_loop(_digest, text)  # hashing lets go of the interpreter's lock


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
