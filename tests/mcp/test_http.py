"""The server over HTTP, as a process, with the SDK's client in both eras and with bare requests."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import pytest_asyncio

from tests.mcp.clients import ANSWERED, ERAS, FILES, call, failure
from tests.mcp.served import ACCEPT, ALICE, BOB, Served, bearer, serving
from tests.support.files import git_repository
from tests.support.model_server import Reply
from tests.support.processes import descendants, ended

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


async def test_both_eras_are_served_and_without_tokens_all_are_one_client(
    repository: Path, serve_model: Any
) -> None:
    async with serving(repository) as server:
        assert "all its users and programs are one client" in server.said
        for mode in ERAS:
            async with server.client(mode) as client:
                step = await call(client, "rlm_repl", code="llm_query('hello')")
                done = await call(client, "rlm_repl", session=step["session"], replies=["hi"])
                assert done["output"] == "'hi'\n"
                answer = await call(client, "rlm_query", question="Where is `total_price` computed?")
                assert answer["status"] == "extract"
        forged = {"mcp-session-id": "made-up", "X-Forwarded-For": "10.1.2.3"}
        async with server.client(ERAS[0]) as one, server.client(ERAS[1], **forged) as other:
            mine = await call(one, "rlm_repl", code="x = 1")
            assert (await call(other, "rlm_repl", session=mine["session"], code="x"))["output"] == "1\n"
    _, env = serve_model(ANSWERED)
    async with (
        serving(repository, **env) as server,
        server.client(ERAS[0]) as one,
        server.client(ERAS[1], **forged) as other,
    ):
        run = (await call(one, "rlm_query", question="Where is Cart?"))["run_id"]
        assert (await call(other, "rlm_result", run=run))["run_id"] == run
        for client in (one, other):
            assert run not in await failure(client, "rlm_result", run="nonsense"), "ids are for who has them"


async def test_each_token_is_a_client_of_its_own(
    repository: Path, token_file: Path, serve_model: Any
) -> None:
    _, env = serve_model(ANSWERED * len(ERAS))
    async with serving(repository, "--token-file", str(token_file), **env) as server:
        async with httpx2.AsyncClient() as http:
            for headers in ({}, bearer("wrong"), {"Authorization": f"Basic {ALICE}"}):
                assert (await http.post(f"{server.url}/mcp", json={}, headers=headers)).status_code == 401
            assert (await http.get(f"{server.url}/health")).json()["status"] == "ok"
        for mode in ERAS:
            async with server.client(mode, ALICE) as alice, server.client(mode, BOB) as bob:
                mine = await call(alice, "rlm_repl", code="x = 1")
                said = await failure(bob, "rlm_repl", session=mine["session"], code="x")
                assert "There is no session" in said
                run = (await call(alice, "rlm_query", question="Where is Cart?"))["run_id"]
                assert "There is no run" in await failure(bob, "rlm_result", run=run)
                assert run in await failure(alice, "rlm_result", run="nonsense")
                assert run not in await failure(bob, "rlm_result", run="nonsense")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def checking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    root = git_repository(tmp_path_factory.mktemp("served") / "repo", FILES)
    flags = ("--allow-host", "RLM.lan", "--allow-origin", "https://tools.example")
    async with serving(root, *flags) as server:
        yield server


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Host", "127.0.0.1", 200),
        ("Host", "LOCALHOST:80", 200),
        ("Host", "[::1]:8080", 200),
        ("Host", "rlm.LAN:8080", 200),
        ("Host", "evil.example", 421),
        ("Host", "localhost.evil.example", 421),
        ("Host", "127.0.0.1:80@evil.example", 421),
        ("Host", "127.0.0.1:evil.example", 421),
        ("Host", "127.1", 421),
        ("Origin", "http://127.0.0.1:80", 200),
        ("Origin", "HTTP://LocalHost:3000", 200),
        ("Origin", "https://tools.example", 200),
        ("Origin", "https://evil.example", 403),
        ("Origin", "http://127.0.0.1:80@evil.example", 403),
        ("Origin", "http://localhost:80.evil.example", 403),
        ("Origin", "http://localhost.evil.example:80", 403),
        ("Origin", "https://tools.example:444", 403),
        ("Origin", "file://localhost:1", 403),
        ("Origin", "null", 403),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_web_pages_and_strange_hosts_are_refused(
    checking: Served, header: str, value: str, status: int
) -> None:
    async with httpx2.AsyncClient(headers={header: value}) as http:
        assert (await checking.open_session(http)).status_code == status


@pytest.mark.asyncio(loop_scope="module")
async def test_bodies_are_bounded_and_must_be_messages(checking: Served) -> None:
    url = f"{checking.url}/mcp"
    async with httpx2.AsyncClient(headers=ACCEPT) as http:
        assert (await http.post(url, json={"large": "x" * 10_000_000})).status_code == 413
        for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"jsonrpc":"2.0","id":1}'):
            reply = await http.post(url, content=body, headers={"Content-Type": "application/json"})
            assert 400 <= reply.status_code < 500
        async with checking.client() as client:
            assert (await client.list_tools()).tools, "the server lives"


TWICE = {
    "two pages": (
        b"Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.test\r\nContent-Length: 0\r\n",
        b"There is more than one Origin; send one.",
    ),
    "two lengths": (
        b"Host: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Send Content-Length or Transfer-Encoding, not both.",
    ),
}


@pytest.mark.parametrize(("header", "words"), TWICE.values(), ids=TWICE)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_header_says_twice_is_refused(checking: Served, header: bytes, words: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", checking.port)
    writer.write(b"POST /mcp HTTP/1.1\r\n" + header + b"Connection: close\r\n\r\n0\r\n\r\n")
    said = await reader.read()
    writer.close()
    assert said.startswith(b"HTTP/1.1 400")
    assert said.endswith(words)


@pytest.mark.asyncio(loop_scope="module")
async def test_requests_that_end_early_fill_no_log(checking: Served) -> None:
    head = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: */*\r\n"
    for version in (b"2025-11-25", b"2026-07-28"):
        for rest in (b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{"):
            _, writer = await asyncio.open_connection("127.0.0.1", checking.port)
            writer.write(head + b"MCP-Protocol-Version: " + version + b"\r\n" + rest)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
    async with checking.client() as client:
        assert (await client.list_tools()).tools
    assert len(checking.said.splitlines()) == 1


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


class Waiting:
    """A model that answers nobody before it is let go."""

    def __init__(self) -> None:
        self.let_go, self.asked = threading.Event(), threading.Event()

    def __call__(self, request: Any) -> Reply:
        self.asked.set()
        return Reply("done", until=self.let_go)


async def test_it_drains_before_it_ends(repository: Path, serve_model: Any) -> None:
    model = Waiting()
    _, env = serve_model([], model)
    async with serving(repository, **env) as server, httpx2.AsyncClient() as http:
        async with server.client("legacy") as client:  # which has a stream open as well
            program = {"code": "llm_query('How many?')"}
            running = asyncio.create_task(client.call_tool("rlm_repl", program))
            await asyncio.to_thread(model.asked.wait, 20)
            server.process.send_signal(signal.SIGHUP)
            while (await http.get(f"{server.url}/health")).status_code != 503:
                pass
            assert "shutting down" in await failure(client, "rlm_query", question="Another?")
            model.let_go.set()
            assert (await running).structured_content["output"] == "'done'\n"
        children = descendants(server.process.pid)
        assert await asyncio.wait_for(server.process.wait(), 20) == 0
        assert await ended(children)
    assert "Traceback" not in server.said


async def test_a_second_signal_ends_it_at_once(repository: Path, serve_model: Any) -> None:
    model = Waiting()
    _, env = serve_model(model)
    async with serving(repository, **env) as server:
        async with server.client("2026-07-28") as client:
            running = asyncio.create_task(client.call_tool("rlm_query", {"question": "How many?"}))
            await asyncio.to_thread(model.asked.wait, 20)
            children = descendants(server.process.pid)
            server.process.send_signal(signal.SIGTERM)
            await server.until_said("Ending; 1 run, ")
            server.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(server.process.wait(), 15)
            assert await ended(children)
            running.cancel()
            await asyncio.wait([running])
        model.let_go.set()
    assert "Traceback" not in server.said


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
