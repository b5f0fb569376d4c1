"""What a program is told about lists of `context` that lack something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILES = {"a.py": "needle\n" * 60, "b.py": "def f():\n    g()\n" * 5}


@pytest.mark.parametrize(
    ("program", "cuts"),
    [
        ("for hit in context.grep('needle'): hit.line", ["grep('needle') gave 50 of 60."]),
        ("n = len(context.grep('needle', limit=7))", ["grep('needle', limit=7) gave 7 of 60."]),
        ("[r.line for r in context.callers('g', limit=2)]", ["callers('g', limit=2) gave 2 of 5."]),
        ("hits = context.grep('needle')\nprint(hits[:3])", []),
        ("context.grep('needle', limit=7)", []),
        ("for hit in context.grep('needle', 'a.py'): hit.line", []),
        ("context.grep('needle')\ncontext = None", ["grep('needle') gave 50 of 60."]),
        ("context._cuts = None\nlen(context.grep('f'))", []),
    ],
)
async def test_what_nothing_printed_says_is_told(
    sandbox: WorkerSandbox[Any], program: str, cuts: list[str]
) -> None:
    session = await sandbox.open(snapshot_of(FILES), {})
    result = await session.run(program)
    assert list(result.cuts) == cuts
    assert (await session.run("1")).cuts == ()
    await session.close()


async def test_a_loop_is_told_of_the_first_few(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open(snapshot_of(FILES), {})
    result = await session.run("for n in range(1, 31): found = context.grep('needle', limit=n)")
    assert len(result.cuts) == 11
    assert result.cuts[-1] == "20 further lists lack some."
    await session.close()


@pytest.mark.parametrize(
    ("call", "right"),
    [
        ("context.show('a.py:1', lines=3)", "context.show(*places, around=4)"),
        ("context.rank('f', 3, None, 'files', 9)", "context.rank(query, k=10, glob=None, of='files')"),
        ("context.enclosing('a.py')", "context.enclosing(path, line)"),
        ("len()", ""),
    ],
)
async def test_a_wrong_call_is_told_the_right_one(sandbox: WorkerSandbox[Any], call: str, right: str) -> None:
    session = await sandbox.open(snapshot_of(FILES), {})
    error = (await session.run(call)).error or ""
    assert error.splitlines()[-1].startswith(f"It is {right}." if right else "TypeError: ")
    await session.close()
