"""A program that has git read a hostile repository's past keeps nobody waiting but itself."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import SandboxSettings, WorkspaceSettings
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rlm_core.workspace.snapshot import Snapshot

if sys.platform == "linux":
    from rlm_core.sandbox.host.native import NativeSandbox

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    """Of a repository with a branch that is a pipe, for which git waits."""
    root = git_repository(tmp_path / "repo", {"a.py": "a\n"})
    os.mkfifo(root / ".git/refs/heads/pipe")
    workspace = Workspace([root], WorkspaceSettings())
    taken = workspace.snapshot()
    workspace.remember(taken)
    yield taken
    workspace.close()


async def test_the_time_of_git_is_the_cells(snapshot: Snapshot) -> None:
    sandbox = NativeSandbox(SandboxSettings(cell_seconds=1.0))
    session = await sandbox.open(snapshot, {})
    result = await session.run("context.changed('pipe')")
    assert "1 s" in str(result.error)
    await sandbox.close()


async def test_a_program_asks_for_commits(snapshot: Snapshot) -> None:
    sandbox = NativeSandbox(SandboxSettings())
    session = await sandbox.open(snapshot, {})
    result = await session.run("print(context.log()[0].subject, context.blame('a.py')[0].author)")
    assert (result.output, result.error) == ("first Somebody\n", None)
    forged = await session.run("call = context._history._call\ncall('_log', ('', 'HEAD', 1.5), {})")
    assert "'1.5' is no number of lines or commits." in str(forged.error)
    await sandbox.close()


async def test_other_sessions_go_on_while_git_takes_its_time(snapshot: Snapshot) -> None:
    sandbox = NativeSandbox(SandboxSettings(cell_seconds=30.0))
    slow, other = await sandbox.open(snapshot, {}), await sandbox.open(snapshot, {})
    program = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(40) as pool:
    list(pool.map(context.changed, ['pipe'] * 40))
"""
    waiting = asyncio.create_task(slow.run(program))
    done = await other.run("context.changed('HEAD')")
    assert done.error is None
    assert await asyncio.to_thread(str, 1) == "1"
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await sandbox.close()
