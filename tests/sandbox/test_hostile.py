"""A program that writes to the channel itself: the host survives, and believes nothing."""

from __future__ import annotations

import asyncio
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlm_core.config import SandboxSettings
from rlm_core.sandbox import wire
from rlm_core.sandbox.host import exchange, frames
from rlm_core.sandbox.host.native import NativeSandbox
from rlm_core.sandbox.host.spawning import WasmSandbox

if TYPE_CHECKING:
    from rlm_core.sandbox.base import CellResult
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

# Defines `send`, as a program can that knows this code.
FIND = """
import os, time
try:
    import wit_world
except ImportError:
    import fcntl
    def is_open(n):
        try: return fcntl.fcntl(n, fcntl.F_GETFD) >= 0
        except OSError: return False
    channel = next(n for n in range(3, 64) if is_open(n))
    def send(data): os.write(channel, data)
else:
    def send(data): wit_world.send(data.decode('latin-1'))
"""


def stopped(pid: int) -> bool:
    return "\nState:\tT" in Path(f"/proc/{pid}/status").read_text()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def frame(message: object) -> bytes:
    head = json.dumps(message).encode()
    return wire.PREFIX.pack(len(head), 0) + head


@given(json_values)
def test_whatever_is_encoded_comes_back(value: Any) -> None:
    encoded = wire.encode({"value": value})
    head, body = wire.sizes(encoded[:8])
    assert wire.decode(encoded[8 : 8 + head], encoded[8 + head :]) == {"value": value}
    assert len(encoded) == 8 + head + body


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_bytes_that_are_no_frame_are_refused(head: bytes, body: bytes) -> None:
    with pytest.raises(wire.FrameError):
        frames.parse(head, body)


@given(json_values | st.fixed_dictionaries({"op": st.sampled_from(["done", "call", "output", "reply"])}))
def test_json_that_is_no_frame_is_refused(message: Any) -> None:
    with pytest.raises(wire.FrameError):
        frames.parse(json.dumps(message).encode(), b"")


@pytest.mark.parametrize(
    "head",
    [
        b"[" * 500_000 + b"]" * 500_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"op": ' + b"9" * 100_000 + b"}",
        b'{"op": "output", "text": {"$text": 99}}',
        b'{"op": "output", "text": {"$text": -1}}',
        b'{"op": "output", "text": {"$text": true}}',
        b'{"op": "output", "text": "\xff"}',
        b'{"op": "output", "text": "a", "more": 1}',
        b'{"op": "call", "id": "1", "name": "f", "args": [], "kwargs": {}}',
        b'{"op": "done", "id": 1, "error": null, "final": null, "omitted": -1, "variables": []}',
        b'{"op": "done", "id": 1, "error": null, "final": null, "omitted": 0, "variables": [["a"]]}',
        b"",
    ],
    ids=range(12),
)
def test_hostile_heads_are_refused(head: bytes) -> None:
    with pytest.raises(wire.FrameError):
        frames.parse(head, b"")


def test_announced_sizes_are_bounded() -> None:
    for prefix in (struct.pack("<II", 2**32 - 1, 0), struct.pack("<II", 10, wire.MAX_BODY + 1)):
        with pytest.raises(wire.FrameError):
            wire.sizes(prefix)


async def write(sandbox: WorkerSandbox[Any], data: bytes) -> CellResult:
    """What the host makes of a program that writes these bytes and then loops."""

    async def ask(question: str) -> str:
        return question

    session = await sandbox.open("text", {"ask": ask})
    await session.run("kept = 1" + FIND)
    result = await session.run(f"send({data!r})\nwhile True: time.sleep(9)")
    after = await session.run("print(repr(context))\nkept")
    assert after.output == "'text'\n1\n", "the session goes on"
    await session.close()
    return result


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 8,
        wire.PREFIX.pack(300_000, 0),
        frame([]),
        frame({"op": "ready"}),
        frame({"op": "done", "id": 0, "error": None, "final": None, "omitted": 0, "variables": []}),
        frame({"op": "refused", "unlocked": True, "message": "x"}),
        frame({"op": "locked", "by": "me"}),
        frame({"op": "saved", "state": 1}),
        frame({"op": "call", "id": 1, "name": "system", "args": ["id"], "kwargs": {}}),
        frame({"op": "call", "id": 1, "name": "__class__", "args": [], "kwargs": {}}),
        frame({"op": "output", "text": "x" * 21_000}),
        frame({"op": "output", "text": "x"}) * 20_001,
        b"".join(frame({"op": "call", "id": n, "name": "ask", "args": [], "kwargs": {}}) for n in range(2))
        + b"?" * 8,
    ],
    ids=range(13),
)
async def test_a_program_that_breaks_the_rules_loses_its_worker(
    sandbox: WorkerSandbox[Any], data: bytes
) -> None:
    result = await write(sandbox, data)
    assert result.error is not None
    assert result.error.startswith("The program ")
    assert result.error.endswith(
        "The REPL was started again with the variables as they were before this cell."
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_forged_end_is_the_end_of_that_cell_only(sandbox: WorkerSandbox[Any]) -> None:
    """It may lie about itself, as any program may by printing; the true end that follows gives it away."""
    fields = {"error": None, "final": "forged", "omitted": 0, "variables": [["x", "int", "1"]]}
    session = await sandbox.open("text", {})
    await session.run(FIND)
    result = await session.run(f"send({frame({'op': 'done', 'id': 2, **fields})!r})")
    assert result.final == "forged"
    after = await session.run("context")
    assert after.error is not None
    assert after.error.startswith("The program wrote to the sandbox's own channel: done.")
    assert (await session.run("context")).output == "'text'\n"
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "fields",
    [
        {"final": "x" * 4_000_001},
        {"variables": [["n" * 201, "int", "1"]]},
        {"variables": [["n", "int", "1"]] * 1_001},
        {"omitted": 10**400},
        {"error": "e" * 20_001},
    ],
    ids=str,
)
async def test_a_forged_end_is_no_larger_than_a_true_one(
    sandbox: WorkerSandbox[Any], fields: dict[str, Any]
) -> None:
    done = {"op": "done", "id": 2, "error": None, "final": None, "omitted": 0, "variables": [], **fields}
    session = await sandbox.open("text", {})
    await session.run(f"{FIND}\nfrom rlm_core.sandbox import wire")
    result = await session.run(f"send(wire.encode({done!r})); time.sleep(9)")
    assert "A frame has the wrong shape" in (result.error or "")
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_calls_at_once_carry_no_more_than_the_host_can_keep(
    native: NativeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_HELD", 1_000_000)
    released = asyncio.Event()

    async def keep(text: str) -> int:
        await released.wait()
        return len(text)

    async def release() -> None:
        released.set()

    session = await native.open("", {"keep": keep, "release": release})
    program = """
import threading
ends, refused = [], threading.Semaphore(0)
def ask():
    try: ends.append(keep('x' * 300_000))
    except RlmError as e: ends.append(str(e)[:27]); refused.release()
threads = [threading.Thread(target=ask) for _ in range(8)]
for t in threads: t.start()
for _ in range(5): refused.acquire()
release()
for t in threads: t.join()
sorted(map(str, ends))
"""
    result = await session.run(program)
    assert result.output == f"{['300000'] * 3 + ['The calls under way at this'] * 5}\n", result.error
    assert (await session.run("keep('x' * 900_000)")).output == "900000\n", "nothing is held any more"
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_sent_ahead_of_calls_is_held_within_the_same_bound(
    sandbox: WorkerSandbox[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_HELD", 3_000_000)
    called: list[int] = []

    async def count(texts: list[str]) -> int:
        called.append(len(texts))
        return len(texts)

    session = await sandbox.open("", {"count": count})
    await session.run("texts = ['x' * 600_000] * 8")
    assert "carry more than" in ((await session.run("count(texts)")).error or "")
    assert called == []
    assert (await session.run("count(texts[:4])")).output == "4\n", "nothing is held any more"
    assert session._process is not None
    assert session._process.ahead.size == 0
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_calls_that_are_only_begun_are_counted(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    await session.run(f"{FIND}\nimport json, struct")
    result = await session.run(
        "for number in range(1_000):\n"
        "    head = json.dumps({'op': 'texts', 'id': number, 'texts': []}).encode()\n"
        "    send(struct.pack('<II', len(head), 0) + head)\n"
        "while True: pass"
    )
    assert (result.error or "").startswith("The program began more calls than the sandbox offers.")
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_call_has_no_texts_but_those_that_were_sent_ahead_of_it(sandbox: WorkerSandbox[Any]) -> None:
    async def echo(text: str) -> str:
        return text

    session = await sandbox.open("", {"echo": echo})
    await session.run(FIND)
    call = frame({"op": "call", "id": 1, "name": "echo", "args": [{"$sent": 1}], "kwargs": {}})
    result = await session.run(f"send({call!r})\nwhile True: pass")
    assert "refers to text that was not sent ahead of it" in (result.error or "")
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_flood_of_calls_is_refused(sandbox: WorkerSandbox[Any]) -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    session = await sandbox.open("", {"wait": wait})
    await session.run(FIND)
    call = frame({"op": "call", "id": 1, "name": "wait", "args": [], "kwargs": {}})
    result = await session.run(f"for _ in range(100_000): send({call!r})")
    assert "when 256 were under way and 4,096 more had been refused" in (result.error or "")
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_worker_that_has_sent_more_than_anybody_reads_is_ended(sandbox: WorkerSandbox[Any]) -> None:
    async def wait(_text: str) -> None:
        await asyncio.Event().wait()

    session = await sandbox.open("", {"wait": wait})
    await session.run(FIND)
    call = frame({"op": "call", "id": 1, "name": "wait", "args": ["x" * 1_000], "kwargs": {}})
    result = await session.run(f"send({call!r} * 5_000)")
    assert "when 256 were under way and 4,096 more had been refused" in (result.error or "")
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=8, max_size=64) | json_values.map(frame))
async def test_any_bytes_are_survived(sandbox: WorkerSandbox[Any], data: bytes) -> None:
    session = await sandbox.open("text", {})
    await session.run(FIND)
    result = await session.run(f"send({data!r})\nos._exit(0)")
    assert result.error is not None
    assert (await session.run("context")).output == "'text'\n"
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_program_that_never_reads_its_replies(sandbox: WorkerSandbox[Any]) -> None:
    async def much() -> str:
        return "x" * 1_000_000

    session = await sandbox.open("", {"much": much})
    await session.run(FIND)
    call = frame({"op": "call", "id": 10**9, "name": "much", "args": [], "kwargs": {}})
    result = await session.run(f"for _ in range(100): send({call!r})\n'done'")
    assert result.output == "'done'\n", result.error
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_program_that_only_says_that_it_is_done_stands_still(sandbox: WorkerSandbox[Any]) -> None:
    fields: dict[str, Any] = {"error": None, "final": None, "omitted": 0, "variables": []}
    session = await sandbox.open("text", {})
    await session.run(FIND)
    await session.run(f"send({frame({'op': 'done', 'id': 2, **fields})!r})\nwhile True: pass")
    assert session._process is not None
    while not stopped(session._process.pid):  # noqa: ASYNC110 - the test's own time limit ends the waiting
        await asyncio.sleep(0.01)
    await session.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", [NativeSandbox, WasmSandbox])
async def test_a_call_under_way_buys_no_time(kind: type[WorkerSandbox[Any]]) -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    sandbox = kind(SandboxSettings(cell_seconds=0.5, session_seconds=0.9))
    session = await sandbox.open("", {"wait": wait})
    await session.run(FIND)
    call = frame({"op": "call", "id": 1, "name": "wait", "args": [], "kwargs": {}})
    result = await session.run(f"send({call!r})\nwhile True: pass")
    assert (result.error or "").startswith("The cell ran longer than the 0.5 s that it may")
    await session.run(f"{FIND}\nsend({call!r})\nwhile True: pass")
    assert "No more cells are run" in ((await session.run("1")).error or "")
    await sandbox.close()


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (rb'{"op": "output", "text": "\ud800"}', b""),
        (rb'{"op": "output", "text": "\\\uDFFF"}', b""),
        (rb'{"op": "output", "text": "\ud83d\ude00"}', b""),
        (rb'{"op": "call", "id": 1, "name": "ask", "args": [], "kwargs": {"\ud800": 1}}', b""),
        (b'{"op": "output", "text": "\xed\xa0\x80"}', b""),
        (b'{"op": "output", "text": {"$text": 3}}', b"\xed\xa0\x80"),
    ],
)
def test_a_frame_with_surrogates_is_none(head: bytes, body: bytes) -> None:
    with pytest.raises(wire.FrameError, match="not well-formed"):
        frames.parse(head, body)


@pytest.mark.parametrize("text", [r"\ud800", r"\\ud800", "\x00", "\ufffd", "🎉"])
def test_a_text_may_speak_of_surrogates(text: str) -> None:
    for said in (text, text * 50):
        whole = wire.encode({"op": "output", "text": said})
        assert wire.message(whole) == {"op": "output", "text": said}


@pytest.mark.asyncio(loop_scope="module")
async def test_what_cannot_be_sent_is_the_programs_error(sandbox: WorkerSandbox[Any]) -> None:
    async def ask(text: str) -> int:
        return len(text)

    session = await sandbox.open("", {"ask": ask})
    await session.run("kept = object()\nlong = 'x' * 40_000_000")
    assert "too large to be sent at once" in ((await session.run("ask(long)")).error or "")
    assert "An answer of 40,000,000 characters is too long" in (
        (await session.run("FINAL(long)")).error or ""
    )
    assert await session.value("long") is None
    assert (await session.run("type(kept)")).output == "<class 'object'>\n", "the session has survived"
    await session.close()
