"""Runs sessions in plain CPython, unlocked: what the sandbox is compared with.

Reads `{"context": text, "sessions": [[cell, …], …]}` from standard input; writes, for each cell of each,
its output and the kind and message of the exception that ended it. Each session has a process of its own,
forked from this one.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import os
import sys
import types

dumps, loads = json.dumps, json.loads


def llm_query(prompt: str) -> str:
    """What stands in for a sub-model, here and in the sandbox."""
    return f"{sum(map(ord, prompt)) % 997}: {prompt[:20]!r} and {max(0, len(prompt) - 20)} more"


def llm_query_batched(prompts: list[str]) -> list[str]:
    return [llm_query(prompt) for prompt in prompts]


def cell(source: str, name: str, namespace: dict[str, object]) -> None:
    # `ast.parse` and `compile` see the same text that a traceback shows.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec", dont_inherit=True), namespace)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), namespace)
        if value is not None:
            sys.stdout.write(repr(value) + "\n")


def session(cells: list[str], context: str) -> list[tuple[str, tuple[str, str] | None]]:
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    main.__dict__.update(context=context, llm_query=llm_query, llm_query_batched=llm_query_batched)
    sys.modules["__main__"] = main
    found: list[tuple[str, tuple[str, str] | None]] = []
    for number, source in enumerate(cells, 1):
        output = io.StringIO()
        error = None
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                cell(source, f"<cell {number}>", main.__dict__)
            except BaseException as raised:  # noqa: BLE001 - any end of a cell is its result
                error = type(raised).__name__, str(raised)
        found.append((output.getvalue(), error))
    return found


def apart(cells: list[str], context: str) -> object:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with open(writing, "wb") as pipe:  # noqa: PTH123 - a descriptor
            pipe.write(dumps(session(cells, context)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        found = pipe.read()
    os.waitpid(child, 0)
    return loads(found)


if __name__ == "__main__":
    given = loads(sys.stdin.read())
    sys.stdout.write(dumps([apart(cells, given["context"]) for cells in given["sessions"]]))
