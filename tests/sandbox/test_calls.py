"""Functions of the host, called by programs."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from rlm_core.sandbox.host.native import NativeSandbox
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def echo(value: Any, *more: Any, **named: Any) -> Any:
    return [value, *more, named] if more or named else value


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ("'text'", "text"),
        ("'long ' * 100_000", "long " * 100_000),
        ("'Grüße 🎉' * 10", "Grüße 🎉" * 10),
        ("[1, 2.5, None, True, ['deep', {'k': 'v' * 50}]]", [1, 2.5, None, True, ["deep", {"k": "v" * 50}]]),
        ("type('S', (str,), {'__str__': lambda s: 'no'})('subclass')", "subclass"),
        ("(x * 2 for x in 'ab')", ["aa", "bb"]),
        ("{'a': 1}.keys()", ["a"]),
        ("{7}", [7]),
        ("{1: {2: 3}}", {"1": {"2": 3}}),
        ("range(3)", [0, 1, 2]),
        ("b'bytes'", "b'bytes'"),
        ("__import__('fractions').Fraction(1, 3)", "1/3"),
        ("ValueError('why')", "why"),
        ("2 ** 100", 2**100),
        ("''", ""),
    ],
)
async def test_values_cross_as_what_they_are_like(
    sandbox: WorkerSandbox[Any], sent: str, received: Any
) -> None:
    got = []

    async def take(value: Any) -> Any:
        got.append(value)
        return value

    session = await sandbox.open("", {"take": take})
    assert (await session.run(f"back = take({sent})")).error is None
    assert got == [received]
    assert (await session.run(f"back == {received!r}")).output == "True\n"
    await session.close()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (
            "'x' * 9_000_000",
            "The values are too large to be sent at once: more than 8,388,608 bytes of text",
        ),
        ("list(range(1_000_000))", "send them in parts"),
        ("(l := [], l.append(l))[0]", "The values are nested too deeply to be sent."),
        ("{'$text': 3}", "A dict with the key '$text' cannot be sent"),
        ("{'$sent': 3}", "A dict with the key '$sent' cannot be sent"),
        (
            "['x' * 1_000_000] * 34",
            "more than 33,554,432 bytes of text, which is all that a message may have",
        ),
    ],
)
async def test_values_that_cannot_cross_are_refused(
    sandbox: WorkerSandbox[Any], sent: str, sentence: str
) -> None:
    session = await sandbox.open("", {"echo": echo})
    result = await session.run(f"echo({sent})")
    assert result.error is not None
    assert sentence in result.error
    assert (await session.run("echo(1)")).output == "1\n"
    await session.close()


async def test_texts_that_are_more_than_a_frame_cross_both_ways(sandbox: WorkerSandbox[Any]) -> None:
    """Both ways in parts, which calls at the same time may send in turns."""
    session = await sandbox.open("", {"echo": echo})
    program = """
from concurrent.futures import ThreadPoolExecutor
def texts(letter):
    many = [f'{letter}{n}' * 9_000 for n in range(200)]
    return [letter * 40_000, 'short', {'k': [letter * 1_500_000]}, *many]
