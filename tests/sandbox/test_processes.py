"""Processes and descriptors: what is started ends, in every way that things end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import SandboxSettings
from rlm_core.errors import SandboxError
from rlm_core.sandbox.host import zygote_client
from rlm_core.sandbox.host.native import NativeSandbox
from rlm_core.workspace.arena import Arena
from rlm_core.workspace.snapshot import Entry, Snapshot
from tests.support.processes import descendants
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LIMITS = SandboxSettings(cell_seconds=5, memory_mb=256)


def descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


@pytest.fixture
def started() -> Callable[[], set[int]]:
    """The processes below this one that the test has started; other tests may keep a sandbox."""
    others = descendants(os.getpid())
    return lambda: descendants(os.getpid()) - others


def running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def gone(pids: Iterable[int]) -> None:
    """Returns when none of the processes runs any more; the test's own time limit ends the waiting."""
    for pid in pids:
        while running(pid):  # noqa: ASYNC110 - nobody tells a process that is not the parent
            await asyncio.sleep(0.01)


async def test_many_sessions_leave_nothing_behind(started: Callable[[], set[int]]) -> None:
    sandbox = NativeSandbox(LIMITS)
    await (await sandbox.open("", {})).close()
    before = descriptors()
    zygote = started()
    for _ in range(10):
        sessions = await asyncio.gather(*(sandbox.open("text", {}) for _ in range(20)))
        results = await asyncio.gather(*(session.run("len(context)") for session in sessions))
        assert {result.output for result in results} == {"4\n"}
        await asyncio.gather(*(session.close() for session in sessions))
    assert len(descriptors()) <= len(before)  # an earlier test may have left some to the collector
    await gone(started() - zygote)
    await sandbox.close()
    await gone(zygote)
    assert len(descriptors()) < len(before)


async def test_cancelled_opens_leave_nothing_behind(started: Callable[[], set[int]]) -> None:
    sandbox = NativeSandbox(LIMITS)
    await (await sandbox.open("", {})).close()
    before, zygote = descriptors(), started()
    for steps in range(30):
        task = asyncio.create_task(sandbox.open("", {}))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            await task.result().close()
    last = await sandbox.open("", {})
    assert (await last.run("1")).output == "1\n"
    await last.close()
    # A spawning that nobody waits for any longer comes to its end in the background.
    while started() - zygote or len(descriptors()) > len(before):  # noqa: ASYNC110 - its own limit ends it
        await asyncio.sleep(0.01)
    await sandbox.close()


async def test_closing_the_sandbox_ends_running_cells() -> None:
    sandbox = NativeSandbox(LIMITS)
    session = await sandbox.open("", {})
    started = asyncio.Event()
    task = asyncio.create_task(session.run("print('x')\nwhile True: pass", lambda _: started.set()))
    await started.wait()
    await sandbox.close()
    assert "has ended" in ((await task).error or "")
    with pytest.raises(SandboxError, match="closed"):
        await session.run("1")


async def test_sessions_opened_at_once_share_one_zygote(started: Callable[[], set[int]]) -> None:
    sandbox = NativeSandbox(LIMITS)
    sessions = await asyncio.gather(*(sandbox.open(str(n), {}) for n in range(8)))
    assert len(started()) == 1 + len(sessions)
    results = await asyncio.gather(*(session.run("context") for session in sessions))
    assert [result.output for result in results] == [f"'{n}'\n" for n in range(8)]
    await sandbox.close()


async def test_sessions_over_different_snapshots_at_once() -> None:
    snapshots = [snapshot_of({f"{n}.txt": f"text {n}\n" * (n + 1)}) for n in range(3)]
    sandbox = NativeSandbox(LIMITS)
    before = descriptors()
    sessions = await asyncio.gather(*(sandbox.open(snapshots[n % 3], {}) for n in range(12)))
    for n, session in enumerate(sessions):
        result = await session.run(f"list(context), context['{n % 3}.txt'].count('text')")
        assert result.output == f"(['{n % 3}.txt'], {n % 3 + 1})\n"
    await sandbox.close()
    assert len(descriptors()) <= len(before)
    for snapshot in snapshots:
        assert snapshot.arena is not None
        snapshot.arena.close()


