"""The client's own model behind a run (MCP sampling), in both protocol eras."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from mcp.types import CreateMessageResult, ErrorData, ListRootsResult, Root, TextContent

from tests.mcp.clients import ERAS, FILES, attached, call, connected
from tests.support.files import git_repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcp.types import CreateMessageRequestParams

ASK_ALL = """```repl
replies = llm_query_batched([f"piece {n}" for n in range(3)])
print(replies, len(context))
```"""


class ClientsModel:
    """A client that lends its model: a function of the latest message.

    Attributes:
        asked: the latest message of each request so far.
        most_at_once: how many were being answered at one time.
    """

    def __init__(self, reply: Callable[[str, bool], str]) -> None:
        self._reply = reply
        self.asked: list[str] = []
        self.most_at_once = 0
        self._at_once = 0

    async def __call__(self, _context: Any, params: CreateMessageRequestParams) -> CreateMessageResult:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        latest = params.messages[-1].content
        assert isinstance(latest, TextContent)
        self.asked.append(latest.text)
        await asyncio.sleep(0.05)  # so that requests at the same time overlap
        self._at_once -= 1
        text = self._reply(latest.text, params.system_prompt is not None)
        return CreateMessageResult(
            role="assistant", model="the-clients-own", content=TextContent(type="text", text=text)
        )


def pieces(latest: str, root: bool) -> str:
    if not root:
        return f"read {latest}"
    return "FINAL(See shop/cart.py:7.)" if "read piece 2" in latest else ASK_ALL


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


@pytest.mark.parametrize("mode", ERAS)
async def test_the_clients_model_answers_where_no_endpoint_is_configured(repository: Path, mode: str) -> None:
    model = ClientsModel(pieces)
    async with connected(repository, mode, sampling_callback=model) as client:
        answer = await call(client, "rlm_query", question="Where is the price?")
        assert (answer["status"], answer["model"]) == ("complete", "client")
        assert [cited["path"] for cited in answer["citations"]] == ["shop/cart.py"]
        assert any("MCP sampling" in note for note in answer["notes"])
        assert any("the-clients-own" in note for note in answer["notes"])
        assert answer["usage"]["sub_calls"] == 3
        assert model.most_at_once == 3, "a batch is asked at once"


@pytest.mark.parametrize("mode", ERAS)
async def test_a_run_that_asks_often_is_picked_up_again(repository: Path, mode: str) -> None:
    turns = 0

    def reply(latest: str, root: bool) -> str:
        nonlocal turns
        turns += 1
        return "FINAL(at last)" if turns == 12 else f"```repl\nprint(len(context), {turns})\n```"

    async with attached(repository, mode, sampling_callback=ClientsModel(reply)) as client:
        answer = await call(client, "rlm_query", question="How many?")
        calls = 1
        while answer["status"] == "running":
            answer = await call(client, "rlm_result", run=answer["run_id"])
            calls += 1
        assert (answer["answer"], turns) == ("at last", 12)
        assert calls == (1 if mode == "legacy" else 2)


@pytest.mark.parametrize("mode", ERAS)
async def test_roots_and_samples_come_over_the_same_call(repository: Path, mode: str) -> None:
    async def roots(_context: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=repository.as_uri())])

    model = ClientsModel(pieces)
    async with attached(None, mode, sampling_callback=model, list_roots_callback=roots) as client:
        answer = await call(client, "rlm_query", question="Where is the price?")
        assert (answer["status"], answer["model"]) == ("complete", "client")
        assert [cited["path"] for cited in answer["citations"]] == ["shop/cart.py"]


async def test_a_configured_endpoint_comes_first(
    repository: Path, serve_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, env = serve_model(["```repl\nlen(context)\n```", "FINAL(from the endpoint)"])
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    model = ClientsModel(pieces)
    async with attached(repository, sampling_callback=model) as client:
        answer = await call(client, "rlm_query", question="What?")
        assert (answer["answer"], answer["model"]) == ("from the endpoint", "root")
    assert not model.asked


async def test_where_the_client_refuses_the_offline_model_answers_and_says_why(repository: Path) -> None:
    async def refuse(_context: Any, _params: CreateMessageRequestParams) -> ErrorData:
        return ErrorData(code=-1, message="User rejected sampling request")

    async with attached(repository, "legacy", sampling_callback=refuse) as client:
        answer = await call(client, "rlm_query", question="Where is the price?")
        assert (answer["status"], answer["model"]) == ("extract", "offline")
        assert "begin with rlm_repl(code=" in answer["next"]
        assert any("did not answer: User rejected" in note for note in answer["notes"])


async def test_a_client_that_refuses_later_leaves_what_is_known(repository: Path) -> None:
    model = ClientsModel(pieces)

    async def tire(context: Any, params: CreateMessageRequestParams) -> CreateMessageResult | ErrorData:
        return await model(context, params) if not model.asked else ErrorData(code=-1, message="Enough")

    async with attached(repository, "legacy", sampling_callback=tire) as client:
        answer = await call(client, "rlm_query", question="Where is the price?")
        assert (answer["status"], answer["model"]) == ("incomplete", "client")
        assert "Enough" in answer["reason"]