def same(letter):
    sent, named = texts(letter), texts(letter)[:3]
    return echo(sent, named=named) == [sent, {'named': named}]
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(same, 'aß')))
"""
    assert (result := await session.run(program)).output == "[True, True]\n", result.error
    await session.close()


async def test_a_result_that_is_too_large_is_an_error(sandbox: WorkerSandbox[Any]) -> None:
    async def much() -> str:
        return "x" * 40_000_000

    session = await sandbox.open("", {"much": much})
    result = await session.run("much()")
    assert result.error is not None
    assert "RuntimeError: The result of much: The values are too large" in result.error
    await session.close()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("need()", "TypeError: need() missing a required argument: 'a'"),
        ("need(1, 2, 3)", "TypeError: need() too many positional arguments"),
        ("need(1, c=3)", "TypeError: need() got an unexpected keyword argument 'c'"),
    ],
)
async def test_wrong_arguments_are_a_type_error(
    sandbox: WorkerSandbox[Any], call: str, sentence: str
) -> None:
    async def need(a: int, b: int = 2) -> int:
        return a + b

    session = await sandbox.open("", {"need": need})
    assert ((await session.run(call)).error or "").endswith(sentence)
    assert (await session.run("need(1, b=5)")).output == "6\n"
    await session.close()


async def test_refusals_of_the_host_can_be_caught(sandbox: WorkerSandbox[Any]) -> None:
    async def refuse() -> None:
        raise QueryError("Nothing is called 'x'; did you mean 'y'?")

    session = await sandbox.open("", {"refuse": refuse})
    caught = await session.run("try:\n    refuse()\nexcept RlmError as e:\n    print('caught', e)")
    assert caught.output == "caught Nothing is called 'x'; did you mean 'y'?\n"
    result = await session.run("refuse()")
    assert result.error is not None
    assert result.error.endswith("\nRlmError: Nothing is called 'x'; did you mean 'y'?")
    assert result.error.count("File ") == 1
    await session.close()


async def test_a_defect_of_the_host_is_logged_and_not_shown(
    sandbox: WorkerSandbox[Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise KeyError("secret detail")

    session = await sandbox.open("", {"broken": broken})
    with caplog.at_level(logging.ERROR):
        result = await session.run("broken()")
    assert result.error is not None
    assert result.error.endswith("RuntimeError: broken() failed on the host, whose log says why.")
    assert "secret detail" in caplog.text
    await session.close()


async def test_calls_from_threads_run_at_the_same_time(sandbox: WorkerSandbox[Any]) -> None:
    everyone = asyncio.Barrier(10)

    async def meet(number: int) -> int:
        await everyone.wait()
        return number * number

    session = await sandbox.open("", {"meet": meet})
    program = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(10) as pool:\n    print(list(pool.map(meet, range(10))))"
    )
    assert (await session.run(program)).output == f"{[n * n for n in range(10)]}\n"
    gathered = "import asyncio\nawait asyncio.gather(*(asyncio.to_thread(meet, n) for n in range(10)))"
    result = await session.run("import os; os.cpu_count = os.process_cpu_count = lambda: 32\n" + gathered)
    assert result.output == f"{[n * n for n in range(10)]}\n", result.error
    await session.close()


async def test_many_calls_from_many_threads_each_get_their_own_reply(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {"echo": echo})
    program = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(16) as pool:\n"
        "    got = list(pool.map(lambda n: echo(str(n) * (n % 97)), range(2000)))\n"
        "got == [str(n) * (n % 97) for n in range(2000)]"
    )
    assert (await session.run(program)).output == "True\n"
    await session.close()


async def test_output_before_a_call_is_seen_before_the_call(sandbox: WorkerSandbox[Any]) -> None:
    order: list[str] = []

    async def called() -> None:
        order.append("called")

    session = await sandbox.open("", {"called": called})
    await session.run("print('before')\ncalled()\nprint('after')", order.append)
    assert order == ["before\n", "called", "after\n"]
    await session.close()


async def test_cancelling_a_run_cancels_its_calls(sandbox: WorkerSandbox[Any]) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    session = await sandbox.open("", {"wait": wait})
    task = asyncio.create_task(session.run("wait()"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    await session.close()


async def test_calls_that_outlive_their_cell_are_cancelled_and_told(native: NativeSandbox) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def has_started() -> None:
        await started.wait()

    session = await native.open("", {"wait": wait, "has_started": has_started})
    background = (
        "import threading\nfailed = []\n"
        "def ask():\n    try: wait()\n    except RuntimeError as e: failed.append(e)\n"
        "t = threading.Thread(target=ask); t.start()\nhas_started()"
    )
    assert (await session.run(background)).error is None
    assert ended.is_set()
    result = await session.run("t.join()\nfailed")
    assert result.output == "[CellEndedError('The cell ended before this call was answered.')]\n"
    assert result.unanswered == 0
    started.clear()
    assert (await session.run("t = threading.Thread(target=wait); t.start()\nhas_started()")).unanswered == 1
    assert (await session.run("t.join()\n'over'")).output == "'over'\n"
    await session.close()


async def test_more_calls_at_once_than_there_may_be_are_refused_one_by_one(native: NativeSandbox) -> None:
    refused = asyncio.Event()

    async def wait() -> int:
        await refused.wait()
        return 1

    program = (
        "import threading\nthreading.stack_size(1 << 18)\nanswered, failed = [], []\n"
        "def ask():\n"
        "    try: answered.append(wait())\n"
        "    except RlmError as e:\n"
        "        failed.append(str(e))\n"
        "        len(failed) == 44 and print('refused', flush=True)\n"
        "threads = [threading.Thread(target=ask) for _ in range(300)]\n"
        "for t in threads: t.start()\n"
        "for t in threads: t.join()\n"
        "len(answered), len(failed), set(failed)"
    )
    session = await native.open("", {"wait": wait})
    result = await session.run(program, lambda _: refused.set())
    assert result.error is None
    assert result.output.startswith("refused\n(256, 44, {'256 calls under way at once are the most that")
    assert "answered" in {variable.name for variable in result.variables}
    await session.close()


async def test_closing_a_session_in_the_middle_of_a_call(sandbox: WorkerSandbox[Any]) -> None:
    started = asyncio.Event()

    async def wait() -> None:
        started.set()
        await asyncio.Event().wait()

    session = await sandbox.open("", {"wait": wait})
    task = asyncio.create_task(session.run("wait()"))
    await started.wait()
    await session.close()
    assert "has ended" in ((await task).error or "")


@pytest.mark.parametrize(
    "program",
    ["print('early', flush=True)", "import time\ntime.sleep(0.3)\nprint('early')"],
    ids=["flushed", "after a while"],
)
async def test_what_is_printed_is_seen_while_the_program_goes_on(
    sandbox: WorkerSandbox[Any], program: str
) -> None:
    printed = asyncio.Event()
    session = await sandbox.open("", {})
    running = asyncio.create_task(
        session.run(f"{program}\nwhile True: pass", lambda text: printed.set() if "early" in text else None)
    )
    async with asyncio.timeout(10):
        await printed.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await session.close()


# Ends its process when the host hangs up, so it needs one of its own.
TWO_FIRST_CALLS = """
import contextlib, os, queue, socket, threading, types
from rlm_core.sandbox.worker.channel import WorkerChannel

here, there = socket.socketpair()
interrupts = types.SimpleNamespace(shielded=contextlib.nullcontext)
channel, host = WorkerChannel(there, interrupts), WorkerChannel(here, interrupts)
both_made, needed = threading.Event(), channel._needed

def slow():
    needed.acquire()
    both_made.wait()

channel._needed = types.SimpleNamespace(acquire=slow, release=needed.release, locked=needed.locked)
channel.start()
replies = queue.SimpleQueue()
for number in (1, 2):
    ask = lambda number=number: replies.put(channel.call("double", (number,), {}))
    threading.Thread(target=ask, daemon=True).start()
calls = [host.receive() for _ in range(2)]
both_made.set()
for call in calls:
    host.send({"op": "reply", "id": call["id"], "value": 2 * call["args"][0]})
print(sorted(replies.get(timeout=20) for _ in calls), flush=True)
os._exit(0)
"""


async def test_two_first_calls_at_once_are_both_answered() -> None:
    """The second is made just when the first has woken the thread that reads."""
    ran = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TWO_FIRST_CALLS, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, error = await ran.communicate()
    assert output == b"[2, 4]\n", error.decode()
