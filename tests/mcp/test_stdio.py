"""The real client against the real `rlm-mcp` over stdio, in both protocol eras."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.mcp.clients import ANSWERED, FILES, connected, text_of
from tests.support.files import git_repository, write_tree
from tests.support.processes import descendants, ended, generation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_question_is_answered_with_citations_and_progress(
    repository: Path, mode: str, serve_model: Any
) -> None:
    _, env = serve_model(ANSWERED)
    reports: list[tuple[float, str | None]] = []

    async def seen(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, message))

    async with connected(repository, mode, env=env) as client:
        assert "scope" in (client.instructions or "")
        result = await client.call_tool(
            "rlm_query", {"question": "Where is `total_price` computed?"}, progress_callback=seen
        )
    assert not result.is_error
    answer = result.structured_content
    assert answer is not None
    assert (answer["status"], answer["model"]) == ("complete", "root")
    assert {"path": "shop/cart.py", "start_line": 7, "end_line": 9, "symbol": "Cart.total_price"} in answer[
        "citations"
    ]
    assert answer["unverified"] == []
    assert "`shop/cart.py:7-9` `Cart.total_price`" in text_of(result)
    numbers = [number for number, _ in reports]
    assert numbers == sorted(numbers)
    assert any("turn 1/" in (message or "") for _, message in reports)


async def test_scope_and_unknown_scope(repository: Path) -> None:
    async with connected(repository) as client:
        narrow = await client.call_tool(
            "rlm_query", {"question": "Where is `total_price`?", "scope": ["shop/checkout.py"]}
        )
        assert "shop/checkout.py" in text_of(narrow)
        assert "shop/cart.py" not in text_of(narrow)
        wrong = await client.call_tool("rlm_query", {"question": "Anything?", "scope": ["shopp/"]})
        assert wrong.is_error
        assert "shopp/" in text_of(wrong)
        assert "Traceback" not in text_of(wrong)
        empty = await client.call_tool("rlm_query", {"question": "Anything?", "scope": [""]})
        assert "A scope is empty" in text_of(empty)
        typo = await client.call_tool("rlm_query", {"question": "What?", "scopes": ["shop/"]})
        assert "rlm_query takes no scopes; it takes question, scope, session" in text_of(typo)
        empty = await client.call_tool("rlm_query", {"question": "  "})
        assert empty.is_error
        assert "question is empty" in text_of(empty)


async def test_what_a_project_asks_for_in_vain_is_told(repository: Path) -> None:
    write_tree(repository, {"rlm.toml": "[limits]\nturns = 5000\n"})
    async with connected(repository) as client:
        answer = await client.call_tool("rlm_query", {"question": "Where is `total_price`?"})
        step = await client.call_tool("rlm_repl", {"code": "len(context)"})
        (workspace,) = (await client.read_resource("rlm://workspace")).contents
    for shown in (text_of(answer), text_of(step), workspace.text):
        assert "limits.turns stays 30" in shown


async def test_edits_between_questions_are_seen(repository: Path) -> None:
    async with connected(repository) as client:
        first = await client.call_tool("rlm_query", {"question": "Where is `grand_total`?"})
        write_tree(repository, {"shop/late.py": "def grand_total():\n    return 42\n"})
        second = await client.call_tool("rlm_query", {"question": "Where is `grand_total`?"})
    assert "shop/late.py" not in text_of(first)
    assert "shop/late.py" in text_of(second)
    assert first.structured_content["snapshot"] != second.structured_content["snapshot"]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_cancelling_stops_the_run_and_its_worker(repository: Path, mode: str, serve_model: Any) -> None:
    """The scripted model writes an endless loop; the client gives up; the worker must be gone."""
    _, env = serve_model(["```repl\nwhile True:\n    pass\n```"])
    running = asyncio.Event()

    async def seen(progress: float, total: float | None, message: str | None) -> None:
        if "running" in (message or ""):
            running.set()

    async with connected(repository, mode, env=env) as client:
        call = asyncio.create_task(
            client.call_tool("rlm_query", {"question": "Loop."}, progress_callback=seen)
        )
        await asyncio.wait_for(running.wait(), 20)
        workers = generation(os.getpid(), 3)  # ours is the server, its is the zygote
        assert len(workers) == 1
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await ended(workers), "the worker runs on"
        assert (await client.list_tools()).tools, "the server lives"


@pytest.mark.filterwarnings("ignore:ping is removed")  # in the newer era; clients of the older one use it
async def test_the_server_answers_while_programs_burn_allocate_and_flood(
    repository: Path, serve_model: Any
) -> None:
    programs = iter(
        [
            "while True: pass",
            "b = []\nwhile True:\n    try: b.append([b])\n    except MemoryError: b = []",
            "while True: print('x' * 1_000_000)",
        ]
    )
    _, env = serve_model(lambda request: f"```repl\n{next(programs)}\n```")
    async with connected(repository, "legacy", env=env) as client:
        calls = [
            asyncio.create_task(client.call_tool("rlm_query", {"question": f"Loop {n}."})) for n in range(3)
        ]
        while len(workers := generation(os.getpid(), 3)) < len(calls):  # ours is the server, its the zygote
            await client.send_ping()
        for _ in range(50):
            await client.send_ping()
            assert (await client.list_tools()).tools
        assert not any(call.done() for call in calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert await ended(workers)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, None])
async def test_nothing_is_left_behind(repository: Path, number: signal.Signals | None) -> None:
    """Hosts stop servers with a signal or by closing stdin (None)."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rlm_mcp", "--root", str(repository),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    for line in (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
        b'"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}\n',
        b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n',
        b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"rlm_query",'
        b'"arguments":{"question":"Where is Cart?"}}}\n',
    ):
        server.stdin.write(line)
    while b'"id":2' not in (line := await asyncio.wait_for(server.stdout.readline(), 20)):
        assert line.startswith(b'{"jsonrpc"'), "stdout carries the protocol alone"
    children = descendants(server.pid)
    assert children, "the sandbox is up"
    if number is None:
        server.stdin.close()
    else:
        server.send_signal(number)
    await asyncio.wait_for(server.wait(), 10)
    assert await ended(children), "a process outlived the server"


