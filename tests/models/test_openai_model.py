from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.config import ModelSettings
from rlm_core.models import Message, ModelError, choose
from tests.support.model_server import (
    ModelServer,
    Reply,
    overflow,
    rate_limited,
    unauthorized,
    unknown_model,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.models import Completion
    from tests.support.model_server import Script

KEY = "sk-test-0123456789"
PROMPT = [Message("system", "Be short."), Message("user", "Say hello.")]


async def complete(url: str, retried: list[str] | None = None, **settings: Any) -> Completion:
    chosen = choose(ModelSettings.model_validate({"base_url": url, "name": "m", "api_key": KEY, **settings}))
    try:
        return await chosen.root.complete(PROMPT, on_retry=None if retried is None else retried.append)
    finally:
        await chosen.close()


async def failure(script: Script, served: Sequence[str] | None = (), **settings: Any) -> ModelError:
    with ModelServer({"m": script}, served) as server, pytest.raises(ModelError) as caught:
        await complete(server.url, **settings)
    assert server.url in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


async def test_a_completion_carries_text_and_usage() -> None:
    usage = {
        "prompt_tokens": 50,
        "completion_tokens": 7,
        "total_tokens": 57,
        "prompt_tokens_details": {"cached_tokens": 40},
    }
    with ModelServer({"m": [Reply("hello", usage=usage)]}) as server:
        completion = await complete(server.url)
    assert (completion.text, completion.truncated, completion.notes) == ("hello", False, ())
    spent = completion.usage
    assert (spent.input_tokens, spent.output_tokens, spent.cached_tokens) == (50, 7, 40)
    (request,) = server.requests
    assert request.messages == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Say hello."},
    ]
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_a_reply_cut_at_the_output_limit_is_marked() -> None:
    with ModelServer({"m": [Reply("hel", finish_reason="length")]}) as server:
        assert (await complete(server.url)).truncated


async def test_missing_usage_is_estimated_and_said_once() -> None:
    with ModelServer({"m": [Reply("x" * 40, usage=None), Reply("y", usage=None)]}) as server:
        chosen = choose(ModelSettings(base_url=server.url, name="m"))
        first = await chosen.root.complete(PROMPT)
        second = await chosen.root.complete(PROMPT)
        await chosen.close()
    assert first.usage.output_tokens == 10
    assert len(first.notes) == 1
    assert "estimated" in first.notes[0]
    assert second.notes == ()


async def test_thoughts_are_not_part_of_the_text() -> None:
    thinking = "<think>\n```repl\nprint(0)\n```\nFINAL(no)\n</think>\n\nhello"
    with ModelServer({"m": [thinking]}) as server:
        assert (await complete(server.url)).text == "hello"


async def test_a_rate_limit_is_waited_out_and_reported() -> None:
    retried: list[str] = []
    with ModelServer({"m": [rate_limited("0.01"), "hello"]}) as server:
        assert (await complete(server.url, retried)).text == "hello"
    assert len(server.requests) == 2
    assert retried == [f"{server.url} answered 429 and asked to wait 0.01 s; trying again (1 of 4)."]


async def test_retries_of_concurrent_requests_are_reported_to_their_own_caller() -> None:
    quiet: list[str] = []
    loud: list[str] = []
    with ModelServer({"a": ["fine"], "b": [rate_limited("0.01"), "fine"]}) as server:
        one = choose(ModelSettings(base_url=server.url, name="a", sub_name="b"))
        await asyncio.gather(
            one.root.complete(PROMPT, on_retry=quiet.append), one.sub.complete(PROMPT, on_retry=loud.append)
        )
        await one.close()
    assert quiet == []
    assert len(loud) == 1


async def test_a_rate_limit_that_stays_ends_as_a_sentence() -> None:
    error = await failure(lambda _: rate_limited("0.01"), retries=2)
    assert error.kind == "rate-limit"
    assert "429" in str(error)
    assert "3 tries" in str(error)


async def test_a_wrong_key_is_said_without_the_key() -> None:
    error = await failure([unauthorized(KEY)])
    assert error.kind == "authentication"
    assert "OPENAI_API_KEY" in str(error)


async def test_an_unknown_model_lists_what_there_is() -> None:
    error = await failure([unknown_model("m")], served=["llama", "qwen"])
    assert error.kind == "unknown-model"
    assert "llama, qwen" in str(error)
    assert "RLM_MODEL" in str(error)


