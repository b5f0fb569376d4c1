from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import WorkspaceError
from rlm_core.workspace import bulk
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace
from tests.support.files import write_tree
from tests.support.processes import descendants, ended

LARGE = 10**12
ODD = os.fsdecode(b"caf\xe9.py")


@pytest.fixture(autouse=True)
def many_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlm_core.workspace.store.MIN_FILES", 10)
    monkeypatch.setattr("rlm_core.workspace.bulk._BLOCK", 3)


@pytest.fixture
def roots(tmp_path: Path) -> list[Path]:
    for name in ("one", "two"):
        write_tree(tmp_path / name, {f"src/{number:02}.py": f"{name} {number}\n" for number in range(40)})
        write_tree(
            tmp_path / name,
            {"binary.dat": b"\0", "made.go": "// Code generated; DO NOT EDIT.\n", ".rlmignore": "!made.go\n"},
        )
        (tmp_path / name / ODD).write_text("odd\n")
    return [tmp_path / "one", tmp_path / "two"]


def opened(tmp_path: Path, roots: list[Path]) -> Workspace:
    return Workspace(roots, WorkspaceSettings(), Cache(tmp_path / "cache", roots, LARGE))


def test_processes_read_what_one_would(tmp_path: Path, roots: list[Path]) -> None:
    workspace, plain = opened(tmp_path, roots), Workspace(roots, WorkspaceSettings())
    many, one = workspace.snapshot(), plain.snapshot()
    assert many.arena is not None
    assert many.arena.names, "read by processes, which only works into named shards"
    assert len(set(many.shards)) > 1, "each process has shards of its own"
    assert {path: many.text(path) for path in many} == {path: one.text(path) for path in one}
    assert (many.id, many.skipped) == (one.id, one.skipped)
    assert many.text(r"one/caf\xe9.py") == "odd\n"
    workspace.save()
    write_tree(tmp_path, {"one/src/01.py": "changed\n", "two/new.py": "new\n"})
    after = workspace.snapshot()
    assert (after.text("one/src/01.py"), after.text("two/new.py")) == ("changed\n", "new\n")
    workspace.close()
    again = opened(tmp_path, roots)
    assert again.snapshot().id != many.id
    assert again.snapshot().text("two/src/39.py") == "two 39\n"
    again.close()
    plain.close()


def test_many_changed_files_keep_those_that_did_not_change(tmp_path: Path, roots: list[Path]) -> None:
    workspace = opened(tmp_path, roots)
    before = workspace.snapshot()
    write_tree(tmp_path / "one", {f"src/{number:02}.py": f"again {number}\n" for number in range(30)})
    for number in range(30, 40):
        (tmp_path / "one" / f"src/{number}.py").unlink()
    after = workspace.snapshot()
    assert after.text("one/src/07.py") == "again 7\n"
    assert "one/src/35.py" not in after
    assert after.text("two/src/35.py") == before.text("two/src/35.py") == "two 35\n"
    assert before.text("one/src/35.py") == "one 35\n"
    workspace.close()


def test_without_processes_the_files_are_read_all_the_same(
    tmp_path: Path, roots: list[Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "missing"))
    workspace = opened(tmp_path, roots)
    assert workspace.snapshot().text("two/src/39.py") == "two 39\n"
    assert "one after another" in caplog.text
    workspace.close()


def test_stopping_ends_the_processes(
    tmp_path: Path, roots: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = descendants(os.getpid())
    begun = threading.Event()

    def started(*arguments: object) -> object:
        process = start(*arguments)  # type: ignore[arg-type]
        os.kill(process.pid, signal.SIGSTOP)  # it will never end by itself
        begun.set()
        return process

    start = bulk._spawn
    monkeypatch.setattr(bulk, "_spawn", started)
    workspace = opened(tmp_path, roots)
    errors: list[Exception] = []

    def read() -> None:
        try:
            workspace.snapshot()
        except WorkspaceError as error:
            errors.append(error)

    reading = threading.Thread(target=read)
    reading.start()
    assert begun.wait(10)
    workspace.stop_reading()
    reading.join(10)
    assert "closed while its files were being read" in str(errors[0])
    assert descendants(os.getpid()) <= before
    workspace.close()


# Its reading processes stand still, so they end by nothing of their own.
HOST = """
import os, signal, sys
from pathlib import Path
from rlm_core.config import WorkspaceSettings
from rlm_core.workspace import bulk, store
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

def spawn(*arguments):
    process = start(*arguments)
    os.kill(process.pid, signal.SIGSTOP)
    print(process.pid, flush=True)
    return process

store.MIN_FILES, start, bulk._spawn = 10, bulk._spawn, spawn
roots = [Path(sys.argv[1])]
Workspace(roots, WorkspaceSettings(), Cache(Path(sys.argv[2]), roots, 10**12)).snapshot()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that another has ended")
async def test_reading_processes_end_with_their_server_and_know_no_secret(
    tmp_path: Path, roots: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "RLM_MCP_TOKEN"):
        monkeypatch.setenv(name, "kept back")
    host = subprocess.Popen(  # noqa: ASYNC220 - as quick as forking
        [sys.executable, "-c", HOST, str(roots[0]), str(tmp_path / "cache")], stdout=subprocess.PIPE
    )
    assert host.stdout is not None
    pid = int(host.stdout.readline())
    environment = await asyncio.to_thread(Path(f"/proc/{pid}/environ").read_bytes)
    host.kill()
    host.wait()
    host.stdout.close()
    try:
        assert await ended({pid})
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert b"PATH=" in environment
    assert b"kept back" not in environment