async def test_a_zygote_that_died_is_replaced(started: Callable[[], set[int]]) -> None:
    sandbox = NativeSandbox(LIMITS)
    session = await sandbox.open("text", {})
    await session.run("x = 1\nf = open")
    zygote = sandbox._zygote
    assert zygote is not None
    workers = started() - {zygote.pid}
    os.kill(zygote.pid, signal.SIGKILL)
    await gone(workers)
    result = await session.run("context, x")
    assert (result.output, result.lost) == ("('text', 1)\n", ("f",))
    await sandbox.close()


async def test_a_zygote_that_stands_still_is_replaced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox = NativeSandbox(LIMITS)
    session = await sandbox.open("text", {})
    await session.run("x = 1")
    zygote = sandbox._zygote
    assert zygote is not None
    monkeypatch.setattr(zygote_client, "FORK_SECONDS", 0.1)
    os.kill(zygote.pid, signal.SIGSTOP)
    opening = [asyncio.create_task(sandbox.open(f"other {n}", {})) for n in range(2)]
    await gone([zygote.pid])
    monkeypatch.undo()  # the new one may take its time
    others = await asyncio.gather(*opening)
    assert [(await other.run("context")).output for other in others] == ["'other 0'\n", "'other 1'\n"]
    assert (await session.run("context, x")).output == "('text', 1)\n"
    assert "The sandbox's zygote gave no worker" in caplog.text
    await sandbox.close()


async def test_a_zygote_that_stands_still_keeps_no_sandbox_from_closing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = NativeSandbox(LIMITS)
    await sandbox.open("text", {})
    zygote = sandbox._zygote
    assert zygote is not None
    monkeypatch.setattr(zygote_client, "FORK_SECONDS", 0.1)
    os.kill(zygote.pid, signal.SIGSTOP)
    opening = asyncio.create_task(sandbox.open("other", {}))
    while not zygote._asking.locked():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    await sandbox.close()
    await (await opening).close()
    assert not running(zygote.pid)


HOST = """
import asyncio, os, sys
from rlm_core.config import SandboxSettings
from rlm_core.sandbox.host.native import NativeSandbox

async def main():
    sandbox = NativeSandbox(SandboxSettings())
    sessions = [await sandbox.open("", {}) for _ in range(3)]
    started = [asyncio.Event() for _ in sessions]
    burning = [
        asyncio.create_task(s.run("print('x')\\nwhile True: pass", lambda _, e=e: e.set()))
        for s, e in zip(sessions[1:], started[1:])
    ]
    await asyncio.gather(*(e.wait() for e in started[1:]))
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_host_that_is_killed_leaves_no_process(number: signal.Signals) -> None:
    host = await asyncio.create_subprocess_exec(sys.executable, "-c", HOST, stdout=subprocess.PIPE)
    assert host.stdout is not None
    assert await host.stdout.readline() == b"ready\n"
    started = descendants(host.pid)
    assert len(started) == 4
    host.send_signal(number)
    await host.wait()
    await gone(started)


async def test_a_working_directory_full_of_traps_is_not_imported_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "re2", "asyncio", "rlm_core"):
        (tmp_path / f"{name}.py").write_text("open('trapped', 'w')\nraise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    sandbox = NativeSandbox(LIMITS)
    session = await sandbox.open("", {})
    assert (await session.run("import json; json.dumps(1)")).output == "'1'\n"
    await sandbox.close()
    assert not (tmp_path / "trapped").exists()


async def test_an_interpreter_that_does_not_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    sandbox = NativeSandbox(LIMITS)
    before = descriptors()
    with pytest.raises(SandboxError, match="did not start with /bin/false"):
        await sandbox.open("", {})
    assert len(descriptors()) <= len(before)  # an earlier test may have left some to the collector
    await sandbox.close()


async def test_a_closed_workspace_is_refused() -> None:
    arena = Arena(shard_bytes=1 << 20)
    span = arena.append(b"text")
    snapshot = Snapshot.of([Entry("a.txt", *span, bytes(16))], arena.maps, arena=arena)
    arena.close()
    sandbox = NativeSandbox(LIMITS)
    with pytest.raises(SandboxError, match="workspace has been closed"):
        await sandbox.open(snapshot, {})
    await sandbox.close()
