"""Time, memory, output, threads: each limit ends in a readable error, and the session goes on if it can."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from rlm_core.config import SandboxSettings
from rlm_core.sandbox.host.native import NativeSandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty() -> AsyncIterator[NativeSandbox]:
    """Cells may run for a moment only."""
    opened = NativeSandbox(SandboxSettings(cell_seconds=0.3, memory_mb=256, output_chars=1_000))
    yield opened
    await opened.close()


INTERRUPTIBLE = {
    "loop": "while True: pass",
    "sleep": "import time; time.sleep(600)",
    "catastrophic regex": "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')",
    "waiting for a lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "asyncio": "import asyncio; await asyncio.sleep(600)",
    "asyncio.run": "import asyncio; asyncio.run(asyncio.sleep(600))",
    "waiting for threads": (
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "pool = ThreadPoolExecutor(2)\npool.submit(time.sleep, 600).result()"
    ),
    "endless repr": "class E:\n    def __repr__(self):\n        while True: pass\nE()",
    "endless error": "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E",
    "endless finaliser": "class F:\n    def __del__(self):\n        while True: pass\nF()\nwhile True: pass",
    "the first is caught": "try:\n    while True: pass\nexcept KeyboardInterrupt:\n    while True: pass",
    "endless answer": "class E:\n    def __repr__(self):\n        while True: pass\nFINAL(E())",
}


@pytest.mark.parametrize("program", INTERRUPTIBLE.values(), ids=INTERRUPTIBLE)
async def test_an_interrupted_cell_keeps_its_variables(hasty: NativeSandbox, program: str) -> None:
    session = await hasty.open("", {})
    result = await session.run(f"kept = 'yes'\nprint('before')\n{program}")
    assert result.error is not None
    assert result.error.startswith(
        "The cell ran longer than the 0.3 s that it may (waiting for sub-calls not counted). "
        "It was interrupted; variables assigned before are kept."
    )
    assert result.output.startswith("before\n")
    assert result.lost == ()
    assert (await session.run("kept")).output == "'yes'\n"
    await session.close()


STUBBORN = [
    "sum(range(10 ** 12))",
    ("while True:\n    try: exec('while True: pass')\n    except BaseException: pass"),
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
]


async def test_cells_that_cannot_be_interrupted_are_killed(hasty: NativeSandbox) -> None:
    async def killed(program: str) -> str:
        session = await hasty.open("again", {})
        await session.run("first = 1\nsecond = iter([2])")
        result = await session.run(f"print('before', flush=True)\n{program}")
        assert (result.lost, [v.name for v in result.variables]) == (("second",), ["first"])
        after = await session.run("context, first")
        assert (after.output, after.lost) == ("('again', 1)\n", ())
        await session.close()
        return result.error or ""

    for error in await asyncio.gather(*map(killed, STUBBORN)):
        assert error.endswith(
            "and was killed 2 s later. The REPL was started again with the variables as they were before "
            "this cell, but for those that are lost."
        )


async def test_threads_cannot_burn_cpu_behind_the_waiting_program(hasty: NativeSandbox) -> None:
    async def wait() -> None:
        await asyncio.sleep(600)

    session = await hasty.open("", {"wait": wait})
    result = await session.run(
        "import threading\ndef burn():\n    while True: pass\n"
        "threading.Thread(target=burn, daemon=True).start()\nwait()"
    )
    assert result.error is not None
    assert result.error.startswith("The cell ran longer")
    await session.close()


def stopped(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/status")
    return all("\nState:\tT" in thread.read_text() for thread in threads)


async def test_threads_stand_still_between_cells(hasty: NativeSandbox) -> None:
    session = await hasty.open("", {})
    await session.run(
        "import threading\nn = 0\ndef count():\n    global n\n    while True: n += 1\n"
        "threading.Thread(target=count, daemon=True).start()"
    )
    process = session._process
    assert process is not None
    while not stopped(process.pid):  # noqa: ASYNC110 - the kernel stops each thread when it gets to it
        await asyncio.sleep(0)
    before = process.cpu_seconds()
    await asyncio.to_thread(sum, range(10**6))
    assert process.cpu_seconds() == before
    assert (await session.run("n > 0")).output == "True\n"
    await session.close()


async def test_waiting_for_the_host_does_not_count(hasty: NativeSandbox) -> None:
    async def slow() -> str:
        await asyncio.sleep(0.7)
        return "done"

    session = await hasty.open("", {"slow": slow})
    result = await session.run("slow()")
    assert (result.error, result.output) == (None, "'done'\n")
    assert result.seconds < 0.3
    await session.close()


MEMORY = {
    "one block": "b = bytearray(10 ** 9)",
    "many blocks": "b = []\nwhile True: b.append(bytearray(10 ** 6))",
    "objects": "b = []\nwhile True: b.append([])",
    "text": "b = 'x'\nwhile True: b += b",
    "number": "b = 1 << 10 ** 11",
    "anonymous map": (
        "try: import mmap\nexcept ImportError: raise MemoryError('there are none in this sandbox')\n"
        "b = []\nwhile True: b.append(mmap.mmap(-1, 10 ** 8))"
    ),
}


@pytest.mark.parametrize("program", MEMORY.values(), ids=MEMORY)
async def test_a_memory_bomb_is_an_error_and_the_session_goes_on(
    sandbox: WorkerSandbox[Any], program: str
) -> None:
    session = await sandbox.open("", {})
    result = await session.run(f"kept = 1\n{program}")
    assert result.error is not None
    assert re.search("MemoryError|Cannot allocate memory|OverflowError: too many digits", result.error)
    assert (await session.run("b = None\nkept")).output == "1\n"
    assert (await session.run("len(bytearray(10 ** 8))")).output == "100000000\n"
    await session.close()


async def test_the_memory_limit_is_named(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    result = await session.run("bytearray(10 ** 9)")
    assert result.error is not None
    assert result.error.endswith(
        "MemoryError\nThe program may use 512 MB beyond the workspace; its variables are kept."
    )
    await session.close()


@pytest.mark.parametrize(
    "flood",
    [
        "while True: print('x' * 10_000)",
        "while True: print(1)",
        "import sys\nwhile True: sys.stderr.write('e' * 10)",
    ],
)
async def test_an_output_flood_is_cut_and_counted(hasty: NativeSandbox, flood: str) -> None:
    session = await hasty.open("", {})
    pieces: list[str] = []
    result = await session.run(flood, pieces.append)
    assert len(result.output) <= 1_000
    assert f"[… {result.omitted:,} characters …]" in result.output
    assert result.omitted > 1_000
    assert "".join(pieces) == result.output
    assert (await session.run("1")).output == "1\n"
    await session.close()


async def test_exactly_the_limit_is_not_cut(hasty: NativeSandbox) -> None:
    session = await hasty.open("", {})
    result = await session.run("print('x' * 999)")
    assert (len(result.output), result.omitted) == (1_000, 0)
    result = await session.run("'x' * 999")
    assert (len(result.output) <= 1_000, result.omitted) == (True, 1_002 - len("x" * 952))
    await session.close()


LINES = [f"line {number}" for number in range(5_000)]


@pytest.mark.parametrize(
    "program",
    [
        "for n in range(5_000): print('line', n)",
        "print(chr(10).join(f'line {n}' for n in range(5_000)))",
    ],
)
async def test_long_output_is_cut_between_lines_and_kept(sandbox: WorkerSandbox[Any], program: str) -> None:
    session = await sandbox.open("", {})
    result = await session.run(program)
    head, [mark], tail = _parts(result.output.splitlines())
    assert mark == f"[… {result.omitted:,} characters …]"
    assert head == LINES[: len(head)]
    assert tail == LINES[-len(tail) :]
    assert len(head) > 2 * len(tail) > 400
    assert 19_500 < len(result.output) <= 20_000
    whole = "\n".join(LINES) + "\n"
    assert len(result.output) - len(mark) - 1 + result.omitted == len(whole)
    assert (await session.run(f"PRINTED == {whole!r}")).output == "True\n"
    await session.close()


def _parts(lines: list[str]) -> tuple[list[str], list[str], list[str]]:
    """What stands before the mark, the mark, and what stands behind it."""
    at = next(at for at, line in enumerate(lines) if line.startswith("[…"))
    return lines[:at], lines[at : at + 1], lines[at + 1 :]


async def test_a_line_that_is_too_long_is_cut_in_itself(hasty: NativeSandbox) -> None:
    session = await hasty.open("", {})
    result = await session.run("print('a' * 5_000 + 'b' * 5_000)")
    head, _, tail = _parts(result.output.splitlines())
    assert set("".join(head)) == {"a"}
    assert set("".join(tail)) == {"b"}
    assert len("".join(head)) > 2 * len("".join(tail)) > 400
    assert (await session.run("len(PRINTED)")).output == "10001\n"
    await session.close()


async def test_output_arrives_while_the_cell_runs(sandbox: WorkerSandbox[Any]) -> None:
    arrived: list[str] = []

    async def seen() -> int:
        return len("".join(arrived))

    session = await sandbox.open("", {"seen": seen})
    result = await session.run("print('x' * 9)\nseen()", arrived.append)
    assert result.output.endswith("\n10\n")
    await session.close()


async def test_what_was_printed_is_there_when_a_program_dies(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    result = await session.run("import os\nfor n in range(10): print('line', n)\nos._exit(3)")
    assert "has ended" in (result.error or "")
    assert result.output == "".join(f"line {n}\n" for n in range(10))
    await session.close()


async def test_a_line_is_not_held_back_by_what_the_program_does_next(sandbox: WorkerSandbox[Any]) -> None:
    printed = asyncio.Event()
    session = await sandbox.open("", {})
    running = asyncio.create_task(session.run("print('begun')\nwhile True: pass", lambda _: printed.set()))
    await printed.wait()
    running.cancel()
    await asyncio.wait([running])
    await session.close()


async def test_calls_are_counted_for_the_cell_and_for_the_session() -> None:
    made = []

    async def call() -> None:
        made.append(1)

    sandbox = NativeSandbox(SandboxSettings(cell_calls=5, session_calls=12))
    session = await sandbox.open("", {"call": call})
    cell = "n = 0\nwhile True:\n    call()\n    n += 1"
    for allowed, sentence in (
        (5, "This cell has made the 5 calls that a cell may make"),
        (5, "This cell has made the 5 calls"),
        (2, "This session has made the 12 calls that a session may make"),
        (0, "This session has made the 12 calls"),
    ):
        before = len(made)
        result = await session.run(cell)
        assert sentence in (result.error or ""), "and the program can catch it"
        assert len(made) - before == allowed
        assert (await session.run("n")).output == f"{allowed}\n"
    await sandbox.close()


async def test_a_session_s_cells_share_its_running_time() -> None:
    sandbox = NativeSandbox(SandboxSettings(cell_seconds=30, session_seconds=0.5))
    session = await sandbox.open("", {})
    assert (await session.run("kept = 1\nimport time; time.sleep(0.2)")).error is None
    result = await session.run("while True: pass")
    assert (result.error or "").startswith(
        "The session has run for the 0.5 s that its cells may run together "
        "(waiting for sub-calls not counted). It was interrupted; variables assigned before are kept."
    )
    result = await session.run("print('never')")
    assert (result.error or "").endswith("No more cells are run.")
    assert (result.output, [v.name for v in result.variables]) == ("", ["kept", "time"])
    assert await session.value("kept") == "1", "what is there can still be given as the answer"
    await sandbox.close()


async def test_a_thread_bomb_is_an_error(native: NativeSandbox) -> None:
    bomb = (
        "import threading\nthreading.stack_size(128 * 1024)\nstop = threading.Event()\nstarted = 0\n"
        "try:\n    while True:\n        threading.Thread(target=stop.wait, daemon=True).start()\n"
        "        started += 1\nfinally:\n    stop.set()"
    )
    session = await native.open("", {})
    result = await session.run(bomb)
    assert result.error is not None
    assert "RuntimeError: can't start new thread" in result.error
    assert (await session.run("1 < started")).output == "True\n"
    await session.close()


async def test_a_crash_is_told_and_the_next_cell_starts_afresh(native: NativeSandbox) -> None:
    session = await native.open("text", {})
    await session.run("x = 1")
    crashes = [
        "import os; print('last words'); os._exit(3)",
        "import ctypes; ctypes.string_at(0)",
        "import os, signal; signal.pthread_kill(__import__('threading').get_ident(), signal.SIGKILL)",
        "import sys; sys.setrecursionlimit(10 ** 9)\ndef f(): return f.__call__()\nf()",
        "import os\nfor n in range(64):\n    try: os.close(n)\n    except OSError: pass",
    ]
    for crash in crashes:
        await session.run("y = object()")
        result = await session.run(crash)
        assert result.error is not None
        if not result.lost:  # a deep recursion may end in MemoryError instead, depending on the version
            assert "MemoryError" in result.error or "RecursionError" in result.error
            continue
        assert "has ended" in result.error
        assert "y" in result.lost
        assert (await session.run("context")).output == "'text'\n"
    await session.close()


async def test_a_worker_that_is_killed_between_cells_is_replaced(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("text", {})
    await session.run("x = 1\ny = object()")
    process = session._process
    assert process is not None
    process.kill()
    while process.alive:  # noqa: ASYNC110 - nobody but the session is told
        await asyncio.sleep(0.01)
    result = await session.run("context, x")
    assert (result.output, result.lost, result.error) == ("('text', 1)\n", ("y",), None)
    await session.close()


async def test_cancelling_ends_the_worker(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    await session.run("x = 1\ny = object()")
    process = session._process
    assert process is not None
    printed = asyncio.Event()
    task = asyncio.create_task(session.run("print('y')\nwhile True: pass", lambda _: printed.set()))
    await printed.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not process.alive
    result = await session.run("x")
    assert (result.output, result.lost) == ("1\n", ("y",))
    await session.close()


async def test_the_host_keeps_answering_while_workers_burn_and_flood(hasty: NativeSandbox) -> None:
    """The event loop turns all the while: other sessions are served in between."""
    burning = [await hasty.open("", {}) for _ in range(3)]
    quick = await hasty.open("", {})
    programs = ["while True: pass", "while True: print('x' * 100_000)", "b = []\nwhile True: b.append([b])"]
    tasks = [asyncio.create_task(s.run(p)) for s, p in zip(burning, programs, strict=True)]
    for number in range(20):
        assert (await quick.run(str(number))).output == f"{number}\n"
    for result in await asyncio.gather(*tasks):
        assert result.error is not None
    for session in [*burning, quick]:
        await session.close()


async def test_an_interrupt_during_a_host_call_leaves_the_channel_in_order(native: NativeSandbox) -> None:
    """Interrupts at many points of calls and printing: afterwards every call still gets its own reply."""

    async def echo(value: int) -> int:
        return value

    session = await native.open("", {"echo": echo})
    await session.run("n = 0")
    arrived = asyncio.Event()
    for _ in range(25):
        arrived.clear()
        loop = "while True:\n    n += 1\n    assert echo(n) == n\n    print(n)"
        task = asyncio.create_task(session.run(loop, lambda _: arrived.set()))
        await arrived.wait()
        process = session._process
        assert process is not None
        process.interrupt()
        result = await task
        assert result.error is not None
        assert result.error.endswith("KeyboardInterrupt")
    assert (await session.run("[echo(i) for i in range(5)]")).output == "[0, 1, 2, 3, 4]\n"
    await session.close()


async def test_sigint_between_cells_is_nothing(native: NativeSandbox) -> None:
    session = await native.open("", {})
    await session.run("x = 1")
    process = session._process
    assert process is not None
    process.interrupt()
    assert (await session.run("x")).output == "1\n"
    await session.close()
