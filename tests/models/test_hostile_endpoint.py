"""Endpoints that answer with anything at all: a completion or a sentence comes of it, and soon."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import zlib
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlm_core.config import ModelSettings
from rlm_core.models import Completion, Message, ModelError, choose
from tests.support.model_server import ModelServer, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.model_server import Request

PROMPT = [Message("user", "Say hello. " * 100)]
MEGABYTE = b" " * (1 << 20)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def complete(reply: Reply, **settings: Any) -> Completion:
    with ModelServer({"m": [reply] * 2}) as server:
        chosen = choose(ModelSettings.model_validate({"base_url": server.url, "name": "m", **settings}))
        try:
            return await chosen.root.complete(PROMPT)
        finally:
            await chosen.close()


def completion(content: object, **more: object) -> Reply:
    return Reply(raw=json.dumps({"choices": [{"message": {"content": content}}], **more}))


def squeezed(megabytes: int) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(MEGABYTE) for _ in range(megabytes)) + packer.flush()


def chunks(data: bytes) -> Iterator[bytes]:
    yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from repeat(b"%x\r\n%s\r\n" % (len(data), data))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(raw=squeezed(16), headers={"Content-Encoding": "gzip"}),
        Reply(raw=gzip.compress(squeezed(16)), headers={"Content-Encoding": "gzip, gzip"}),
        Reply(wire=chunks(MEGABYTE)),
        Reply(wire=chunks(b" ")),
        Reply(wire=repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)),
    ],
    ids=["gzip", "gzip twice", "endless", "endless in small chunks", "interim responses"],
)
async def test_a_response_is_read_up_to_a_size(reply: Reply) -> None:
    with pytest.raises(ModelError, match="sent more than 8 MiB") as caught:
        await complete(reply, timeout=30)
    assert caught.value.kind == "rejected"


async def test_a_compressed_completion_is_read() -> None:
    body = gzip.compress(json.dumps({"choices": [{"message": {"content": "hello"}}]}).encode())
    assert (await complete(Reply(raw=body, headers={"Content-Encoding": "gzip"}))).text == "hello"


async def test_a_completion_of_all_that_counts_fits_whatever_it_consists_of() -> None:
    text = '\u4e2d\\"{[,' * 200_000
    got = await complete(completion(text))
    assert got.text == text[:1_000_000]


async def test_of_an_endless_error_the_beginning_is_quoted() -> None:
    def wire() -> Iterator[bytes]:
        yield b"HTTP/1.1 422 No\r\nContent-Type: text/plain; charset=zip\r\n\r\nno such thing; "
        yield from repeat(MEGABYTE)

    with pytest.raises(ModelError, match="no such thing"):
        await complete(Reply(wire=wire()))


async def test_a_response_has_to_be_complete_in_time() -> None:
    stop = threading.Event()

    def wire() -> Iterator[bytes]:
        yield OK + b"Content-Length: 1000000\r\n\r\n"
        while not stop.wait(0.02):  # slowly, so that its time is over before it has sent too much
            yield b" "

    with pytest.raises(ModelError, match=r"within 0\.3 s") as caught:
        await complete(Reply(wire=wire()), timeout=0.3, retries=0)
    stop.set()
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"choices":[' + "{}," * 300_000 + "{}]}", "very many values"),
        ('{"choices":["\\\\",' + '"",' * 300_000 + "{}]}", "very many values"),
        ("[" * 100_000, "deeply nested"),
        ("[" + "1" * 5_000 + "]", "integer"),
    ],
    ids=["objects", "strings", "deep", "long number"],
)
async def test_json_that_takes_long_to_parse_is_no_completion(body: str, why: str) -> None:
    with pytest.raises(ModelError, match=why) as caught:
        await complete(Reply(raw=body))
    assert caught.value.kind == "rejected"


async def test_text_in_parts_is_joined() -> None:
    parts = [
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "hel"},
        {"type": "text", "text": "lo"},
    ]
    assert (await complete(completion(parts))).text == "hello"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    with ModelServer({"m": lambda _: "stolen"}) as other:
        to = f"{other.url}/chat/completions?key=hidden"
        with pytest.raises(ModelError, match="redirects to") as caught:
            await complete(Reply(raw="", status=status, headers={"Location": to}))
    assert other.requests == []
    assert other.url.removesuffix("/v1") in str(caught.value)
    assert "hidden" not in str(caught.value)


HONEST = {"prompt_tokens": 300, "completion_tokens": 10}
ESTIMATE = (275, 10)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (HONEST, (300, 10)),
        ({**HONEST, "completion_tokens": 4_000}, (300, 4_000)),
        ({**HONEST, "prompt_tokens_details": {"cached_tokens": 9_000}}, (300, 10)),
        ({**HONEST, "prompt_tokens": -4_000_000_000}, ESTIMATE),
        ({**HONEST, "completion_tokens": -1}, ESTIMATE),
        ({**HONEST, "prompt_tokens": 10**400}, ESTIMATE),
        ({**HONEST, "prompt_tokens": float("nan")}, ESTIMATE),
        ({**HONEST, "completion_tokens": float("inf")}, ESTIMATE),
        ({**HONEST, "prompt_tokens": 0}, ESTIMATE),
        ({**HONEST, "completion_tokens": 0}, ESTIMATE),
        ({**HONEST, "prompt_tokens": "300"}, ESTIMATE),
        ([], ESTIMATE),
    ],
)
async def test_a_usage_that_cannot_be_true_is_estimated_and_said(
    usage: Any, counted: tuple[int, int]
) -> None:
    got = await complete(completion("x" * 40, usage=usage))
    assert (got.usage.input_tokens, got.usage.output_tokens) == counted
    assert 0 <= got.usage.cached_tokens <= got.usage.input_tokens
    assert any("cannot be true" in note for note in got.notes) == (counted == ESTIMATE)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


def shaped(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=fields) | values


parts = shaped(type=st.just("text"), text=st.text() | values)
messages = shaped(content=st.text() | st.lists(parts, max_size=3) | values, refusal=values)
counts = shaped(
    prompt_tokens=values, completion_tokens=values, prompt_tokens_details=shaped(cached_tokens=values)
)
replies = shaped(
    choices=st.lists(shaped(message=messages, finish_reason=values), min_size=1, max_size=2) | values,
    usage=counts,
    model=values,
)
errors = shaped(error=shaped(message=values, code=values, type=values), message=values)


def test_any_json_is_a_completion_or_a_failure_of_the_model() -> None:
    """Whatever an endpoint says, with whatever status, and whatever it lists as its models."""
    said: list[Any] = []

    def answer(_: Request) -> Reply:
        body, status = said[-1]
        return Reply(raw=json.dumps(body), status=status)

    with ModelServer({"m": answer}, served=None) as server, asyncio.Runner() as runner:
        chosen = choose(ModelSettings(base_url=server.url, name="m", retries=0))

        @settings(max_examples=60, deadline=None)
        @given(
            st.tuples(replies, st.just(200))
            | st.tuples(errors, st.sampled_from([200, 307, 400, 404, 429, 500]))
        )
        @example(({"choices": [{"message": {"content": [5]}}]}, 200))
        @example(({"choices": [{"message": {"content": "\ud800"}}]}, 200))
        def holds(reply: tuple[Any, int]) -> None:
            said.append(reply)
            try:
                got = runner.run(chosen.root.complete(PROMPT))
            except ModelError as error:
                assert server.url in str(error)  # noqa: PT017 - a completion is as well
            else:
                got.text.encode()
                got.model.encode()
                assert got.usage.total >= 0

        holds()
        runner.run(chosen.close())


@pytest.mark.parametrize(
    "listed",
    [None, [], {"data": None}, {"data": 5}, {"data": [None]}, {"data": [{"id": 5}]}, {"data": {"id": "m"}}],
)
async def test_a_list_of_models_in_any_shape(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer({"m": []}) as server:
        monkeypatch.setattr(server, "_models", lambda: listed or {"data": listed})
        chosen = choose(ModelSettings(base_url=server.url, name="m"))
        assert await chosen.reach() is not None
        await chosen.close()
