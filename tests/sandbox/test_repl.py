"""What the REPL adds to Python: the scaffold, top-level await, errors worth reading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.sandbox.base import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rlm_core.sandbox.base import CellResult, Session
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def run(sandbox: WorkerSandbox[Any], *cells: str, context: str = "the text") -> CellResult:
    """The result of the last cell; those before it must go well."""
    session = await sandbox.open(context, {})
    try:
        return await run_in(session, *cells)
    finally:
        await session.close()


async def run_in(session: Session, *cells: str) -> CellResult:
    *before, last = cells
    for cell in before:
        result = await session.run(cell)
        assert result.error is None, result.error
    return await session.run(last)


async def test_the_context_is_there(sandbox: WorkerSandbox[Any]) -> None:
    assert (await run(sandbox, "context", context="Grüße 🎉 \udc80")).output == "'Grüße 🎉 \\udc80'\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("'plain'", "plain"),
        ("type('Text', (str,), {'__str__': lambda self: 'other'})('inner')", "inner"),
        ("{'a': [1, 'ü']}", '{\n  "a": [\n    1,\n    "ü"\n  ]\n}'),
        ("[1, 2]", "[\n  1,\n  2\n]"),
        ("{1, 2}", "{1, 2}"),
        ("[{1}]", "[{1}]"),
        ("3.5", "3.5"),
        ("None", "None"),
    ],
)
async def test_final_takes_any_value(sandbox: WorkerSandbox[Any], value: str, text: str) -> None:
    assert (await run(sandbox, f"FINAL({value})")).final == text
    assert (await run(sandbox, f"v = {value}", "FINAL_VAR('v')")).final == text
    session = await sandbox.open("", {})
    await session.run(f"v = {value}")
    assert await session.value("v") == text
    await session.close()


async def test_final_does_not_stop_the_cell_and_the_last_one_wins(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "FINAL('one')\nprint('on')\nFINAL('two')")
    assert (result.final, result.output) == ("two", "on\n")


async def test_final_counts_for_its_own_cell_only(sandbox: WorkerSandbox[Any]) -> None:
    assert (await run(sandbox, "FINAL('one')", "1")).final is None


async def test_final_before_an_error_is_told_with_the_error(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "FINAL('early')\n1 / 0")
    assert result.final == "early"
    assert result.error is not None


async def test_final_var_of_an_unknown_name_lists_those_there_are(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "total = 3\nnames = []", "FINAL_VAR('totl')")
    assert result.final is None
    assert result.error is not None
    assert result.error.endswith("NameError: There is no variable 'totl'; there are: total, names.")


async def test_final_var_accepts_a_value_instead_of_a_name(sandbox: WorkerSandbox[Any]) -> None:
    assert (await run(sandbox, "FINAL_VAR('The answer is 42.')")).final == "The answer is 42."
    assert (await run(sandbox, "FINAL_VAR([1])")).final == "[\n  1\n]"


async def test_an_answer_that_is_too_long_is_refused(sandbox: WorkerSandbox[Any]) -> None:
    for text, length in (("'x' * 5_000_000", "5,000,000"), ("'語' * 2_000_000", "2,000,000")):
        result = await run(sandbox, f"FINAL({text})")
        assert result.final is None
        assert result.error is not None
        assert f"An answer of {length} characters is too long: it may have 4,000,000 bytes" in result.error


async def test_the_answer_dict_finishes_when_it_is_ready(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    assert (await session.run("answer")).output == "{'content': '', 'ready': False}\n"
    assert (await session.run("answer['content'] = 'draft'")).final is None
    assert (await session.run("answer['ready'] = True")).final == "draft"
    assert (await session.run("answer")).final is None
    assert (await session.run("answer = {'content': {'n': 1}, 'ready': 1}")).final == '{\n  "n": 1\n}'
    assert (await session.run("del answer")).error is None
    assert (await session.run("answer")).output == "{'content': '', 'ready': False}\n"
    await session.close()


async def test_a_variable_called_answer_is_kept(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "answer = 'my own'", "answer")
    assert result.output == "'my own'\n"
    assert result.variables == (Variable("answer", "str", "6 chars: 'my own'"),)


async def test_fixed_names_come_back(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("the text", {})
    overwritten = "context = FINAL = FINAL_VAR = None\ndef SHOW_VARS(): return 'mine'\nSHOW_VARS()"
    assert (await session.run(overwritten)).output == "'mine'\n"
    assert (await session.run("context, FINAL('yes'), SHOW_VARS()")).final == "yes"
    assert (await session.run("del context")).error is None
    assert (await session.run("context")).output == "'the text'\n"
    await session.close()


async def test_variables_are_told_in_order_with_type_and_size(sandbox: WorkerSandbox[Any]) -> None:
    cell = (
        "import json\ntext = 'x' * 1000\n_hits = [1, 2]\ncount = 12\nnothing = None\n"
        "def f(): ...\nclass Odd:\n    def __repr__(self): raise SystemExit\n"
        "    __len__ = __repr__\nodd = Odd()"
    )
    result = await run(sandbox, cell)
    assert [(v.name, v.type) for v in result.variables] == [
        *[("json", "module"), ("text", "str"), ("_hits", "list"), ("count", "int")],
        *[("nothing", "NoneType"), ("f", "function"), ("Odd", "type"), ("odd", "Odd")],
    ]
    summaries = {v.name: v.summary for v in result.variables}
    assert summaries["text"].startswith("1,000 chars: 'xxx")
    assert len(summaries["text"]) < 100
    assert (summaries["_hits"], summaries["count"], summaries["odd"]) == ("2 items", "12", "")


async def test_show_vars_prints_and_echoes_alike(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    assert (await session.run("SHOW_VARS()")).output == "No variables yet.\n"
    printed = await run_in(session, "n = 3\nitems = [1]", "print(SHOW_VARS())")
    echoed = await session.run("SHOW_VARS()")
    assert printed.output == echoed.output == "n: int 3\nitems: list 1 item\n"
    await session.close()


async def test_variables_are_told_without_running_code_of_the_program(sandbox: WorkerSandbox[Any]) -> None:
    program = """
