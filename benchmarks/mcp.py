"""The MCP server beside a bare server of the same SDK: start, a step of `rlm_repl`, a ping under load, HTTP.

uv run python -m benchmarks.mcp REPOSITORY
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from benchmarks.race import header, race

BARE = """\
from mcp.server import MCPServer

server = MCPServer("bare")

@server.tool()
async def step(code: str) -> dict[str, str]:
    return {"output": code}

@server.tool()
async def other(code: str) -> dict[str, str]:
    return {"output": code}

@server.tool()
async def third(code: str) -> dict[str, str]:
    return {"output": code}

server.run()
"""
STARTS, STEPS, PINGS = 9, 400, 100
CLIENTS, CALLS = 8, 500
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


def start(command: list[str]) -> None:
    """From the start of the process to the reply to `tools/list`."""
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(json.dumps(message) + "\n" for message in messages).encode())
        process.stdin.flush()
        while b'"id":2' not in process.stdout.readline():
            pass
        process.kill()


async def timed(client: Client, tool: str, arguments: dict[str, Any]) -> float:
    started = time.perf_counter()
    result = await client.call_tool(tool, arguments)
    assert not result.is_error
    return time.perf_counter() - started


async def steps(ours: StdioServerParameters, bare: StdioServerParameters) -> None:
    print("\n| a call, ms | rlm_repl step | bare tool | difference |\n|---|---|---|---|")
    for mode in ("legacy", "2026-07-28"):
        async with Client(ours, mode=mode) as mine, Client(bare, mode=mode) as theirs:
            opened = await mine.call_tool("rlm_repl", {"code": "x = 1"})
            step = {"session": opened.structured_content["session"], "code": "x += 1; x"}
            pairs = [
                (await timed(mine, "rlm_repl", step), await timed(theirs, "step", {"code": "x"}))
                for _ in range(STEPS)
            ][STEPS // 10 :]
        one, other = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
        print(f"| {mode} | {one:.2f} | {other:.2f} | {one - other:+.2f} |")


async def pings(ours: StdioServerParameters) -> None:
    async with Client(ours, mode="legacy") as client:
        burning = asyncio.create_task(client.call_tool("rlm_repl", {"code": "while True: pass"}))
        await asyncio.sleep(1)
        found = []
        for _ in range(PINGS):
            started = time.perf_counter()
            await client.session.send_ping()
            found.append((time.perf_counter() - started) * 1000)
        burning.cancel()
        await asyncio.wait([burning])
    print(
        "\nping while a cell burns a core: "
        f"median {statistics.median(found):.1f} ms, most {max(found):.1f} ms"
    )


async def http(root: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rlm_mcp", "serve", "--root", str(root), "--http", "127.0.0.1:0",
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert server.stderr is not None
    found = re.search(r"http://\S+/mcp", (await server.stderr.readline()).decode())
    assert found

    async def client(count: int) -> int:
        errors = 0
        async with Client(found[0], mode="auto") as connection:
            session = ""
            for number in range(count):
                arguments = {"code": "len(context)", "session": session if number % 10 else ""}
                result = await connection.call_tool("rlm_repl", arguments)
                errors += result.is_error
                session = (result.structured_content or {}).get("session", "")
        return errors

    print(
        f"\n| HTTP, {CLIENTS} clients, {CALLS} calls | errors | calls/s | RSS, MB | descriptors |\n"
        "|---|---|---|---|---|"
    )
    try:
        for label in ("warm-up", "first", "second", "third"):
            started = time.perf_counter()
            errors = sum(await asyncio.gather(*(client(CALLS // CLIENTS) for _ in range(CLIENTS))))
            took = time.perf_counter() - started
            state = f"{_rss(server.pid):.0f} | {_descriptors(server.pid)}"
            print(f"| {label} | {errors} | {CALLS / took:.0f} | {state} |")
    finally:
        server.terminate()
        await server.wait()


def _rss(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) / 1024 if match else 0


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def main(root: Path, bare: Path) -> None:
    ours = StdioServerParameters(command=sys.executable, args=["-m", "rlm_mcp", "--root", str(root)])
    await steps(ours, StdioServerParameters(command=sys.executable, args=[str(bare)]))
    await pings(ours)
    await http(root)


if __name__ == "__main__":
    repository = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE)
        header("bare")
        ours = [sys.executable, "-m", "rlm_mcp", "--root", str(repository)]
        race("start to tools/list", lambda: start(ours), lambda: start([sys.executable, str(script)]), STARTS)
        asyncio.run(main(repository, script))
