"""Runs sessions in plain CPython, unlocked: what the sandbox is compared with.

Reads a JSON list of sessions from standard input; writes, for each cell of each, its output and the
name of the exception that ended it. Each session has a process of its own, forked from this one.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
import types

dumps, loads = json.dumps, json.loads


def cell(source: str, namespace: dict[str, object]) -> None:
    tree = ast.parse(source, "<cell>")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec", dont_inherit=True), namespace)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval", dont_inherit=True), namespace)
        if value is not None:
            sys.stdout.write(repr(value) + "\n")


def session(cells: list[str]) -> list[tuple[str, str | None]]:
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    found: list[tuple[str, str | None]] = []
    for source in cells:
        output = io.StringIO()
        error = None
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                cell(source, main.__dict__)
            except BaseException as raised:  # noqa: BLE001 - any end of a cell is its result
                error = type(raised).__name__
        found.append((output.getvalue(), error))
    return found


def apart(cells: list[str]) -> object:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, dumps(session(cells)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        found = pipe.read()
    os.waitpid(child, 0)
    return loads(found)


sys.stdout.write(dumps([apart(cells) for cells in loads(sys.stdin.read())]))
