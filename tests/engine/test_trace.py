from __future__ import annotations

import asyncio
import json
import os
import resource
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.config import SandboxSettings, state_dir
from rlm_core.engine.events import RunFailed
from rlm_core.engine.trace import KEPT_TRACES
from rlm_core.sandbox.choice import create
from tests.engine.conftest import FILES, KEY, Asker
from tests.support.model_server import HELD_SECONDS, Reply, rate_limited, unauthorized
from tests.support.processes import descendants, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rlm_core.sandbox.base import Sandbox
    from rlm_core.workspace.snapshot import Snapshot
    from tests.support.model_server import ModelServer, Request, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

LOOK = "```repl\nprint(len(context))\n```"


def trace_of(run_id: str) -> list[dict[str, Any]]:
    lines = (state_dir() / "runs" / f"{run_id}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


async def test_a_trace_tells_the_run_and_copies_neither_context_nor_key(asker: Asker, serve: Serve) -> None:
    code = "texts = [context[path] for path in context]\nprint(llm_query('Judge:\\n' + '\\n'.join(texts)))"
    server = serve(
        {"root": [rate_limited("0.01"), f"```repl\n{code}\n```", "FINAL(fine)"], "sub": ["all is well"]}
    )
    answer = await asker.ask("Is it good?", server)
    events = trace_of(answer.run_id)
    assert [event["event"] for event in events] == [
        "RunStarted",
        "TurnStarted",
        "Noted",
        "TurnCompleted",
        "CellStarted",
        "SubcallStarted",
        "SubcallCompleted",
        "CellCompleted",
        "TurnStarted",
        "TurnCompleted",
        "RunCompleted",
    ]
    assert all(event["run_id"] == answer.run_id for event in events)
    assert events[0]["snapshot"] == asker.snapshot.id
    assert events[0]["question"] == "Is it good?"
    assert events[5]["prompt_chars"] == len("Judge:\n" + "\n".join(FILES[path] for path in sorted(FILES)))
    assert events[6]["text"] == "all is well"
    assert events[-1]["answer"]["answer"] == "fine"
    written = (state_dir() / "runs" / f"{answer.run_id}.jsonl").read_text("utf-8")
    assert KEY not in written
    assert "amount * RATE" not in written


async def test_traces_are_their_owners_only(asker: Asker, serve: Serve) -> None:
    answer = await asker.ask("?", serve({"root": [LOOK, "FINAL(x)"]}))
    folder = state_dir() / "runs"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / f"{answer.run_id}.jsonl").stat().st_mode & 0o777 == 0o600


async def test_a_folder_of_traces_that_is_a_link_is_not_used(
    asker: Asker, serve: Serve, tmp_path: Path
) -> None:
    folder = state_dir() / "runs"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tmp_path)
    answer = await asker.ask("?", serve({"root": ["FINAL(x)"]}))
    assert [note for note in answer.notes if "This run is not recorded" in note and "it is a link" in note]


@pytest.mark.parametrize("year", [2020, 2120], ids=["usual", "the clock was put back"])
async def test_the_oldest_runs_are_forgotten(asker: Asker, serve: Serve, year: int) -> None:
    folder = state_dir() / "runs"
    folder.mkdir(parents=True)
    written = time.mktime((year, 1, 1, 0, 0, 0, 0, 0, 0))
    for number in range(KEPT_TRACES + 5):
        file = folder / f"{year}0101-{number:06}-aaaaaa.jsonl"
        file.touch()
        os.utime(file, (written + number, written + number))
    answers = [await asker.ask("?", serve({"root": [LOOK, "FINAL(x)"]})) for _ in range(2)]
    kept = {path.stem for path in folder.iterdir()}
    expected = {f"{year}0101-{number:06}-aaaaaa" for number in range(7, KEPT_TRACES + 5)}
    assert kept == expected | {answer.run_id for answer in answers}


async def test_no_trace_when_switched_off(asker: Asker, serve: Serve) -> None:
    server = serve({"root": [LOOK, "FINAL(x)"]})
    await asker.ask("?", server, trace=False)
    assert not (state_dir() / "runs").exists()


