"""What one client over HTTP may take from the others: connections, requests, sessions, and time."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import sys
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from rlm_core.errors import ConfigError
from rlm_mcp.server.http import HttpLimits, Tokens
from tests.mcp.clients import ANSWERED, call, failure
from tests.mcp.served import ACCEPT, ALICE, BOB, CAROL, bearer, serving
from tests.mcp.test_hostile import TOO_MANY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from tests.mcp.served import Served


def connection(server: Served, sent: bytes = b"", **options: int) -> socket.socket:
    opened = socket.socket()
    for name, value in options.items():
        opened.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    opened.connect(("127.0.0.1", server.port))
    opened.sendall(sent)
    return opened


def post(token: str, size: int) -> bytes:
    head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Length: {size}\r\nContent-Type: application/json\r\nAccept: */*\r\n\r\n".encode()


def dripping_until_closed(connected: socket.socket) -> None:
    """Sends a byte now and then, until the other side has had enough."""
    with connected:
        connected.settimeout(0.05)
        while True:
            try:
                if not connected.recv(65536):
                    return
            except TimeoutError:
                pass
            except ConnectionError:
                return
            try:
                connected.sendall(b"x")
            except OSError:
                return


async def test_slow_and_silent_connections_are_dropped(repository: Path, token_file: Path) -> None:
    limits = HttpLimits(header_seconds=0.5, body_seconds=0.5, write_seconds=0.5, check_seconds=0.1)
    (repository / "large.txt").write_text("a line of some text\n" * 200_000)
    asking = (
        b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"rlm://file/large.txt","_meta":{'
        b'"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}'
    )
    modern = b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: resources/read\r\nMcp-Name: rlm://file/large.txt\r\n\r\n"
    async with serving(repository, "--token-file", str(token_file), limits=limits) as server:
        for silent in (
            b"",
            b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n",
            post("wrong" * 4, 100_000) + b"{",
            post(ALICE, 100_000) + b"{",
        ):
            await asyncio.to_thread(dripping_until_closed, connection(server, silent))
        before = server.sockets
        with connection(server, post(ALICE, len(asking))[:-2] + modern + asking, SO_RCVBUF=4096) as reader:
            assert await asyncio.to_thread(reader.recv, 12) == b"HTTP/1.1 200"
            await server.until(lambda: server.sockets <= before)
        async with server.client(token=ALICE) as client:
            assert (await call(client, "rlm_repl", code="len(context)"))["output"] == "4\n", (
                "the server lives"
            )


async def test_silent_connections_make_room_for_others(repository: Path) -> None:
    """More connections than it may have descriptors, none of which says anything."""
    async with serving(repository, descriptors=(200, 300)) as server, server.client() as client:
        assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (300, 300)
        with ExitStack() as opened:
            for _ in range(400):
                opened.enter_context(connection(server, b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n"))
            async with httpx2.AsyncClient(timeout=20) as http:
                assert (await http.get(f"{server.url}/health")).status_code == 200
            assert (await call(client, "rlm_repl", code="1"))["output"] == "1\n"
            assert server.sockets < 200
        assert len(server.said.splitlines()) == 1


async def test_it_says_in_a_sentence_that_there_are_no_descriptors(repository: Path) -> None:
    async with serving(repository) as server:
        async with httpx2.AsyncClient() as http:
            await http.get(f"{server.url}/health")
        pid = server.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (server.descriptors + 1, most))
        with ExitStack() as opened:
            for _ in range(10):
                opened.enter_context(connection(server))
            said = await server.until_said("No connection can be accepted: Too many open files")
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
            async with server.client() as client:
                assert (await client.list_tools()).tools
        assert len(said.splitlines()) == 2, "the address, and that"


@asynccontextmanager
async def streams(
    server: Served, http: httpx2.AsyncClient, sessions: Sequence[str]
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Bob listens on each of these sessions."""
    async with asyncio.TaskGroup() as tasks:
        listening = [asyncio.Event() for _ in sessions]

        async def listen(session: str, begun: asyncio.Event) -> None:
            headers = {**ACCEPT, **bearer(BOB), "mcp-session-id": session}
            async with http.stream("GET", f"{server.url}/mcp", headers=headers) as reply:
                assert reply.status_code == 200
                begun.set()
                async for _ in reply.aiter_raw():
                    pass

        listeners = [
            tasks.create_task(listen(session, begun))
            for session, begun in zip(sessions, listening, strict=True)
        ]
        for begun in listening:
            await begun.wait()
        yield listeners
        for listener in listeners:
            listener.cancel()


