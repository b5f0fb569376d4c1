r"""Lone surrogates in a program: `"\ud83d"` is a str of Python, and none of what UTF-8 can carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.errors import QueryError
from rlm_core.sandbox.base import Variable
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(prompt: str, **named: str) -> str:
    """Repeats what it was given."""
    return f"{prompt}{named}"


async def refuse(prompt: str) -> str:
    """Quotes what it was given."""
    raise QueryError(f"No {prompt}")


@pytest.mark.parametrize(
    ("code", "field", "seen"),
    [
        (r"print('a\ud83db')", "output", "a\ufffdb\n"),
        # The limit of the output, and more than travels in a frame's head.
        (r"print('\ud83d' * 19_999)", "output", "\ufffd" * 19_999 + "\n"),
        (r"print('\ud83d\ude00 🎉')", "output", "\ufffd\ufffd 🎉\n"),
        (r"type('Odd', (), {'__repr__': lambda self: '\ud83d'})()", "output", "\ufffd\n"),
        (r"raise ValueError('a\ud83db')", "error", "ValueError: a\ufffdb"),
        (r"raise ValueError('\ud83d' * 100)", "error", "ValueError: " + "\ufffd" * 100),
        (r"raise SystemExit('\ud83d')", "error", "(\ufffd)"),
        (r"FINAL('a\ud83db')", "final", "a\ufffdb"),
        (r"FINAL(['\ud83d'])", "final", '[\n  "\ufffd"\n]'),
        (r"FINAL('\ud83d' * 1_000_000)", "final", "\ufffd" * 1_000_000),
        ("v = 'a\\ud83db'\nFINAL_VAR('v')", "final", "a\ufffdb"),
        (r"answer = {'content': '\ud83d', 'ready': True}", "final", "\ufffd"),
        (r"print(ask('a\ud83db'))", "output", "a\ufffdb{}\n"),
        (r"print(ask('a', **{'k\ud83d': '\ud83d'}))", "output", "a{'k\ufffd': '\ufffd'}\n"),
        (r"print(len(ask('\ud83d' * 9_000)))", "output", "9002\n"),
        (r"refuse('\ud83d')", "error", "RlmError: No \ufffd"),
        (r"context['a\ud83db']", "error", "QueryError: "),
        (r"context.symbols('a\ud83db')", "error", "QueryError: "),
        (r"context.grep('a\ud83db')", "error", ""),
    ],
)
async def test_they_are_replaced_on_the_way_out_and_the_session_goes_on(
    sandbox: WorkerSandbox[Any], code: str, field: str, seen: str
) -> None:
    session = await sandbox.open(snapshot_of({"a.py": "pass\n"}), {"ask": ask, "refuse": refuse})
    await session.run("kept = object()")
    result = await session.run(code)
    got = str(getattr(result, field) or "")
    got.encode()
    assert seen in got if field == "error" else got == seen
    assert (result.lost, (await session.run("type(kept).__name__")).output) == ((), "'object'\n")
    await session.close()


async def test_a_variable_may_be_called_so(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    result = await session.run("globals()['a\\ud83db'] = '\\ud83d'\nvalue = 'c\\ud83dd'\nprint(SHOW_VARS())")
    assert result.variables == (
        Variable("a\ufffdb", "str", "1 char: '\\ud83d'"),
        Variable("value", "str", "3 chars: 'c\\ud83dd'"),
    )
    assert "a\ufffdb: str" in result.output
    assert await session.value("value") == "c\ufffdd"
    await session.close()


async def test_they_do_not_come_in_either(sandbox: WorkerSandbox[Any]) -> None:
    async def give() -> list[str]:
        return ["\ud83d", "\ud83d" * 100]

    session = await sandbox.open("", {"give": give})
    assert (await session.run("given = give()\nascii(given[0]), set(given[1])")).output == (
        "(\"'\\\\ufffd'\", {'\ufffd'})\n"
    )
    assert (await session.run("len('\ud83d')")).output == "1\n", "a program that has one itself"
    await session.close()
