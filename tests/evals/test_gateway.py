from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx2
import openai
import pytest

from benchmarks.evals import gateway
from rlm_core.models.base import Completion, ModelError, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlm_core.models.base import Message


class Model:
    """Repeats the last message, or fails, or waits until it is cancelled."""

    name = "m"

    def __init__(self, failure: ModelError | None = None) -> None:
        self.failure = failure
        self.began, self.cancelled = asyncio.Event(), asyncio.Event()

    async def complete(
        self, messages: Sequence[Message], *, on_retry: Callable[[str], None] | None = None
    ) -> Completion:
        if self.failure:
            raise self.failure
        if messages[-1].content == "wait":
            self.began.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()
        return Completion(messages[-1].content, "m-1", Usage(7, 3, 2))

    async def reach(self) -> str | None:
        return None

    async def close(self) -> None: ...


def client(access: gateway.Access) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=access.url, api_key=access.key, max_retries=2)


async def test_a_program_has_the_models_of_its_key() -> None:
    async with gateway.serve() as served:
        with served.access(Model(), Model()) as access:
            async with client(access) as asking:
                reply = await asking.chat.completions.create(
                    model="sub", messages=[{"role": "user", "content": [{"type": "text", "text": "hé"}]}]
                )
                assert reply.choices[0].message.content == "hé"
                assert reply.usage.prompt_tokens_details.cached_tokens == 2
                assert [model.id async for model in asking.models.list()] == ["root", "sub"]
        async with client(access) as late:
            with pytest.raises(openai.NotFoundError, match="no model 'root' for this key"):
                await late.chat.completions.create(model="root", messages=[])


async def test_a_stream_is_had_in_one_piece() -> None:
    async with gateway.serve() as served:
        with served.access(Model(), Model()) as access:
            async with client(access) as asking:
                stream = await asking.chat.completions.create(
                    model="root", messages=[{"role": "user", "content": "hello"}], stream=True
                )
                pieces = [piece async for piece in stream]
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == "hello"
    assert pieces[-1].usage.prompt_tokens == 7


@pytest.mark.parametrize(
    ("kind", "raised", "code"),
    [
        ("context-overflow", openai.BadRequestError, "context_length_exceeded"),
        ("rate-limit", openai.RateLimitError, "rate-limit"),
        ("unreachable", openai.InternalServerError, "unreachable"),
    ],
)
async def test_a_failure_is_passed_on_once(kind: str, raised: type[openai.APIStatusError], code: str) -> None:
    model = Model(ModelError("It did not go well.", kind))  # type: ignore[arg-type]
    async with gateway.serve() as served:
        with served.access(model, model) as access:
            async with client(access) as asking:
                with pytest.raises(raised, match="It did not go well") as error:
                    await asking.chat.completions.create(
                        model="root", messages=[{"role": "user", "content": "x"}]
                    )
    assert error.value.code == code
    assert error.value.response.headers["x-should-retry"] == "false"


async def test_a_request_ends_with_its_client() -> None:
    model = Model()
    async with gateway.serve() as served:
        with served.access(model, model) as access:
            async with client(access) as asking:
                task = asyncio.create_task(
                    asking.chat.completions.create(
                        model="root", messages=[{"role": "user", "content": "wait"}]
                    )
                )
                await model.began.wait()
                task.cancel()
                await model.cancelled.wait()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"model": "root", "messages": [{"role": "user", "content": 3}]}']
)
async def test_what_is_no_request_is_refused(body: bytes) -> None:
    async with gateway.serve() as served:
        with served.access(Model(), Model()) as access:
            async with httpx2.AsyncClient() as asking:
                reply = await asking.post(
                    f"{access.url}/chat/completions",
                    content=body,
                    headers={"Authorization": f"Bearer {access.key}"},
                )
    assert reply.status_code == 400
    assert "no chat completion's" in reply.json()["error"]["message"]
