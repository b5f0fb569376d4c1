"""Cell of a REPL: compiled so that its last expression can be echoed, and its errors told well."""

from __future__ import annotations

import ast
import errno
import inspect
import linecache
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core.wording import elide, pluralize

if TYPE_CHECKING:
    from types import CodeType

# Frames of the package itself, and of Python's import, say nothing to the program's author.
_NOT_SHOWN = (str(Path(__file__).parents[2]), "<frozen importlib.")
_MAX_ERROR = 8_000
_MAX_FRAMES = 1_000  # at each end
# How the kernel's lock refuses; in a WebAssembly guest there is nothing at all: no folder, no right.
_REFUSALS = {errno.EPERM}
if sys.platform == "wasi":
    _REFUSALS |= {errno.EACCES, errno.ENOENT, errno.EBADF, errno.ENOTSUP}


# What Python says of `f(x, y=1)` where f has no y; of a method with its class since 3.10.
_WRONG_CALL = re.compile(r"(?:\w{1,100}\.)?(\w{1,100})\(\) (?:got|takes|missing)")

ECHO = "__echo__"


def parse_cell(source: str, name: str) -> ast.Module:
    """Returns a cell as a tree.

    Raises:
        SyntaxError, ValueError: it isn't Python.
    """
    # Not `ast.parse`, whose frame would stand in the traceback of a syntax error.
    tree = compile(source.replace("\r\n", "\n"), name, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Module)  # noqa: S101 - what "exec" gives
    return tree


def remember(source: str, name: str) -> None:
    """Keeps the lines of a cell, for tracebacks and to run it again."""
    source = source.replace("\r\n", "\n")
    # No time stamp in the entry: linecache then never looks for a file.
    linecache.cache[name] = (len(source), None, [f"{line}\n" for line in source.split("\n")], name)


def remembered(name: str) -> str | None:
    """The text of a cell, if it is still known."""
    entry = linecache.cache.get(name)
    return None if entry is None or len(entry) != 4 else "".join(entry[2])[:-1]


def failed_from(tree: ast.Module, name: str, error: BaseException) -> list[ast.stmt]:
    """The statements of a cell that did not come to their end, by where an error was raised."""
    link = error.__traceback__
    while link is not None and link.tb_frame.f_code.co_filename != name:
        link = link.tb_next
    line = link.tb_lineno if link is not None else 0
    return [statement for statement in tree.body if (statement.end_lineno or 0) >= line]


def compile_cell(source: str, name: str) -> CodeType:
    """Returns a cell's code, which leaves the value of a last expression in the variable `ECHO`.

    The code of a cell that awaits at top level is a coroutine's.

    Args:
        source: the program.
        name: what tracebacks call it.

    Raises:
        SyntaxError, ValueError: it isn't Python.
    """
    remember(source, name)
    tree = parse_cell(source, name)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        target = ast.copy_location(ast.Name(ECHO, ast.Store()), last)
        tree.body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
    code: CodeType = compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return code


def awaits(code: CodeType) -> bool:
    """Returns whether running the code gives a coroutine."""
    return bool(code.co_flags & inspect.CO_COROUTINE)


def describe(error: BaseException, memory_mb: int, context: object) -> str:
    """Returns an exception as the program's author should read it: a traceback of their frames, with hints.

    Args:
        error: what ended the cell.
        memory_mb: the memory limit, which a `MemoryError` names.
        context: whose method may have been called in a way that it is not to be called.
    """
    if isinstance(error, SystemExit):
        return _exit_sentence(error)
    if isinstance(error, MemoryError):
        error.add_note(f"The program may use {memory_mb:,} MB beyond the workspace; its variables are kept.")
    elif isinstance(error, TypeError) and (call := _right_call(str(error), context)):
        error.add_note(f"It is {call}.")
    elif isinstance(error, OSError) and error.errno in _REFUSALS:
        error.add_note(
            "The sandbox has no files, network or processes; the text to work on is the variable `context`."
        )
    _shorten(error)
    trace = traceback.TracebackException.from_exception(error, compact=True)
    _keep_own_frames(trace)
    return _elided("".join(trace.format()).rstrip())


def _right_call(message: str, context: object) -> str:
    """The names of a method's parameters, if it is what an error of Python says was called wrongly."""
    called = _WRONG_CALL.match(message)
    method = getattr(type(context), called[1], None) if called else None
    if called is None or not inspect.isfunction(method) or called[1].startswith("_"):
        return ""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(method).parameters.values()
    ]
    return f"context.{called[1]}{inspect.Signature(parameters[1:])}"


def _shorten(error: BaseException) -> None:
    """Takes the middle out of a traceback of very many frames: merely walking it would take minutes."""
    links = []
    link = error.__traceback__
    while link is not None:
        links.append(link)
        link = link.tb_next
    if len(links) > 2 * _MAX_FRAMES:
        links[_MAX_FRAMES - 1].tb_next = links[-_MAX_FRAMES]
        frames = pluralize(len(links) - 2 * _MAX_FRAMES, "frame is", "frames are")
        error.add_note(f"({frames} left out of the traceback.)")


def _exit_sentence(error: SystemExit) -> str:
    said = "" if error.code is None or isinstance(error.code, int) else f" ({_elided(str(error.code))})"
    return f"The cell stopped at its exit(){said}; the session goes on. Call FINAL(answer) to finish."


def _keep_own_frames(trace: traceback.TracebackException) -> None:
    """Drops the frames that led to the cell, and those of this package, here and in chained exceptions."""
    frames = list(trace.stack)
    first = next((at for at, frame in enumerate(frames) if frame.filename.startswith("<cell ")), 0)
    trace.stack[:] = [frame for frame in frames[first:] if not frame.filename.startswith(_NOT_SHOWN)]
    linked = [trace.__cause__, trace.__context__, *(trace.exceptions or ())]
    for other in linked:
        if other is not None:
            _keep_own_frames(other)


def _elided(text: str) -> str:
    """The beginning and, since that is where the reason stands, rather more of the end."""
    return elide(text, _MAX_ERROR // 4, _MAX_ERROR * 3 // 4)
