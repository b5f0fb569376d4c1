"""Clients that break the rules: a clear error or none, and the server lives (or ends with nothing left)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from mcp.shared.exceptions import MCPError

from tests.mcp.clients import FILES, connected, failure
from tests.support.files import git_repository
from tests.support.processes import descendants, ended

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


class Wire:
    """A server and the bytes that go in and out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")

    def request(self, number: int, method: str, **params: Any) -> None:
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.send(json.dumps(message).encode())

    def notify(self, method: str, **params: Any) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    async def reply(self, number: int | None) -> dict[str, Any]:
        """The reply to a request; every line on the way has to be JSON-RPC."""
        assert self.process.stdout is not None
        while True:
            line = await asyncio.wait_for(self.process.stdout.readline(), 30)
            message: dict[str, Any] = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            if message.get("id", "") == number and "method" not in message:
                return message


@asynccontextmanager
async def wired(root: Path, limit: int = 1 << 26) -> AsyncIterator[Wire]:
    """A server after the handshake, of whose output at most so many bytes are read before somebody asks."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rlm_mcp", "--root", str(root),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env=dict(os.environ), limit=limit,
    )  # fmt: skip
    wire = Wire(process)
    wire.request(0, "initialize", **HELLO)
    wire.notify("notifications/initialized")
    try:
        await wire.reply(0)
        yield wire
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


async def test_malformed_frames(repository: Path) -> None:
    async with wired(repository) as wire:
        for line in (
            b"",
            b"not json",
            b'{"jsonrpc":"2.0"',
            b'{"jsonrpc":"1.0","id":1,"method":"ping"}',
            b'{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}',
            b"[" * 100_000,
            b"\xff\xfe\x00\x00",
            b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
            b'{"jsonrpc":"2.0","id":2,"method":"tools/call"}',
            b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"rlm_repl","arguments":[]}}',
            b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"nothing"}}',
            b'{"jsonrpc":"2.0","id":5,"method":"no/such/method"}',
            b'{"jsonrpc":"2.0","id":6,"method":"resources/subscribe","params":{"uri":7}}',
            b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"unknown"}}',
            b'{"jsonrpc":"2.0","id":99,"result":{}}',
        ):
            wire.send(line)
        wire.request(7, "ping")
        assert (await wire.reply(7))["result"] == {}


TOO_MANY = {
    "keys": b"{" + b",".join(b'"k%d":[]' % n for n in range(5_001)) + b"}",
    "a code": b'{"error":{"code":[' + b"1," * 10_000 + b"1]}}",
    "of a valid call": (
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{'
        + b",".join(b'"k%d":0' % n for n in range(10_001))
        + b"}}}"
    ),
    "empty texts": b'"' * 200_000 + b"," * 10_000,
}


async def test_a_message_has_so_many_values_and_a_line_so_many_bytes(repository: Path) -> None:
    async with wired(repository) as wire:
        for line in TOO_MANY.values():
            wire.send(line)
            error = (await wire.reply(None))["error"]
            assert error == {
                "code": -32600,
                "message": "The message has more than 10,000 values, which is the limit.",
            }
        wire.send('{"jsonrpc":"2.0","id":1,"method":"ping"}'.encode("utf-16"))
        assert "no JSON in UTF-8" in (await wire.reply(None))["error"]["message"]
        text = r"f(a, b)[0]; \"quoted\", {not: 'counted'}\\" * 10_000
        wire.send(
            b'{"jsonrpc":"2.0","id":2,"method":"ping","params":{"_meta":{"text":"%s"}}}' % text.encode()
        )
        assert (await wire.reply(2))["result"] == {}
        wire.send(b'"' + b"x" * (32 << 20) + b'"')
        error = (await wire.reply(None))["error"]
        assert (error["code"], error["message"][:42]) == (
            -32600,
            "The message has more than 33,554,432 bytes",
        )
        wire.request(3, "ping")
        assert (await wire.reply(3))["result"] == {}


async def test_ten_megabytes_of_arguments(repository: Path) -> None:
    large = "x" * 10_000_000
    async with connected(repository) as client:
        assert "ask briefly" in await failure(client, "rlm_query", question=large)
        assert "globs" in await failure(client, "rlm_query", question="What?", scope=[large])
        assert len(await failure(client, "rlm_result", run=large)) < 1000
        assert len(await failure(client, "rlm_repl", session=large, code="1")) < 1000
        with pytest.raises(MCPError, match="Unknown resource"):
            await client.read_resource(f"rlm://outline/{large}")
        program = await client.call_tool("rlm_repl", {"code": f"len('{large[:8_000_000]}')"})
        assert program.structured_content["output"] == "8000000\n"
        program = await client.call_tool("rlm_repl", {"code": f"len('{large}')"})
        assert "too large to be sent at once" in program.structured_content["error"]
        step = await client.call_tool("rlm_repl", {"code": "len(llm_query('short').partition('[This')[0])"})
        session = step.structured_content["session"]
        done = await client.call_tool("rlm_repl", {"session": session, "replies": [large]})
        assert done.structured_content["output"] == "1000001\n", "of a reply as much counts as of any model's"


async def test_of_what_is_wrong_with_arguments_a_little_is_told(repository: Path) -> None:
    async with connected(repository) as client:
        said = await failure(client, "rlm_query", question="What?", scope=[[]] * 2_000)
        wrong = "scope.0 (Input should be a valid string)"
        assert said == f"rlm_query does not take these arguments; what is wrong: {wrong}."
        said = await failure(client, "rlm_repl", session=[], replies=[1] * 2_000, page=0, code=1, fresh=7)
        assert said == (
            "rlm_repl does not take these arguments; what is wrong: code (Input should be a valid string), "
            "session (Input should be a valid string), replies.0 (Input should be a valid string) and 2 more."
        )


async def test_a_hundred_cancellations_in_flight(repository: Path) -> None:
    async with wired(repository) as wire:
        for number in range(1, 101):
            wire.request(number, "tools/call", name="rlm_repl", arguments={"code": "while True: pass"})
            wire.notify("notifications/cancelled", requestId=number, reason="never mind")
        wire.request(101, "ping")
        assert (await wire.reply(101))["result"] == {}
        after: dict[str, Any] = {}
        for number in range(102, 200):  # sessions that are being ended still count for a moment
            wire.request(number, "tools/call", name="rlm_repl", arguments={"code": "1 + 1"})
            after = (await wire.reply(number))["result"]
            if not after.get("isError"):
                break
        assert after["structuredContent"]["output"] == "2\n"
        while len(descendants(wire.process.pid)) > 1 + 4:  # the zygote, and as many workers as may be
            pass  # the test's own time limit ends the waiting


@pytest.mark.parametrize("close", [True, False])
async def test_a_client_that_never_reads(repository: Path, close: bool) -> None:
    """The pipe to the client is full when it leaves, by closing our stdin or with a signal."""
    async with wired(repository, limit=1 << 12) as wire:
        assert wire.process.stdin is not None
        for number in range(1, 9):
            code = "print('x' * 100_000)"
            wire.request(number, "tools/call", name="rlm_repl", arguments={"code": code})
        await wire.process.stdin.drain()
        children: set[int] = set()
        while not children:
            await asyncio.sleep(0.01)  # polls another process
            children = descendants(wire.process.pid)
        if close:
            wire.process.stdin.close()
        else:
            wire.process.terminate()
        await asyncio.wait_for(wire.process.wait(), 20)
        assert await ended(children)
