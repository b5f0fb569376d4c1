"""OpenAI model: one behind any compatible endpoint, through the `openai` package's chat completions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.models import chat_reply
from rlm_core.models.base import Completion, Message, estimated, model_list
from rlm_core.models.endpoint import Attempts, attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlm_core.models.chat_reply import ChatReply
    from rlm_core.models.endpoint import Endpoint

# Local reasoning models put their thoughts in front of the content; programs and answers start after it.
_THOUGHTS = re.compile(r"\A\s*<think>.*?(</think>\s*|\Z)", re.DOTALL)


class OpenAIModel:
    """One model of an endpoint.

    Args:
        endpoint: where requests go; models of one endpoint share it.
        name: what to ask for; None takes the only model that the endpoint serves.
    """

    def __init__(self, endpoint: Endpoint, name: str | None) -> None:
        self._endpoint = endpoint
        self._name = name
        self._noted: set[str] = set()

    @property
    def name(self) -> str:
        """The model's name; the endpoint's URL until an unnamed model has been looked up."""
        return self._name or self._endpoint.url

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        on_retry: Callable[[str], None] | None = None,
    ) -> Completion:
        """See `Model.complete`."""
        client = await self._endpoint.client()
        import openai  # `client` has imported it, on a thread

        from rlm_core.models.failures import explain, not_an_api  # needs openai

        if self._name is None:
            self._name = await self._endpoint.only_model()
        token = attempts.set(Attempts(on_retry) if on_retry else None)
        try:
            # The client would make an object of each value of the reply, whatever there is.
            response = await client.chat.completions.with_raw_response.create(
                model=self._name,
                messages=[{"role": message.role, "content": message.content} for message in messages],  # type: ignore[misc]  # the client's type is a union by role
            )
        except openai.OpenAIError as error:
            raise await explain(error, self._endpoint, self._name) from error
        finally:
            attempts.reset(token)
        try:
            reply = chat_reply.parse(response.content)
        except ValueError as error:
            raise not_an_api(response.content, str(error), self._endpoint) from error
        return self._completion(reply, messages)

    def _completion(self, reply: ChatReply, messages: Sequence[Message]) -> Completion:
        notes: tuple[str, ...] = ()
        if reply.finish_reason == "content_filter":
            notes = (f"{self.name}: the provider's content filter cut a reply.",)
        usage, estimate = reply.usage, estimated(messages, reply.text)
        if usage is None or not chat_reply.is_credible(usage, estimate):
            usage = estimate
            reports = "a usage that cannot be true" if reply.reports_usage else "no usage"
            if reports not in self._noted:
                self._noted.add(reports)
                notes += (f"{self.name} reports {reports}: its tokens are estimated from characters.",)
        text = _THOUGHTS.sub("", reply.text, count=1)
        return Completion(text, reply.model or self.name, usage, reply.finish_reason == "length", notes)

    async def reach(self) -> str | None:
        """See `Model.reach`."""
        await self._endpoint.client()
        import openai

        from rlm_core.models.failures import explain

        try:
            served = await self._endpoint.list_models()
        except openai.NotFoundError:
            return None  # Compatible servers need not have the list.
        except openai.OpenAIError as error:
            return str(await explain(error, self._endpoint, self.name))
        if self._name is None and len(served) != 1:
            return f"No model is chosen, and {self._endpoint.url} serves {model_list(served)}; set RLM_MODEL."
        if self._name is not None and self._name not in served:
            return f"{self._endpoint.url} does not list {self._name}; it serves {model_list(served)}."
        return None

    async def close(self) -> None:
        """Gives the endpoint's connections back."""
        await self._endpoint.close()