async def test_a_client_that_closes_its_end_of_stdout(repository: Path) -> None:
    """It has closed our stdout and not our stdin."""
    reading, writing = os.pipe()
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rlm_mcp", "--root", str(repository),
        stdin=asyncio.subprocess.PIPE, stdout=writing, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    os.close(writing)
    os.close(reading)
    assert server.stdin is not None
    assert server.stderr is not None
    server.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
    assert (await server.stderr.read(), await server.wait()) == (b"", 141)


async def test_what_happens_is_logged_to_a_file_and_nothing_that_is_private(
    repository: Path, own_home: Path, serve_model: Any
) -> None:
    _, env = serve_model(ANSWERED)
    async with connected(repository, env=env) as client:
        answer = await client.call_tool("rlm_query", {"question": "Where is the zebra?"})
        step = await client.call_tool("rlm_repl", {"code": "'giraffe'"})
        assert not step.is_error
    folder = own_home / "rlm-mcp" / "logs"
    assert folder.stat().st_mode & 0o077 == 0
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    said = file.read_text()
    assert answer.structured_content is not None
    for words in ("starts", str(repository), answer.structured_content["run_id"], "ended by the client"):
        assert words in said, words
    assert "zebra" not in said
    assert "giraffe" not in said


@pytest.mark.parametrize("year", [2020, 2120], ids=["usual", "the clock was put back"])
async def test_only_the_latest_logs_are_kept(repository: Path, own_home: Path, year: int) -> None:
    folder = own_home / "rlm-mcp" / "logs"
    old = [f"{year}0101-0000{number}-1.log" for number in range(10, 40)]
    write_tree(folder, dict.fromkeys([*old, f"{old[0]}.1"], ""))
    written = time.mktime((year, 1, 1, 0, 0, 0, 0, 0, 0))
    for number, name in enumerate(old):
        os.utime(folder / name, (written + number, written + number))
    async with connected(repository):
        kept = {file.name for file in folder.iterdir()}
    (new,) = kept - set(old)
    assert kept == {*old[-19:], new}


# Its files may have 2,000 bytes: to whoever writes, that is as good as a full disk.
FULL = """
import logging, resource
from rlm_mcp.cli import server_log

logging.basicConfig(format="%(message)s", level=logging.WARNING)
server_log.open_log_file()
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, resource.RLIM_INFINITY))
for _ in range(100):
    logging.getLogger("rlm_mcp").info("x" * 100)
logging.getLogger("rlm_mcp").warning("It goes on.")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits a file as Unix does")
async def test_a_log_that_cannot_be_written_ends_with_one_sentence(own_home: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await server.communicate()
    (file,) = (own_home / "rlm-mcp" / "logs").iterdir()
    assert out == b""
    assert err.decode().splitlines() == [
        f"The log ends early: {file} cannot be written (File too large).",
        "It goes on.",
    ]
    assert file.stat().st_size <= 2_000


async def test_unusable_roots_are_one_sentence(tmp_path: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rlm_mcp", "serve", "--root", str(tmp_path / "missing"),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await server.communicate()
    assert (server.returncode, out) == (2, b"")
    assert err.decode().startswith("rlm-mcp: There is no folder")
    assert "Traceback" not in err.decode()
