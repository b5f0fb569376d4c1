"""Cells behind one that failed: what does not rest on it runs, and it can be run again without sending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rlm_core.sandbox.base import CellResult
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAILS = (
    "kept = 1\nfor row in [3, 4]: kept += row\ndone = sum(1 / n for n in (1, 0))\nlost = 2\nkept_list = []"
)


async def ran(sandbox: WorkerSandbox[Any], *cells: str) -> CellResult:
    """The result of the last cell, which follows on those that failed."""
    session = await sandbox.open("text", {})
    try:
        await session.run("rows = [1]\nlost = 0\ntable = {}")
        for cell in cells[:-1]:
            assert (await session.run(cell, after_failure=cell is not cells[0])).error or cell is not cells[0]
        return await session.run(cells[-1], after_failure=True)
    finally:
        await session.close()


@pytest.mark.parametrize(
    ("cell", "output"),
    [
        ("kept, rows", "(8, [1])\n"),
        ("lost = 5\nlost", "5\n"),
        ("for done in rows: print(done)", "1\n"),
        ("[lost for lost in rows]", "[1]\n"),
        ("def f(lost): return lost\nf(1)", "1\n"),
        ("import re as done\ndone.escape('a')", "'a'\n"),
    ],
)
async def test_what_does_not_rest_on_it_runs(sandbox: WorkerSandbox[Any], cell: str, output: str) -> None:
    result = await ran(sandbox, FAILS, cell)
    assert (result.error, result.unmet, result.output) == (None, (), output)


@pytest.mark.parametrize(
    ("failing", "cell", "unmet"),
    [
        (FAILS, "print('never', lost)", ("lost",)),
        (FAILS, "lost += 1", ("lost",)),
        (FAILS, "def f(): return lost + done\nprint('never')", ("done", "lost")),
        (FAILS, "FINAL(kept)", ("FINAL",)),
        ("1 / 0\nrows.append(2)\ntable['a'] = 1", "print('never', rows, table)", ("rows", "table")),
        ("def f():\n    global x\n    x = 1\n    1 / 0\nf()\nimport re\nclass C: pass", "re, C", ("C", "re")),
        ("with open('x') as file: lines = 1", "print('never', lines)", ("lines",)),
        ("this is no Python", "print('never')", ("?",)),
        ("import os\nos._exit(1)", "print('never')", ("?",)),
    ],
)
async def test_what_rests_on_it_does_not_run(
    sandbox: WorkerSandbox[Any], failing: str, cell: str, unmet: tuple[str, ...]
) -> None:
    result = await ran(sandbox, failing, cell)
    assert (result.error, result.unmet, result.output) == (None, unmet, "")


async def test_what_rests_on_a_cell_that_did_not_run_does_not_either(sandbox: WorkerSandbox[Any]) -> None:
    assert (await ran(sandbox, FAILS, "more = lost", "more")).unmet == ("more",)
    assert (await ran(sandbox, FAILS, "other = 1", "other")).unmet == ()


async def test_a_new_turn_knows_of_no_failure(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("text", {})
    await session.run("1 / 0\nx = 1")
    assert (await session.run("x")).unmet == ()
    assert (await session.run("y = 1", after_failure=True)).unmet == ()
    await session.close()


async def test_a_cell_can_be_run_again_with_other_texts(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("text", {})
    failed = await session.run("total = 1\nfor n in (1, 0):\n    total += 1 / n\nprint('total')\ntotal")
    assert 'File "<cell 1>", line 3' in (failed.error or "")
    again = await session.run("RERUN(1, '1 / n', '1 / (n + 1)', \"'total'\", \"'sum'\")")
    assert (again.error, again.output) == (None, "sum\n2.5\n")
    assert (await session.run("RERUN(3, '(1, 0)', '(1, 1)')")).output == "sum\n2.0\n"
    assert (await session.run("RERUN(-1)")).error is None
    refused = (await session.run("RERUN(1, 'n', 'm')")).error or ""
    assert "ValueError: 'n' is in cell 1 " in refused
    assert "times, and must be once." in refused
    assert "Cell 99 is not known" in ((await session.run("RERUN(99)")).error or "")
    broken = await session.run("RERUN(1, '1 / n', '1 / n + zzz')")
    assert "NameError: name 'zzz' is not defined" in (broken.error or "")
    await session.close()


async def test_a_cell_that_took_its_worker_along_can_be_run_again(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("text", {})
    await session.run("a = 1")
    assert "has ended" in ((await session.run("import os\nos._exit(a)\nprint('here', a)")).error or "")
    assert (await session.run("RERUN(2, 'os._exit(a)', 'a = 2')")).output == "here 2\n"
    await session.close()


async def test_variables_are_told_when_they_are_new_or_other_data(sandbox: WorkerSandbox[Any]) -> None:
    async def changed(code: str) -> tuple[str, ...]:
        return (await session.run(code)).changed

    session = await sandbox.open("text", {})
    assert await changed("import re\nfrom os import path\ndef f(): pass\nclass C: pass\nrows = [1]") == (
        "rows",
    )
    assert await changed("for row in rows: last = row\nwith __import__('io').StringIO() as file: pass") == (
        "last",
    )
    assert await changed("rows.append(2)\nlast = last") == ("rows",)
    assert await changed("rows = list(rows)\nrow = 'x'") == ("rows", "row")
    assert await changed("print(rows)") == ()
    result = await session.run("class L(list): pass\nmine = L([1, 2])")
    assert [str(variable) for variable in result.changed_variables] == ["mine (L: 2 items)"]
    await session.close()