class M(type):
    __name__ = property(lambda c: 1 / 0)
    __eq__ = lambda a, b: 1 / 0
    __hash__ = type.__hash__
class A(Exception, metaclass=M):
    pass
class K(str):
    __eq__ = lambda a, b: 1 / 0
    __hash__ = lambda a: once.pop()
once = [1]
a = A()
globals()[K("k")] = 1
"""
    session = await sandbox.open("", {})
    result = await session.run(program)
    assert (result.error, result.output) == (None, "")
    assert ("a", "A") in [(variable.name, variable.type) for variable in result.variables]
    failed = await session.run("raise a")
    assert "A" in (failed.error or "")
    assert failed.output == ""
    assert (await session.run("1 + 1")).output == "2\n"
    await session.close()


async def test_very_many_variables_are_cut_and_counted(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "for i in range(2000): globals()[f'v{i}'] = i")
    assert len(result.variables) == 501
    assert result.variables[-1] == Variable("…", "", "and 1,501 more")


async def test_value_of_an_unknown_name_is_none(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    await session.run("class Bad:\n    def __repr__(self): 1 / 0\nbad = Bad()")
    assert await session.value("nope") is None
    assert await session.value("bad") is None
    assert await session.value("__builtins__") is None
    assert (await session.run("1")).output == "1\n"
    await session.close()


async def test_traceback_names_cell_and_line_and_shows_the_source(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "def inner(x):\n    return 1 / x", "y = 1\ninner(0)")
    assert result.error is not None
    lines = [line for line in result.error.splitlines() if "^" not in line]
    assert lines == [
        "Traceback (most recent call last):",
        '  File "<cell 2>", line 2, in <module>',
        "    inner(0)",
        '  File "<cell 1>", line 2, in inner',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]


async def test_syntax_errors_point_at_the_place(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "x = 1\nif x\n    pass")
    assert result.error is not None
    assert '  File "<cell 1>", line 2\n    if x\n        ^\nSyntaxError' in result.error


async def test_no_error_shows_frames_of_the_sandbox(sandbox: WorkerSandbox[Any]) -> None:
    cells = [
        "await nothing",
        "FINAL_VAR('nothing')",
        "try:\n    FINAL_VAR('a')\nexcept NameError as e:\n    raise RuntimeError('chained') from e",
        "import threading\nt = threading.Thread(target=lambda: FINAL_VAR('n')); t.start(); t.join()\n1 / 0",
    ]
    for cell in cells:
        result = await run(sandbox, cell)
        assert result.error is not None
        assert "rlm_core" not in result.error
        assert "asyncio" not in result.error


async def test_long_tracebacks_are_cut_and_say_so(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "raise ValueError('a' * 100_000 + 'the end')")
    assert result.error is not None
    assert len(result.error) < 9_000
    assert result.error.startswith("Traceback")
    assert result.error.endswith("the end")
    assert "characters left out" in result.error


@pytest.mark.parametrize("ending", ["exit()", "quit()", "import sys; sys.exit(0)", "raise SystemExit"])
async def test_exit_stops_the_cell_only(sandbox: WorkerSandbox[Any], ending: str) -> None:
    session = await sandbox.open("", {})
    result = await session.run(f"x = 1\n{ending}\nx = 2")
    assert result.error == (
        "The cell stopped at its exit(); the session goes on. Call FINAL(answer) to finish."
    )
    after = await session.run("print(x)\nhelp(FINAL)")
    assert after.output.startswith("1\nHelp on function FINAL in module builtins:\n\nFINAL(value")
    await session.close()


async def test_exit_with_a_message_shows_it(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "import sys\nsys.exit('nothing found')")
    assert result.error is not None
    assert "exit() (nothing found);" in result.error


@pytest.mark.parametrize("asking", ["input('? ')", "import sys\nsys.stdin.readline() or input()"])
async def test_input_is_answered_with_a_sentence(sandbox: WorkerSandbox[Any], asking: str) -> None:
    result = await run(sandbox, asking)
    assert result.error is not None
    assert "EOFError: Nobody is there to answer input()" in result.error


async def test_top_level_await(sandbox: WorkerSandbox[Any]) -> None:
    session = await sandbox.open("", {})
    result = await run_in(
        session,
        "import asyncio\nasync def double(x):\n    await asyncio.sleep(0)\n    return x * 2",
        "values = await asyncio.gather(*map(double, range(3)))\nlast = await double(9)",
        "[await double(1), values]",
    )
    assert result.output == "[2, [0, 2, 4]]\n"
    assert (await session.run("last")).output == "18\n"
    lasting = "queue = asyncio.Queue()\ntask = asyncio.create_task(queue.get())\nawait asyncio.sleep(0)"
    result = await run_in(session, lasting, "await queue.put('kept')\nawait task")
    assert result.output == "'kept'\n", "the event loop lives from cell to cell"
    assert "ZeroDivisionError" in ((await session.run("await double(1 / 0)")).error or "")
    assert (await session.run("await double(2)")).output == "4\n", (
        "and a failed cell does not end the session"
    )
    assert (await session.run("async for x in nothing: pass")).error is not None
    await session.close()


async def test_pickles_find_the_classes_of_earlier_cells(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(
        sandbox,
        "import pickle\nclass P:\n    version = 1",
        "data = pickle.dumps(P())",
        "class P:\n    version = 2",
        "pickle.loads(data).version",
    )
    assert result.output == "2\n"


async def test_a_program_cannot_break_the_repl_by_patching_builtins(sandbox: WorkerSandbox[Any]) -> None:
    names = ("len", "str", "isinstance", "print", "Exception")
    patched = f"import builtins\nfor name in {names}: setattr(builtins, name, None)"
    session = await sandbox.open("", {})
    assert (await session.run(patched)).error is None
    assert (await session.run("FINAL([1, 2])")).final == "[\n  1,\n  2\n]"
    assert "TypeError" in ((await session.run("len([])")).error or ""), "but its own code sees the patch"
    await session.close()


async def test_missing_modules_say_what_there_is(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "import numpy as np")
    assert result.error is not None
    assert result.error.endswith(
        "ModuleNotFoundError: No module named 'numpy' "
        "(it is not installed: there is only the standard library)"
    )
    result = await run(sandbox, "import tkinter.ttk")
    assert result.error is not None
    assert "(it is not part of the sandbox)" in result.error


async def test_denied_system_calls_say_what_there_is_instead(sandbox: WorkerSandbox[Any]) -> None:
    result = await run(sandbox, "open('notes.txt')")
    assert result.error is not None
    assert re.search(r"\n(PermissionError|FileNotFoundError): \[Errno \d+\] .*: 'notes.txt'\n", result.error)
    assert result.error.endswith(
        "\nThe sandbox has no files, network or processes; the text to work on is the variable `context`."
    )


async def test_host_functions_look_like_functions(sandbox: WorkerSandbox[Any]) -> None:
    async def llm_query(prompt: str, model: str | None = None) -> str:
        """Asks a sub-model."""
        return prompt

    functions: dict[str, Callable[..., Any]] = {"llm_query": llm_query}
    session = await sandbox.open("", functions)
    result = await session.run("help(llm_query)\nimport inspect\ninspect.signature(llm_query)")
    plain = result.output.replace("'str'", "str").replace("'str | None'", "str | None")  # before Python 3.14
    assert "llm_query(prompt: str, model: str | None = None) -> str" in plain
    assert "Asks a sub-model." in result.output
    assert [v.name for v in (await session.run("llm_query = 3")).variables] == ["inspect"]
    assert (await session.run("llm_query('back')")).output == "'back'\n"
    await session.close()


async def test_sessions_do_not_share_anything(sandbox: WorkerSandbox[Any]) -> None:
    first, second = await sandbox.open("one", {}), await sandbox.open("two", {})
    await first.run("import random, json\nx = 1\njson.dumps = None")
    numbers = {(await session.run("import random\nrandom.random()")).output for session in (first, second)}
    assert len(numbers) == 2
    assert "NameError" in ((await second.run("x")).error or "")
    assert (await second.run("import json\njson.dumps(context)")).output == "'\"two\"'\n"
    await first.close()
    await second.close()
