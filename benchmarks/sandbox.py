"""Running programs: against a bare interpreter behind pipes (a floor), and what peers run programs in.

uv run --with RestrictedPython --with smolagents --with pydantic-monty python -m benchmarks.sandbox REPOSITORY

Peers that are not installed are left out. RestrictedPython and smolagents interpret in the caller's own
process, so they have nothing to open and nothing that holds; see the README on what is safe.
"""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from rlm_core.config import SandboxSettings, WorkspaceSettings
from rlm_core.sandbox.host.native import NativeSandbox
from rlm_core.sandbox.host.spawning import WasmSandbox
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox
    from rlm_core.workspace.snapshot import Snapshot

    Sandboxes = dict[str, WorkerSandbox[Any]]

LARGE = 10**12
LIMITS = SandboxSettings(session_seconds=3600, session_calls=10**9)
PROGRAMS = {
    "`x = 1`": "x = 1",
    "`1 + 1`, echoed": "1 + 1",
    "ten lines": (
        "found = {}\nfor n in range(20):\n    word = 'w%d' % (n % 7)\n    if word in found:\n"
        "        found[word] = found[word] + [n]\n    else:\n        found[word] = [n]\ntotal = 0\n"
        "for numbers in found.values():\n    total = total + len(numbers)"
    ),
}
# A namespace as it looks in the middle of a question, and one that is full to what is carried over.
SMALL = (
    "notes = {f'file{n}.py': ['a finding'] * 3 for n in range(30)}\ntext = 'x' * 10_000\n"
    "def f(n): return n + 1\ndef g(n): return f(n)\nimport re, json\nfrom collections import Counter"
)
FULL = "rows = [{'path': f'{n}.py', 'hits': [n]} for n in range(12_000)]\ntext = 'x' * 2_000_000"

PLAIN = """
import struct, sys
read, write, names = sys.stdin.buffer, sys.stdout.buffer, {}
while prefix := read.read(4):
    exec(compile(read.read(struct.unpack('<I', prefix)[0]), 'cell', 'exec'), names)
    write.write(b'd'); write.flush()
"""


class Plain:
    """An interpreter behind pipes: no lock, no limits, no output, no errors, no calls."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", PLAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, code: str) -> None:
        data = code.encode()
        self._process.stdin.write(struct.pack("<I", len(data)) + data)
        self._process.stdin.flush()
        assert self._process.stdout.read(1) == b"d"

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def peers() -> dict[str, Callable[[], Any]]:
    """What makes a `run(code)` and its end, by name."""
    found: dict[str, Callable[[], Any]] = {
        "interpreter behind pipes": lambda: (p := Plain(), p.run, p.close)[1:]
    }
    with suppress(ImportError):
        from RestrictedPython import compile_restricted, safe_globals

        def restricted() -> Any:
            names = {
                **safe_globals,
                "_getiter_": iter,
                "_getitem_": lambda o, k: o[k],
                "_write_": lambda o: o,
            }
            return (lambda code: exec(compile_restricted(code, "cell", "exec"), names)), lambda: None

        found["RestrictedPython, in process"] = restricted
    with suppress(ImportError):
        from smolagents.local_python_executor import LocalPythonExecutor

        def smol() -> Any:
            executor = LocalPythonExecutor([], timeout_seconds=None)
            executor.send_tools({})
            return executor, lambda: None

        found["smolagents, in process"] = smol
    with suppress(ImportError):
        import pydantic_monty

        def monty() -> Any:
            pool = pydantic_monty.Monty()
            pool.__enter__()
            session = pool.checkout()
            session.__enter__()
            end = lambda: (session.__exit__(None, None, None), pool.__exit__(None, None, None))  # noqa: E731
            return session.feed_run, end

        found["pydantic-monty"] = monty
    return found


async def steps(sandboxes: Sandboxes) -> None:
    """One cell after another in one session, all kinds in turns so that drift hits them alike."""
    sessions = {name: await sandbox.open("", {"echo": echo}) for name, sandbox in sandboxes.items()}

    def ours(name: str) -> Callable[[str], Any]:
        async def run(code: str) -> None:
            result = await sessions[name].run(code)
            assert result.error is None, result.error

        return run

    runs: dict[str, Callable[[str], Any]] = {name: ours(name) for name in sessions}
    ends = []
    for name, make in peers().items():
        run, end = make()
        runs[name] = run
        ends.append(end)
    print(f"\n| a step, ms (median; 95th percentile) | {' | '.join(runs)} |\n|---|{'---|' * len(runs)}")
    for kind, code in PROGRAMS.items():
        calls = {name: lambda run=run, code=code: run(code) for name, run in runs.items()}
        times = await in_turns(calls, 50, 20)
        print(f"| {kind} | {' | '.join(map(spread, times.values()))} |")
    for end in ends:
        end()

    print(f"\n| ours, ms | {' | '.join(sessions)} |\n|---|{'---|' * len(sessions)}")
    for kind, before, code in (
        ("a call of a host function", "", "echo(1)"),
        ("100 calls", "", "for _ in range(100): echo(1)"),
        ("`x = 1` with a namespace as in a run", SMALL, "x = 1"),
        ("`x = 1` with all that is carried over", FULL, "x = 1"),
    ):
        for name in sessions:
            await runs[name](before)
        calls = {name: lambda name=name, code=code: runs[name](code) for name in sessions}
        times = await in_turns(calls, 100)
        print(f"| {kind} | {' | '.join(map(spread, times.values()))} |")
    for session in sessions.values():
        await session.close()


async def opens(sandboxes: Sandboxes, snapshot: Snapshot) -> None:
    """A session from nothing to its first result."""

    async def ours(sandbox: WorkerSandbox[Any], context: Any) -> None:
        session = await sandbox.open(context, {})
        await session.run("x = 1")
        await session.close()

    def peer(make: Callable[[], Any]) -> None:
        run, end = make()
        run("x = 1")
        end()

    runs: dict[str, Callable[[], Any]] = {
        **{f"{name}, empty": lambda box=box: ours(box, "") for name, box in sandboxes.items()},
        **{f"{name}, the repository": lambda box=box: ours(box, snapshot) for name, box in sandboxes.items()},
        **{name: lambda make=make: peer(make) for name, make in peers().items()},
    }
    times = await in_turns(runs, 20)
    print("\n| open, first step, close | ms (median; 95th percentile) |\n|---|---|")
    for name, taken in times.items():
        print(f"| {name} | {spread(taken)} |")


async def memory(name: str, sandbox: WorkerSandbox[Any], snapshot: Snapshot) -> None:
    """Anonymous memory: what a process has for itself, whoever else maps the repository's text."""
    session = await sandbox.open(snapshot, {})
    empty = Plain()
    empty.run("x = 1")
    floor = anonymous(empty._process.pid)
    print(f"\n| {name}: memory, MB above an empty interpreter ({floor:.0f}) | |\n|---|---|")
    pid = session._process.pid
    print(f"| a worker with {snapshot.total_bytes / 1e9:.2f} GB mapped | {anonymous(pid) - floor:.0f} |")
    result = await session.run("hits = context.grep('TODO', limit=10 ** 9); len(hits)")
    print(f"| after a search through all of it | {anonymous(pid) - floor:.0f} |")
    assert result.error is None, result.error
    empty.close()
    await session.close()