async def test_a_trace_that_cannot_be_written_is_said(asker: Asker, serve: Serve) -> None:
    state_dir().parent.mkdir(parents=True, exist_ok=True)
    state_dir().write_text("a file where a folder should be")
    answer = await asker.ask("?", serve({"root": [LOOK, "FINAL(x)"]}))
    assert answer.answer == "x"
    assert "not recorded" in answer.notes[0]


class FullDisk(list[Any]):
    """Events; from the `count`th of a kind on, no file can grow by more than a few bytes."""

    def __init__(self, kind: str, count: int) -> None:
        self._kind, self._left = kind, count
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def append(self, event: Any) -> None:
        super().append(event)
        self._left -= type(event).__name__ == self._kind
        if not self._left:
            (written,) = (state_dir() / "runs").iterdir()
            resource.setrlimit(resource.RLIMIT_FSIZE, (written.stat().st_size + 9, self.before[1]))


@pytest.mark.parametrize(
    ("full", "recorded"),
    [(("CellStarted", 1), "CellStarted"), (("TurnCompleted", 2), "TurnCompleted")],
    ids=["early", "for the last event, which has the answer in it"],
)
async def test_a_full_disk_does_not_lose_an_answer(
    snapshot: Snapshot, shared_sandbox: Sandbox, serve: Serve, full: tuple[str, int], recorded: str
) -> None:
    disk = FullDisk(*full)
    try:
        answer = await Asker(snapshot, shared_sandbox, disk).ask("?", serve({"root": [LOOK, "FINAL(paid)"]}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, disk.before)
    assert (answer.answer, answer.status) == ("paid", "complete")
    path = state_dir() / "runs" / f"{answer.run_id}.jsonl"
    assert answer.notes == [f"The record of this run ends early: {path} cannot be written (File too large)."]
    *whole, torn = path.read_text("utf-8").split("\n")
    assert json.loads(whole[-1])["event"] == recorded
    assert len(torn) == 9


async def test_a_run_without_an_answer_says_why(asker: Asker, serve: Serve) -> None:
    with pytest.raises(Exception, match="refused the key"):
        await asker.ask("?", serve({"root": [unauthorized()]}))
    (failed,) = asker.of(RunFailed)
    events = trace_of(failed.run_id)
    assert events[-1]["event"] == "RunFailed"
    assert "refused the key" in events[-1]["error"]


@pytest.mark.parametrize("code", ["llm_query('wait')", "rlm_query('wait')", "print('on')\nwhile True: pass"])
async def test_cancelling_ends_workers_and_requests_and_is_recorded(
    code: str, snapshot: Snapshot, serve: Serve
) -> None:
    loop = asyncio.get_running_loop()
    busy = asyncio.Event()
    release = threading.Event()

    def sub(request: Request) -> Reply:
        loop.call_soon_threadsafe(busy.set)
        return Reply("late", until=release)

    class Watching(list[Any]):
        def append(self, event: Any) -> None:
            super().append(event)
            if type(event).__name__ == "CellStarted" and "while" in event.code:
                busy.set()

    asker = Asker(snapshot, create(SandboxSettings()), Watching())
    before = descendants(os.getpid())
    server = serve({"root": [f"```repl\nprint(context)\n{code}\n```"], "sub": sub})
    running = asyncio.create_task(asker.ask("?", server))
    async with asyncio.timeout(HELD_SECONDS):
        await busy.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (*_, failed) = asker.of(RunFailed)
    assert failed.node == "0"
    assert trace_of(failed.run_id)[-1] | {"seconds": 0} == {
        "event": "RunFailed",
        "run_id": failed.run_id,
        "node": "0",
        "seconds": 0,
        "error": "The run was cancelled.",
    }
    release.set()
    await asker.sandbox.close()
    # A zygote that was there before is another sandbox's, and so are the workers that it may still bear.
    others = before.union(*map(descendants, before))
    assert await ended(descendants(os.getpid()) - others)
