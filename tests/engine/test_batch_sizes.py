"""Batches that are larger than a frame of the sandbox, in both kinds of it."""

from __future__ import annotations

import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from rlm_core.config import SandboxSettings
from rlm_core.engine import batch
from rlm_core.sandbox import choice
from rlm_core.sandbox.wire import MAX_BODY
from tests.engine.conftest import Asker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from rlm_core.sandbox.base import Sandbox
    from rlm_core.workspace.snapshot import Snapshot
    from tests.support.model_server import ModelServer, Request, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

BACKENDS = ["native", "wasm"] if sys.platform == "linux" else ["wasm"]


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=BACKENDS)
async def each_sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    box = choice.create(SandboxSettings(backend=request.param))
    yield box
    await box.close()


@pytest.fixture
def each(snapshot: Snapshot, each_sandbox: Sandbox) -> Asker:
    return Asker(snapshot, each_sandbox)


def repl(code: str) -> str:
    return f"```repl\n{code}\n```"


def length_and_place(request: Request) -> str:
    return f"{len(request.prompt)} {request.prompt[:9].strip()}"


@pytest.mark.parametrize("function", ["llm_query_batched", "rlm_query_batched"])
async def test_prompts_larger_than_a_frame_are_asked_together(
    each: Asker, serve: Serve, function: str
) -> None:
    code = (
        "prompts = [f'{n:<9}' + 'ä' * 450_000 for n in (0, 1, 2, 3, 1, 4, 5, 6, 7, 8, 9)]\n"
        f"replies = {function}(prompts)\n"
        "print(len(context), replies == [f'450009 {p[:9].strip()}' for p in prompts])"
    )
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": length_and_place})
    answer = await each.ask("?", server, limits={"tokens": 10_000_000, "depth": 0})
    assert "True" in server.prompts("root")[1]
    assert answer.usage.sub_calls == 10, "a prompt that is there twice is asked once, in whatever part it is"
    assert answer.notes == []


async def test_a_batch_is_refused_as_one_before_any_of_it_is_paid(each: Asker, serve: Serve) -> None:
    code = (
        "def attempt(prompts):\n"
        "    try: llm_query_batched(prompts)\n"
        "    except Exception as error: print(error)\n"
        "print(len(context))\n"
        "attempt([f'{n} ' + 'x' * 4_000 for n in range(3_000)])\n"
        "attempt(['x' * 2_000] * 5_001)\n"
        "attempt(['x' * 900_000] * 40)\n"
        "attempt([chr(34) * n for n in (24, 25, 40)] * 1_666)\n"
    )
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": ["never"]})
    answer = await each.ask("?", server, limits={"calls": 2})
    told = server.prompts("root")[1]
    assert "3,000 sub-calls are asked for, but the limit of 2 sub-calls" in told
    assert "takes at most 5,000 prompts at once, and was given 5,001" in told
    assert "more than 33,554,432 bytes of text, which is all that a message may have" in told
    assert "3 sub-calls are asked for, but the limit of 2 sub-calls" in told, "short texts suffice as well"
    assert answer.usage.sub_calls == 0


async def test_replies_larger_than_a_frame_all_come(each: Asker, serve: Serve) -> None:
    code = (
        "replies = llm_query_batched([str(n) for n in range(20)])\n"
        "print(len(context), replies == [f'{n:<9}' + 'y' * 500_000 for n in range(20)])"
    )
    server = serve(
        {"root": [repl(code), "FINAL(done)"], "sub": lambda asked: f"{asked.prompt:<9}" + "y" * 500_000}
    )
    answer = await each.ask("?", server, limits={"tokens": 10_000_000})
    assert "True" in server.prompts("root")[1]
    assert answer.notes == []


async def test_of_replies_that_are_too_much_together_the_longest_are_cut(
    each: Asker, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MAX_REPLY_BYTES", 1_000_000)
    code = (
        "short, *long = llm_query_batched(['short', 'ß', 'y'])\n"
        "print(len(context), short, sum(len(reply.encode()) for reply in (short, *long)) <= 1_000_000)\n"
        "for reply in long: print(len(reply) > 200_000, set(reply[:200_000]), reply[-110:])"
    )

    def sub(request: Request) -> str:
        return "whole" if request.prompt == "short" else request.prompt * 700_000

    server = serve({"root": [repl(code), "FINAL(done)"], "sub": sub})
    answer = await each.ask("?", server, limits={"tokens": 10_000_000})
    told = server.prompts("root")[1]
    assert "whole True" in told
    assert "True {'ß'}" in told
    assert "True {'y'}" in told
    assert "[Cut after 249,898 of 700,000 characters: the replies of a batch may have 1,000,000 bytes" in told
    assert "2 of 3 replies of a batch were cut: all together they may have 1,000,000 bytes." in answer.notes
    assert answer.usage.sub_calls == 3


async def test_a_reply_that_is_fanned_out_takes_no_memory_for_each(asker: Asker, serve: Serve) -> None:
    code = (
        "replies = llm_query_batched(['x'] * 5000)\n"
        "print(len(context), len(replies), set(replies) == {replies[0]}, replies[0][-100:])"
    )
    server = serve({"root": [repl(code), "FINAL(done)"], "sub": ["y" * 20_000]})
    tracemalloc.start()
    answer = await asker.ask("?", server)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "5000 True" in server.prompts("root")[1]
    assert (
        "of 20,000 characters: the replies of a batch may have 33,554,432 bytes" in server.prompts("root")[1]
    )
    assert answer.notes == [
        "5,000 of 5,000 replies of a batch were cut: all together they may have 33,554,432 bytes."
    ]
    assert peak < 2 * MAX_BODY