async def test_an_unknown_model_where_models_are_not_listed() -> None:
    error = await failure([unknown_model("m")], served=None)
    assert error.kind == "unknown-model"
    assert "/v1" in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        overflow(),
        Reply(status=400, error={"message": "request exceeds the available context size", "type": "x"}),
        Reply(status=413, error={"message": "Prompt is too long: 9000 tokens"}),
    ],
)
async def test_a_context_overflow_is_recognised(reply: Reply) -> None:
    error = await failure([reply])
    assert error.kind == "context-overflow"
    assert "send less" in str(error)


async def test_another_refusal_quotes_the_server_but_never_the_key() -> None:
    error = await failure([Reply(status=422, error={"message": f"temperature is wrong for {KEY}"})])
    assert error.kind == "rejected"
    assert "temperature is wrong for [key]" in str(error)


async def test_a_server_error_that_stays() -> None:
    error = await failure(
        lambda _: Reply(status=503, error={"message": "busy"}, headers={"retry-after-ms": "5"}), retries=1
    )
    assert error.kind == "unreachable"
    assert "503" in str(error)
    assert "busy" in str(error)


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
@pytest.mark.parametrize("page", ["<html>Welcome</html>", "", "{not json", "[]", "{}", '{"choices": [{}]}'])
async def test_a_page_that_is_not_an_api(page: str, kind: str) -> None:
    error = await failure([Reply(raw=page, content_type=kind)])
    assert error.kind == "rejected"
    assert "OPENAI_BASE_URL" in str(error)


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        retried: list[str] = []
        with pytest.raises(ModelError) as caught:
            await complete(url, retried, retries=1)
    assert caught.value.kind == "unreachable"
    assert url in str(caught.value)
    assert len(retried) == 1


async def test_no_answer_in_time() -> None:
    release = threading.Event()
    with ModelServer({"m": lambda _: Reply("late", until=release)}) as server:
        with pytest.raises(ModelError) as caught:
            await complete(server.url, timeout=0.2, retries=0)
        release.set()
    assert caught.value.kind == "timeout"
    assert "0.2 s" in str(caught.value)


async def test_without_a_key_a_local_server_is_still_asked() -> None:
    with ModelServer({"m": ["hello"]}) as server:
        assert (await complete(server.url, api_key=None)).text == "hello"


async def test_credentials_in_the_url_are_not_shown() -> None:
    with pytest.raises(ModelError) as caught:
        await complete("http://user:secret@127.0.0.1:9/v1?token=hidden", retries=0)
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)


async def test_the_only_model_of_an_endpoint_needs_no_name() -> None:
    with ModelServer({"qwen": ["hello"]}) as server:
        chosen = choose(ModelSettings(base_url=server.url))
        assert (await chosen.root.complete(PROMPT)).text == "hello"
        await chosen.close()
    assert chosen.root.name == "qwen"
    assert chosen.sub is chosen.root


async def test_one_of_several_models_must_be_named() -> None:
    with ModelServer({"llama": [], "qwen": []}) as server:
        chosen = choose(ModelSettings(base_url=server.url))
        with pytest.raises(ModelError, match="llama, qwen; set RLM_MODEL"):
            await chosen.root.complete(PROMPT)
        await chosen.close()


@pytest.mark.parametrize(
    ("name", "served", "problem"),
    [
        ("m", ["m", "n"], None),
        ("m", None, None),
        ("m", ["n"], "does not list m; it serves n."),
        (None, ["m"], None),
        (None, ["m", "n"], "serves m, n; set RLM_MODEL"),
    ],
)
async def test_whether_a_model_can_be_reached(
    name: str | None, served: list[str] | None, problem: str | None
) -> None:
    with ModelServer({}, served) as server:
        chosen = choose(ModelSettings(base_url=server.url, name=name))
        found = await chosen.reach()
        await chosen.close()
    assert server.requests == []
    assert found is None if problem is None else problem in str(found)


async def test_an_endpoint_that_cannot_be_reached_is_not_asked_for_a_name() -> None:
    chosen = choose(ModelSettings(base_url="http://127.0.0.1:9/v1", retries=0))
    with pytest.raises(ModelError, match="cannot be reached"):
        await chosen.root.complete(PROMPT)
    await chosen.close()


async def test_an_endpoint_that_cannot_be_reached() -> None:
    chosen = choose(ModelSettings(base_url="http://127.0.0.1:9/v1", name="m"))
    assert "cannot be reached" in str(await chosen.reach())
    await chosen.close()
