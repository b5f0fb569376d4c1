"""The server over HTTP, as a process, with the SDK's client in both eras and with bare requests."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.mcp.clients import ERAS, FILES, call, failure
from tests.support.files import git_repository
from tests.support.model_server import Reply
from tests.support.processes import descendants, ended

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ALICE, BOB = "alice-alice-alice", "bob-bob-bob-bob-bob"


class Served:
    """A server process and where it is."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    @asynccontextmanager
    async def client(self, mode: str = "auto", token: str | None = None) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(f"{self.url}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client


@asynccontextmanager
async def serving(root: Path, *flags: str, address: str = "127.0.0.1:0", **env: str) -> AsyncIterator[Served]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rlm_mcp", "serve", "--root", str(root), "--http", address, *flags,
        env={**os.environ, **env}, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    said = ""
    while not (found := re.search(r"Serving MCP at (http://\S+)/mcp", said)):
        line = await asyncio.wait_for(process.stderr.readline(), 20)
        assert line, said
        said += line.decode()
    reading = asyncio.create_task(process.stderr.read())
    try:
        yield Served(process, found[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "tokens"
    file.write_text(f"# who may connect\nalice {ALICE}\nbob {BOB}\n")
    file.chmod(0o600)
    return file


async def test_both_eras_are_served_and_kept_apart(repository: Path) -> None:
    async with serving(repository) as server:
        for mode in ERAS:
            async with server.client(mode) as client:
                step = await call(client, "rlm_repl", code="llm_query('hello')")
                done = await call(client, "rlm_repl", session=step["session"], replies=["hi"])
                assert done["output"] == "'hi'\n"
                answer = await call(client, "rlm_query", question="Where is `total_price` computed?")
                assert answer["status"] == "complete"
        async with server.client("legacy") as one, server.client("legacy") as other:
            mine = await call(one, "rlm_repl", code="x = 1")
            assert "There is no session" in await failure(
                other, "rlm_repl", session=mine["session"], code="x"
            )
            assert (await call(one, "rlm_repl", session=mine["session"], code="x"))["output"] == "1\n"


async def test_each_token_is_a_client_of_its_own(repository: Path, token_file: Path) -> None:
    async with serving(repository, "--token-file", str(token_file)) as server:
        async with httpx2.AsyncClient() as http:
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {ALICE}"}):
                assert (await http.post(f"{server.url}/mcp", json={}, headers=headers)).status_code == 401
            assert (await http.get(f"{server.url}/health")).json()["status"] == "ok"
        for mode in ERAS:
            async with server.client(mode, ALICE) as alice, server.client(mode, BOB) as bob:
                mine = await call(alice, "rlm_repl", code="x = 1")
                said = await failure(bob, "rlm_repl", session=mine["session"], code="x")
                assert "There is no session" in said
                run = (await call(alice, "rlm_query", question="Where is Cart?"))["run_id"]
                assert "There is no run" in await failure(bob, "rlm_result", run=run)


async def test_web_pages_and_strange_hosts_are_refused(repository: Path) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"Accept": "application/json, text/event-stream"}
    async with serving(repository) as server, httpx2.AsyncClient() as http:

        async def status(**more: str) -> int:
            return (
                await http.post(f"{server.url}/mcp", json=message, headers={**headers, **more})
            ).status_code

        assert await status(Origin="https://evil.example") == 403
        assert await status(Host="evil.example") == 421
        large = "x" * 10_000_000
        assert (
            await http.post(f"{server.url}/mcp", json={"large": large}, headers=headers)
        ).status_code == 413
        for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"jsonrpc":"2.0","id":1}'):
            reply = await http.post(
                f"{server.url}/mcp", content=body, headers={**headers, "Content-Type": "application/json"}
            )
            assert 400 <= reply.status_code < 500
        async with server.client() as client:
            assert (await client.list_tools()).tools, "the server lives"


async def test_a_client_may_spend_so_much(
    repository: Path, token_file: Path, own_home: Path, serve_model: Any
) -> None:
    def reply(request: Any) -> str:
        return "FINAL(3)" if len(request.messages) > 2 else "```repl\nlen(context)\n```"

    _, env = serve_model(reply)
    (own_home / "rlm-mcp").mkdir()
    (own_home / "rlm-mcp" / "rlm.toml").write_text(
        "[server]\nclient_cost = 2.0\n"
        "[model.prices.root]\ninput = 100.0\noutput = 100.0\n[model.prices.sub]\ninput = 1.0\noutput = 1.0\n"
    )
    async with serving(repository, "--token-file", str(token_file), **env) as server:
        async with server.client(token=ALICE) as alice:
            spent = 0.0
            answer: dict[str, Any] = {"status": "complete"}
            while answer["status"] == "complete":
                answer = await call(alice, "rlm_query", question="How many?")
                spent += answer["usage"]["cost_usd"] or 0.0
            assert "limits.cost" in answer["reason"]
            assert 0 < spent <= 2.0
        async with server.client(token=BOB) as bob:
            assert (await call(bob, "rlm_query", question="How many?"))["status"] == "complete"


async def test_it_drains_before_it_ends(repository: Path, serve_model: Any) -> None:
    let_go, asked = threading.Event(), threading.Event()

    def reply(request: Any) -> Reply:
        asked.set()
        return Reply(
            "FINAL(done)" if len(request.messages) > 2 else "```repl\nlen(context)\n```", until=let_go
        )

    _, env = serve_model(reply)
    async with serving(repository, **env) as server, httpx2.AsyncClient() as http:
        async with server.client() as client:
            running = asyncio.create_task(client.call_tool("rlm_query", {"question": "How many?"}))
            await asyncio.to_thread(asked.wait, 20)
            server.process.send_signal(signal.SIGTERM)
            while (await http.get(f"{server.url}/health")).status_code != 503:
                pass
            assert "shutting down" in await failure(client, "rlm_query", question="Another?")
            let_go.set()
            assert (await running).structured_content["answer"] == "done"
        children = descendants(server.process.pid)
        assert await asyncio.wait_for(server.process.wait(), 20) == 0
        assert await ended(children)


@pytest.mark.parametrize(
    ("address", "environ", "words"),
    [
        ("0.0.0.0:0", {}, "need a token"),
        ("nonsense", {}, "[HOST:]PORT"),
        ("127.0.0.1:99999", {}, "[HOST:]PORT"),
        ("0.0.0.0:0", {"RLM_MCP_TOKEN": "short"}, "16 characters"),
        ("203.0.113.7:80", {"RLM_MCP_TOKEN": ALICE}, "cannot be listened on"),
    ],
)
async def test_what_cannot_be_served_is_one_sentence(
    repository: Path, address: str, environ: dict[str, str], words: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rlm_mcp", "serve", "--root", str(repository), "--http", address,
        env={**os.environ, **environ}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert process.returncode == 2
    assert words in err.decode()
    assert len(err.decode().splitlines()) == 1
