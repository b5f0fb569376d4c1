from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.arms.base import ArmError
from benchmarks.evals.arms.shell import Shell
from tests.support.processes import descendants

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


async def test_a_command_searches_and_reads(repository: Path) -> None:
    assert await Shell(repository, 30).run("pwd; grep -n two a.txt") == "/repository\n2:two\n"


async def test_nothing_but_the_repository_is_seen(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-user")
    shell = Shell(repository, 30)
    said = await shell.run(
        f"env; ls {repository.parent}; cat /proc/*/environ 2>/dev/null; ls /root /home /etc"
    )
    assert "sk-of-the-user" not in said
    assert "secret.txt" not in said
    assert "No such file" in said


async def test_nothing_can_be_written_or_reached(repository: Path) -> None:
    said = await Shell(repository, 30).run(
        "touch x; touch /usr/x; (exec 3<>/dev/tcp/127.0.0.1/22) 2>&1; ls /sys/class/net; cat /proc/net/dev"
    )
    assert said.count("Read-only file system") == 2
    assert not (repository / "x").exists()
    assert "eth0" not in said


async def test_a_command_that_does_not_end_is_ended(repository: Path) -> None:
    said = await Shell(repository, 1).run("echo begun; (sleep 1000 &) ; sleep 1000")
    assert said.startswith("begun\n")
    assert "ended after 1 s" in said


async def test_a_flood_is_bounded(repository: Path) -> None:
    said = await Shell(repository, 5).run("head -c 100000000 /dev/zero | tr '\\0' x")
    assert len(said) <= 8 * 1024 * 1024


async def test_how_it_ended_is_told(repository: Path) -> None:
    assert await Shell(repository, 30).run("echo no >&2; exit 3") == "no\n\n(exit code 3)"


@pytest.mark.parametrize("turns", [0, 1, 5, 50, 500])
async def test_a_cancelled_command_is_gone(repository: Path, turns: int) -> None:
    """However far it has come."""
    before = descendants(os.getpid())
    running = asyncio.create_task(Shell(repository, 1000).run("sleep 1000"))
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert descendants(os.getpid()) <= before


def test_a_missing_bubblewrap_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(ArmError, match=r"needs bwrap, prlimit, bash.*apt-get install bubblewrap"):
        Shell(repository, 1)
