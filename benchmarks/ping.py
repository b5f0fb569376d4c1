"""Ping of the MCP server over stdio while programs load it, natively and in WebAssembly.

uv run python -m benchmarks.ping REPOSITORY

Each load is a session of its own, as hostile as a program can be within its limits. The ratio is that of the
99th percentile to the one of the idle server in the same run.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

IDLE_PINGS = 400
EVERY = 0.01  # seconds from one ping to the next
SECONDS = 6.0  # of each load at most

FORGE = """
import time
from rlm_core.sandbox import wire
try:
    import wit_world
except ImportError:
    import fcntl, os
    def is_open(n):
        try: return fcntl.fcntl(n, fcntl.F_GETFD) >= 0
        except OSError: return False
    channel = next(n for n in range(3, 64) if is_open(n))
    def send(data):
        data = memoryview(data)
        while data: data = data[os.write(channel, data):]
else:
    def send(data): wit_world.send(data.decode('latin-1'))
def frame(head, body=b''): return wire.PREFIX.pack(len(head), len(body)) + head + body
call = '{"op":"call","id":%d,"name":"llm_query","args":[%s],"kwargs":{}}'
"""
FORGED_BODIES = """
text = ('語' * (wire.MAX_BODY // 3)).encode()
for n in range(30): send(frame((call % (n, '{"$text":%d}' % len(text))).encode(), text))
time.sleep(1)
"""
FORGED_HEADS = """
room = getattr(wire, 'MAX_HEAD_TO_HOST', wire.MAX_HEAD) - 200
for n in range(100): send(frame((call % (n, '{"a":{}},' * (room // 9) + '0')).encode()))
time.sleep(1)
"""
# Each asks for less where so much is refused, until it has to wait.
PROMPTS = """
import threading
def ask(n):
    size = 31 << 20
    while True:
        try: return llm_query(chr(65 + n) * size)
        except Exception: size = size * 3 // 4
threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
LOADS = {
    "a loop": ["while True: pass"],
    "a flood of prints": ["while True: print('x' * 100, flush=True)"],
    "large prompts of 12 threads": [PROMPTS],
    "forged frames, largest body": [FORGE, FORGED_BODIES],
    "forged frames, largest head": [FORGE, FORGED_HEADS],
    "the largest batch": ["llm_query_batched([str(n % 500) for n in range(5000)])"],
    "the largest answer": ["FINAL('é' * 1_999_000)"] * 10,
    "the largest variables": [f"kept = 'é' * 1_900_000 + str({n})" for n in range(10)],
}


class Server:
    """The server, and its client: no SDK, whose own work would be measured with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, root: Path, sandbox: str) -> Server:
        options = ["--sandbox", sandbox, "--cell-seconds", "5", "--patience", "30"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rlm_mcp", "serve", "--root", str(root), *options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=1 << 26,
        )
        server = cls(process)
        about = {"name": "benchmark", "version": "1"}
        await server.request("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=about)
        server._send({"method": "notifications/initialized"})
        return server

    async def request(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        return await self._waiting[number]

    async def repl(self, code: str, session: str = "") -> dict[str, Any]:
        result = await self.request(
            "tools/call", name="rlm_repl", arguments={"code": code, "session": session}
        )
        fields: dict[str, Any] = result["structuredContent"]
        return fields

    async def stop(self) -> None:
        self._reading.cancel()
        self._process.kill()
        await self._process.wait()

    def peak_mb(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            message = json.loads(line)
            if message.get("id") in self._waiting:
                self._waiting.pop(message["id"]).set_result(message.get("result"))


async def pings(server: Server, load: asyncio.Task[None] | None) -> list[float]:
    """Milliseconds of each ping, until the load is over; without one, of so many."""
    found: list[float] = []
    ends_at = time.monotonic() + SECONDS
    while len(found) < IDLE_PINGS if load is None else not load.done() and time.monotonic() < ends_at:
        started = time.perf_counter()
        await server.request("ping")
        found.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(EVERY)
    return found


async def burden(server: Server, programs: list[str]) -> None:
    session = ""
    for program in programs:
        fields = await server.repl(program, session)
        session = fields["session"]
    if fields["status"] == "suspended":  # what it holds, the server goes on holding
        await asyncio.sleep(SECONDS)


def row(load: str, found: list[float], idle: float, peak: int) -> float:
    p99 = statistics.quantiles(found, n=100)[-1]
    ratio = p99 / (idle or p99)
    print(
        f"| {load} | {len(found)} | {statistics.median(found):.1f} | {p99:.1f} | {max(found):.0f} | "
        f"{ratio:.1f} | {peak} |",
        flush=True,
    )
    return p99


async def main(root: Path) -> None:
    for sandbox in ("native", "wasm"):
        print(
            f"\n| {sandbox} | pings | p50, ms | p99, ms | most, ms | p99 ÷ idle | peak RSS, MB |\n"
            "|---|---|---|---|---|---|---|"
        )
        idle = 0.0
        for name, programs in {"idle": [], **LOADS}.items():
            server = await Server.start(root, sandbox)
            await server.repl("len(context)")
            load = asyncio.create_task(burden(server, programs)) if programs else None
            found = await pings(server, load)
            p99 = row(name, found, idle, server.peak_mb())
            idle = idle or p99
            if load is not None:
                load.cancel()
                with suppress(asyncio.CancelledError):
                    await load
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve()))