async def test_no_client_takes_what_others_need(repository: Path, token_file: Path) -> None:
    write(token_file, f"alice {ALICE}\nbob {BOB}\ncarol {CAROL}\n")
    limits = HttpLimits(requests=3, sessions=2, all_sessions=4)
    async with (
        serving(repository, "--token-file", str(token_file), limits=limits) as server,
        httpx2.AsyncClient(timeout=30) as http,
    ):

        async def opened(token: str) -> str:
            while (reply := await server.open_session(http, token)).status_code == 429:
                pass  # it has not been seen yet that a client has left
            assert reply.status_code == 200, reply.text
            return str(reply.headers["mcp-session-id"])

        async def status(token: str, session: str) -> int:
            ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
            headers = {**ACCEPT, **bearer(token), "mcp-session-id": session}
            return (await http.post(f"{server.url}/mcp", json=ping, headers=headers)).status_code

        alices = [await opened(ALICE) for _ in range(2)]
        bobs = [await opened(BOB) for _ in range(4)]
        assert [await status(BOB, session) for session in bobs] == [404, 404, 200, 200], "the older made room"
        assert [await status(ALICE, session) for session in alices] == [200, 200]
        async with streams(server, http, bobs[2:]):
            refused = await server.open_session(http, BOB)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
            assert "2 sessions in use" in refused.json()["error"]["message"]
            carols = await opened(CAROL)
            assert [await status(ALICE, session) for session in alices] == [404, 200], (
                "of those who have most"
            )
            assert await status(CAROL, carols) == 200
        sessions = [await opened(BOB), await opened(BOB)]
        async with streams(server, http, sessions):
            calling = [
                asyncio.create_task(
                    http.post(
                        f"{server.url}/mcp",
                        json={
                            "jsonrpc": "2.0", "id": number, "method": "tools/call",
                            "params": {"name": "rlm_repl", "arguments": {"code": "llm_query('x')"}},
                        },
                        headers={**ACCEPT, **bearer(BOB), "mcp-session-id": sessions[0]},
                    )
                )
                for number in range(3)
            ]  # fmt: skip
            replies = await asyncio.gather(*calling)
            assert sorted(reply.status_code for reply in replies) == [200, 429, 429]
            busy = next(reply for reply in replies if reply.status_code == 429)
            assert "3 requests under way" in busy.json()["error"]["message"]
            assert await status(ALICE, alices[1]) == 200


