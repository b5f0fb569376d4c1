"""The real server over HTTP, as a process, and its clients: the SDK's, and bare sockets."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import resource
import sys
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from rlm_mcp.server.http import HttpLimits

ALICE, BOB, CAROL = "alice-alice-alice", "bob-bob-bob-bob-bob", "carol-carol-carol"
ACCEPT = {"Accept": "application/json, text/event-stream"}
INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    },
}  # fmt: skip


class Served:
    """A server process, where it is and what it has written to stderr."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, said: str) -> None:
        self.process = process
        self.url = url
        self.said = said
        self._more = asyncio.Event()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def sockets(self) -> int:
        """How many it has open."""
        return sum(link.startswith("socket:") for link in self._links())

    @property
    def descriptors(self) -> int:
        """How many it has."""
        return len(self._links())

    def _links(self) -> list[str]:
        found = []
        for link in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found.append(str(link.readlink()))
        return found

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that nothing announces."""
        while not condition():
            await asyncio.to_thread(time.sleep, 0.02)

    @asynccontextmanager
    async def client(
        self, mode: str = "auto", token: str | None = None, **headers: str
    ) -> AsyncIterator[Client]:
        async with (
            httpx2.AsyncClient(headers={**headers, **bearer(token)}, timeout=30) as http,
            Client(streamable_http_client(f"{self.url}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client

    async def open_session(self, http: httpx2.AsyncClient, token: str | None = None) -> httpx2.Response:
        """What a handshake gives; the session's id is in its headers."""
        return await http.post(f"{self.url}/mcp", json=INITIALIZE, headers={**ACCEPT, **bearer(token)})

    async def until_said(self, words: str) -> str:
        """What it has written, once that has these words."""
        while words not in self.said:
            self._more.clear()
            await self._more.wait()
        return self.said

    async def read(self, stderr: asyncio.StreamReader) -> None:
        """Keeps what it writes from now on."""
        while chunk := await stderr.read(65536):
            self.said += chunk.decode()
            self._more.set()


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


@asynccontextmanager
async def serving(
    root: Path,
    *flags: str,
    address: str = "127.0.0.1:0",
    limits: HttpLimits | None = None,
    descriptors: tuple[int, int] | None = None,
    **env: str,
) -> AsyncIterator[Served]:
    """A server.

    Args:
        root: what it serves.
        flags: of `serve`.
        address: where.
        limits: instead of the usual ones.
        descriptors: how many it may have, softly and at most.
        env: added to the environment.
    """
    command = ["-m", "rlm_mcp"]
    if limits is not None:
        command = ["-m", "tests.support.limited_http", json.dumps(dataclasses.asdict(limits))]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, "serve", "--root", str(root), "--http", address, *flags,
        env={**os.environ, **env}, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)) if descriptors else None,
    )  # fmt: skip
    assert process.stderr is not None
    said = ""
    while not (found := re.search(r"Serving MCP at (http://\S+?)/mcp", said)):
        line = await asyncio.wait_for(process.stderr.readline(), 20)
        assert line, said
        said += line.decode()
    served = Served(process, found[1], said)
    reading = asyncio.create_task(served.read(process.stderr))
    try:
        yield served
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading
