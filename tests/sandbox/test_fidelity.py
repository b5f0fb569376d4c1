"""Programs do in the sandbox what they do in plain CPython."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox import plain_cpython, sessions
from tests.sandbox.programs import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT = sessions.context()
SESSIONS = {**PROGRAMS, **sessions.sessions()}
# The sandbox adds a reason to these.
REASONED = {"ModuleNotFoundError"}
# Sessions that cannot be the same in WebAssembly.
OTHERWISE_IN_WASM = {
    "analysing: compression and archives in memory": "no bz2 and lzma in that build",
    "languages: big and odd numbers": "hashes of 32 bits",
}
# And those in which its Python 3.14 is unlike earlier ones.
OTHERWISE_IN_3_14 = {
    "typing": "annotations of a module are made when asked for",
    "async leftovers": "asyncio.iscoroutinefunction is deprecated",
    "languages: tracebacks that a program prints": "marks below the source",
    "languages: type hints and generics": "Optional prints as a union",
    "working: dates in logs": "names in calendar",
}

SINCE_3_14 = {"error": "(error|PatternError)"}  # of `re`

Cells = list[tuple[str, tuple[str, str] | None]]


@pytest.fixture(scope="module")
def plainly() -> dict[str, Cells]:
    ran = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(Path(__file__).with_name("plain_cpython.py"))],
        input=json.dumps({"context": CONTEXT, "sessions": list(SESSIONS.values())}),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(SESSIONS, json.loads(ran.stdout), strict=True))


async def llm_query(prompt: str) -> str:
    return plain_cpython.llm_query(prompt)


async def llm_query_batched(prompts: list[str]) -> list[str]:
    return plain_cpython.llm_query_batched(prompts)


FUNCTIONS: dict[str, Callable[..., Awaitable[Any]]] = {
    "llm_query": llm_query,
    "llm_query_batched": llm_query_batched,
}


@pytest.mark.parametrize("name", SESSIONS)
async def test_same_as_plain_python(
    sandbox: WorkerSandbox[Any], plainly: dict[str, Cells], name: str
) -> None:
    if sandbox.wasm and name in OTHERWISE_IN_WASM:
        pytest.skip(OTHERWISE_IN_WASM[name])
    if sandbox.wasm and sys.version_info < (3, 14) and name in OTHERWISE_IN_3_14:
        pytest.skip(OTHERWISE_IN_3_14[name])
    session = await sandbox.open(CONTEXT, FUNCTIONS)
    for code, (output, raised) in zip(SESSIONS[name], plainly[name], strict=True):
        result = await session.run(code)
        assert result.output == output, (code, result.error)
        if raised is None:
            assert result.error is None, code
        else:
            kind, message = raised
            assert result.error is not None, code
            kind = SINCE_3_14.get(kind, kind) if sandbox.wasm else kind
            assert re.search(rf"(?m)^[ |]*([\w.]+\.)?{kind}\b", result.error), (code, result.error)
            # Python words its messages anew with each version.
            same = sandbox.wasm or comparable(message) in comparable(result.error)
            assert kind in REASONED or same, code
    await session.close()


def comparable(message: str) -> str:
    """Without addresses, and without the place that the message of a `SyntaxError` ends with."""
    return re.sub(r"0x[0-9a-f]+", "0x", re.sub(r" \([^()]+, line \d+\)$", "", message))


async def test_there_are_many() -> None:
    assert len(SESSIONS) >= 100
    assert all(SESSIONS.values())
