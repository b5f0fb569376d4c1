"""What a session still has after its worker was killed."""

# ruff: noqa: E501 - tables of programs

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from rlm_core.sandbox.base import CellResult, Session
    from rlm_core.sandbox.host.native import NativeSandbox
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

CRASH = "import os; os._exit(1)"


async def crash(session: Session, cell: str = CRASH) -> CellResult:
    result = await session.run(cell)
    assert result.error is not None
    assert "has ended" in result.error
    return result


async def after_a_crash(sandbox: WorkerSandbox[Any], *cells: str) -> tuple[CellResult, CellResult]:
    """The result of the crash that follows all cells but the last, and that of the last."""
    session = await sandbox.open("text", {})
    for cell in cells[:-1]:
        assert (await session.run(cell)).error is None
    crashed = await crash(session)
    last = await session.run(cells[-1])
    await session.close()
    return crashed, last


KEPT = {
    "numbers": ("a, b, c, d = 1, 2.5, 3j, 10 ** 50", "a, b, c, d"),
    "text": ("t = 'Grüße 🎉 \\ud800'\nb = b'\\xff'", "t, b"),
    "containers": ("v = {'k': [1, (2, {3}), frozenset({4})], None: [True, ...][:1]}", "v"),
    "a list of records": ("rows = [{'path': f'{n}.py', 'hits': [n] * 3} for n in range(1000)]", "len(rows), rows[-1]"),
    "what two names share": ("a = [1]\nb = {'a': a}\na.append(2)", "b['a'] is a, a"),
    "a function": ("def f(x, y=2, *, z=[3]):\n    'doc'\n    return x + y + len(z)", "f(1), f(1, z=''), f.__doc__"),
    "functions that use each other": ("def f(n): return n and g(n - 1)\ng = lambda n: n and f(n - 1)\nf.__name__", "f(9)"),
    "a generator function": ("def g():\n    yield from range(3)", "list(g())"),
    "an asynchronous function": ("async def f(): return 7", "await f()"),
    "imports": (
        "import re, json as j, os.path\nfrom collections import Counter\nfrom math import pi, sqrt\nfrom pathlib import *",
        "re.sub('a', 'b', 'a'), j.dumps(1), os.path.sep, Counter('aa'), sqrt(4), PurePath('x')",
    ),
    "a variable called answer": ("answer = 'mine'", "answer"),
}  # fmt: skip


@pytest.mark.parametrize(("cell", "expression"), KEPT.values(), ids=KEPT)
async def test_plain_values_come_back(sandbox: WorkerSandbox[Any], cell: str, expression: str) -> None:
    session = await sandbox.open("", {})
    assert (await session.run(cell)).error is None
    before = await session.run(expression)
    crashed = await crash(session)
    after = await session.run(expression)
    await session.close()
    assert before.error is None
    assert (after.output, after.error) == (before.output, None)
    assert crashed.lost == ()
    assert crashed.error is not None
    assert crashed.error.endswith(
        "The REPL was started again with the variables as they were before this cell."
    )


LOST = {
    "an instance": "class C: pass\nv = C()\ndel C",
    "a class": "class v: pass",
    "a subclass of str": "class S(str): pass\nv = S('x')\ndel S",
    "a list with an object": "v = [1, object()]",
    "a changeable buffer": "v = {'b': bytearray(b'x')}",
    "a generator": "v = (n for n in range(3))",
    "a closure": "def outer(n):\n    return lambda: n\nv = outer(1)\ndel outer",
    "a decorated function": "import functools\n@functools.cache\ndef v(): return 1",
    "a function with an attribute": "def v(): pass\nv.note = object()",
    "a function of another module's": "import types\nv = types.FunctionType((lambda: 1).__code__, {})",
    "a default that is an object": "def v(x=object()): pass",
    "a value that contains itself": "v = []\nv.append(v)",
    "a very large text": "v = 'x' * 9_000_000",
    "a very long list": "v = list(range(200_000))",
    "very large numbers": "v = [1 << (8 * 10 ** 6)] * 9",
    "an exponential nest": "v = []\nfor _ in range(60): v = [v, v]\ndel _",
    "a deep nest": "v = []\nfor _ in range(100): v = [v]\ndel _",
}


@pytest.mark.parametrize("cell", LOST.values(), ids=LOST)
async def test_what_cannot_come_back_is_named(sandbox: WorkerSandbox[Any], cell: str) -> None:
    crashed, after = await after_a_crash(sandbox, f"one = 5\n{cell}\ntwo = [one, 'x']", "print(one, two)\nv")
    assert crashed.lost == ("v",)
    assert after.output == "5 [5, 'x']\n"
    assert "NameError: name 'v' is not defined" in (after.error or "")