@pytest.mark.parametrize(("era", "version"), [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")])
async def test_bodies_are_bounded_before_they_are_parsed(repository: Path, era: str, version: str) -> None:
    async with serving(repository) as server, httpx2.AsyncClient(timeout=30) as http:

        async def refusal(body: bytes) -> tuple[int, dict[str, Any]]:
            headers = {**ACCEPT, "Content-Type": "application/json", "mcp-protocol-version": version}
            reply = await http.post(f"{server.url}/mcp", content=body, headers=headers)
            return reply.status_code, reply.json()["error"]

        too_many = "The message has more than 10,000 values, which is the limit."
        too_large = "The message has more than 4,194,304 bytes, which is the limit: send less at once."
        for body in TOO_MANY.values():
            assert await refusal(body) == (413, {"code": -32600, "message": too_many})
        assert await refusal(b"x" * (4 << 20) + b"x") == (413, {"code": -32600, "message": too_large})
        code = f"len({'f(a, b)[0], ' * 300_000!r})"
        async with server.client(era) as client:
            found = await asyncio.gather(*(call(client, "rlm_repl", code=code) for _ in range(4)))
        assert {fields["output"] for fields in found} == {"3600000\n"}, "text may be as large as a body may"


def write(file: Path, text: str, mode: int = 0o600) -> None:
    """As editors and deployments do: never half of it."""
    fresh = file.with_name("fresh")
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.rename(file)


async def test_tokens_are_read_again_when_they_change(
    repository: Path, token_file: Path, serve_model: Any
) -> None:
    limits = HttpLimits(check_seconds=0.1)
    _, env = serve_model(ANSWERED)
    async with (
        serving(repository, "--token-file", str(token_file), limits=limits, **env) as server,
        httpx2.AsyncClient(timeout=30) as http,
    ):

        async def status(token: str) -> int:
            return (await server.open_session(http, token)).status_code

        async with server.client("legacy", ALICE) as alice:
            bobs = (await server.open_session(http, BOB)).headers["mcp-session-id"]
            async with server.client("2026-07-28", BOB) as bob:
                session = (await call(bob, "rlm_repl", code="x = 1"))["session"]
                run = (await call(bob, "rlm_query", question="Where is Cart?"))["run_id"]
            async with streams(server, http, [bobs]) as listening:
                write(token_file, f"alice {ALICE}\ncarol {CAROL}\n")
                assert [await status(token) for token in (ALICE, BOB, CAROL)] == [200, 401, 200]
                said = await server.until_said("is not accepted any more")
                assert "The token of bob#" in said
                assert BOB not in said
                await asyncio.gather(*listening)
            await call(alice, "rlm_repl", code="1")

            write(token_file, f"alice {ALICE}\ncarol {CAROL}\n", 0o644)
            assert [await status(token) for token in (ALICE, CAROL)] == [401, 401]
            write(token_file, f"alice {ALICE}\ncarol {CAROL}\n")
            assert [await status(token) for token in (ALICE, CAROL)] == [200, 200]
            assert (
                "others may use it too; chmod 600 it. Until then no token of the file is accepted."
                in server.said
            )
            assert "are accepted again" in server.said
            os.unlink(token_file)  # noqa: PTH108 - on a file that nothing else waits for
            assert await status(ALICE) == 401
            os.mkfifo(token_file, 0o600)
            assert await status(ALICE) == 401
            write(token_file, f"alice {ALICE}\nbob {BOB}\n")
            await call(alice, "rlm_repl", code="1")
            async with server.client("2026-07-28", BOB) as bob:
                assert "not accepted any more" in await failure(bob, "rlm_repl", session=session, code="x")
                assert "There is no run" in await failure(bob, "rlm_result", run=run)
            assert "Traceback" not in server.said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"a\x1b[2Jlice {'a' * 15}\n", r"The token of a\\x1b\[2Jlice"),
        (f"alice {ALICE}\nbob {ALICE}\n", "The token of bob stands in .* twice"),
        ("alice short\n", "fewer than 16 characters"),
        ("# nobody\n", "holds no token"),
        ("x" * 1_000_001, "more than 1,000,000 bytes"),
    ],
)
def test_a_file_of_tokens_must_make_sense(token_file: Path, text: str, words: str) -> None:
    write(token_file, text)
    with pytest.raises(ConfigError, match=words):
        Tokens(token_file)


async def test_a_file_of_tokens_may_begin_with_a_byte_order_mark(token_file: Path) -> None:
    write(token_file, f"\ufeffalice {ALICE}\n")
    found = await Tokens(token_file).verify_token(ALICE)
    assert found is not None
    assert found.client_id.startswith("alice#")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="gives a file away")
def test_a_file_of_tokens_is_the_users_or_the_systems(token_file: Path) -> None:
    os.chown(token_file, 12_345, -1)
    with pytest.raises(ConfigError, match="is another user's"):
        Tokens(token_file)