async def liveness(name: str, sandbox: WorkerSandbox[Any]) -> None:
    """How late a host's event loop is while workers burn, allocate, flood, call, and forge small frames."""
    programs = [
        "while True: pass",
        "b = []\nwhile True: b.append([b])",
        "while True: print('x' * 1_000_000)",
        "while True: echo('x' * 100_000)",
        'import os\nframe = b\'{"op": "output", "text": ""}\'\n'
        "while True: os.write(3, (len(frame).to_bytes(4, 'little') + bytes(4) + frame) * 1000)",
    ]
    sessions = [await sandbox.open("", {"echo": echo}) for _ in programs]
    tasks = [asyncio.create_task(s.run(p)) for s, p in zip(sessions, programs, strict=True)]
    late = []
    until = time.perf_counter() + 5
    while (now := time.perf_counter()) < until:
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - now - 0.005)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(f"\n{name}: event loop while five workers do that, ms late: {spread(late)}; ", end="")
    print(f"at most {max(late) * 1000:.3g}")
    for session in sessions:
        await session.close()


async def in_turns(runs: dict[str, Callable[[], Any]], rounds: int, each: int = 1) -> dict[str, list[float]]:
    """Seconds that each took, in rounds of a few of each; the first tenth warms up."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + rounds // 10):
        for name, run in runs.items():
            for _ in range(each):
                started = time.perf_counter()
                pending: Awaitable[Any] | None = run()
                if asyncio.iscoroutine(pending):
                    await pending
                if number >= rounds // 10:
                    times[name].append(time.perf_counter() - started)
    return times


def spread(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.3g}; {quantiles(seconds, n=20)[-1] * 1000:.3g}"


def anonymous(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:")) / 1024


async def echo(value: Any) -> Any:
    return value


async def main(root: Path) -> None:
    sandboxes: Sandboxes = {"ours": NativeSandbox(LIMITS), "ours in WebAssembly": WasmSandbox(LIMITS)}
    await steps(sandboxes)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace([root], WorkspaceSettings(), Cache(Path(folder), [root], LARGE))
        snapshot = workspace.snapshot()
        print(f"\n{root.name}: {len(snapshot):,} files, {snapshot.total_bytes / 1e6:,.0f} MB")
        await opens(sandboxes, snapshot)
        for name, sandbox in sandboxes.items():
            await memory(name, sandbox, snapshot)
        workspace.close()
    for name, sandbox in sandboxes.items():
        await liveness(name, sandbox)
        await sandbox.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve()))