async def test_values_are_as_they_were_before_the_cell_that_died(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    await session.run("found = [1]\nn = 1")
    assert (await session.run("found.append(2)\nn = 1 / 0")).error is not None
    result = await crash(session, f"found.append(3)\nn = 3\n{CRASH}")
    assert [(v.name, v.summary) for v in result.variables] == [("found", "2 items"), ("n", "1")]
    assert (await session.run("found, n")).output == "([1, 2], 1)\n"
    await session.close()


async def test_what_was_deleted_stays_deleted(sandbox: WorkerSandbox[Any]) -> None:
    _, after = await after_a_crash(sandbox, "a = b = 1", "del a", "b = 'gone'\ndel b", "SHOW_VARS()")
    assert after.output == "No variables yet.\n"


async def test_a_session_may_crash_again_and_again(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("text", {})
    await session.run("n = 0\ndef step(): return n + 1")
    for number in range(1, 6):
        assert (await session.run("n = step()\nn")).output == f"{number}\n"
        assert (await crash(session)).lost == ()
    assert (await session.run("context, n")).output == "('text', 5)\n"
    await session.close()


async def test_tracebacks_of_kept_functions_show_their_source(sandbox: WorkerSandbox[Any]) -> None:
    _, after = await after_a_crash(sandbox, "1", "def f(x):\n    return 1 / x", "f(0)")
    lines = [line for line in (after.error or "").splitlines() if "^" not in line]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "<cell 4>", line 1, in <module>',
        "    f(0)",
        '  File "<cell 2>", line 2, in f',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]


async def test_fixed_names_are_not_carried(sandbox: WorkerSandbox[Any]) -> None:
    _, after = await after_a_crash(sandbox, "context = FINAL = 'mine'", "context, callable(FINAL)")
    assert after.output == "('text', True)\n"


async def test_no_code_of_the_program_runs_when_values_are_kept(sandbox: WorkerSandbox[Any]) -> None:
    cell = (
        "class Loud(type):\n    def __getattribute__(c, n): print('class', n); return type.__getattribute__(c, n)\n"
        "class C(metaclass=Loud):\n    def __getattribute__(s, n): print('get', n); return object.__getattribute__(s, n)\n"
        "    def __reduce__(s): print('reduce')\n    def __hash__(s): print('hash'); return 1\n"
        "    def __eq__(s, o): print('eq'); return True\n    def __sizeof__(s): print('sizeof'); return 1\n"
        "c = [C()]\nv = {1: c}\nclass Sys(type(__import__('sys'))):\n    def __getattribute__(s, n): print('mod', n)\n"
        "import sys; sys.modules['loud'] = Sys('loud'); sys.getsizeof = print"
    )
    session = await sandbox.open("", {})
    assert (await session.run(cell)).output == ""
    assert (await session.run("print('still here')")).output == "still here\n"
    await session.close()


# Finds what the session's workers leave to each other, as a program can that knows this code.
FIND = """
import gc, mmap
todo, seen = gc.get_objects(), set()
while todo:
    o = todo.pop()
    if id(o) not in seen:
        seen.add(id(o))
        if isinstance(o, mmap.mmap) and len(o) == 32 << 20:
            region = o
        elif isinstance(o, (list, tuple, dict)) or type(o).__module__.startswith('rlm_core'):
            todo.extend(gc.get_referents(o))
"""


@pytest.mark.parametrize(
    "garbage",
    [
        "region[:8] = b'\\xff' * 8",
        "region[:] = b'\\xff' * len(region)",
        "region[:] = b'(' * len(region)",
        "import marshal; d = marshal.dumps((1, 2)); region[0] = 0; region[8:12] = len(d).to_bytes(4, 'little'); region[12:12 + len(d)] = d",
        "import marshal; d = b'c' + b'\\x01' * 500; region[0] = 0; region[8:12] = len(d).to_bytes(4, 'little'); region[12:12 + len(d)] = d",
    ],
    ids=range(5),
)  # fmt: skip
async def test_a_forged_checkpoint_harms_nobody_but_its_session(native: NativeSandbox, garbage: str) -> None:
    session, other = await native.open("text", {}), await native.open("other", {})
    await session.run("kept = 1")
    await other.run("kept = 2")
    await crash(session, f"{FIND}\n{garbage}\n{CRASH}")
    assert (await session.run("context")).output == "'text'\n"
    assert (await other.run("context, kept")).output == "('other', 2)\n"
    await crash(other)
    assert (await other.run("kept")).output == "2\n"
    await session.close()
    await other.close()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4)
    | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
    | st.frozensets(st.integers() | st.text(max_size=5), max_size=4),
    max_leaves=15,
)  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.lists(plain, max_size=5))
async def test_any_plain_values_come_back(sandbox: WorkerSandbox[Any], value: list[object]) -> None:
    _, after = await after_a_crash(
        sandbox, f"v = {value!r}", f"v == {value!r} and repr(v)[0] == {repr(value)[0]!r}"
    )
    assert (after.output, after.error) == ("True\n", None)
