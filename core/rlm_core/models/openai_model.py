"""OpenAI model: one behind any compatible endpoint, through the `openai` package's chat completions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.models.base import Completion, Message, Usage, estimated, model_list
from rlm_core.models.endpoint import Attempts, attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openai.types.chat import ChatCompletion
    from openai.types.completion_usage import CompletionUsage

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
        self._estimate_noted = False

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
            response = await client.chat.completions.create(
                model=self._name,
                messages=[{"role": message.role, "content": message.content} for message in messages],  # type: ignore[misc]  # the client's type is a union by role
            )
        except openai.OpenAIError as error:
            raise await explain(error, self._endpoint, self._name) from error
        except ValueError as error:
            # The client lets the JSON decoder's error through.
            raise not_an_api(str(error), self._endpoint) from error
        finally:
            attempts.reset(token)
        # The client trusts the server: what is not an API's answer may be a string, or have no choices.
        choices = getattr(response, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise not_an_api(str(response), self._endpoint)
        return self._completion(response, messages)

    def _completion(self, response: ChatCompletion, messages: Sequence[Message]) -> Completion:
        choice = response.choices[0]
        content = choice.message.content or choice.message.refusal or ""
        notes: tuple[str, ...] = ()
        if choice.finish_reason == "content_filter":
            notes = (f"{self.name}: the provider's content filter cut a reply.",)
        if response.usage is not None:
            usage = _usage(response.usage)
        else:
            usage = estimated(messages, content)
            if not self._estimate_noted:
                self._estimate_noted = True
                notes += (f"{self.name} reports no usage: its tokens are estimated from characters.",)
        text = _THOUGHTS.sub("", content, count=1)
        return Completion(text, response.model or self.name, usage, choice.finish_reason == "length", notes)

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


def _usage(usage: CompletionUsage) -> Usage:
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens or 0) if details else 0
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached)
