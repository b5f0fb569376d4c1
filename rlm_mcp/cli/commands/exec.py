"""Runs a Python program over the workspace in the sandbox, with no model.

The workspace is the variable `context`. Everything printed goes to stdout as it is printed, and the
value of a last expression too:

  rlm-mcp exec 'len(context)'
  rlm-mcp exec 'for hit in context.grep(r"TODO", "*.py"): print(hit)'
  rlm-mcp exec - < program.py
  rlm-mcp exec 'help(context)'
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

from rlm_core.engine.feedback import CUTS_NOTE, loaded_note, unanswered_note
from rlm_core.errors import ConfigError, QueryError
from rlm_core.service import Service
from rlm_core.wording import pluralize
from rlm_mcp.cli import options
from rlm_mcp.cli.exit_codes import DONE, FAILED
from rlm_mcp.cli.progress_line import ProgressLine
from rlm_mcp.cli.terminal_output import terminal_safe, write_stdout

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Iterable

    from rlm_core.sandbox.base import CellResult

# What a program has where a model is behind it; see `rlm_core.engine.host_functions`.
_MODEL_FUNCTIONS = ("llm_query", "llm_query_batched", "rlm_query", "rlm_query_batched", "BUDGET")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `exec`."""
    options.add_root(parser)
    parser.add_argument("code", metavar="CODE|-", help="the program, or - to read it from stdin")
    options.add_scope(parser)
    parser.add_argument("--json", action="store_true", help="print output, error and variables as JSON")
    options.add_sandbox_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the program; 0 when it went well, 1 when it raised or hit a limit."""
    result = asyncio.run(_exec(args, _stdin() if args.code == "-" else args.code))
    if args.json:
        write_stdout(json.dumps(dataclasses.asdict(result), indent=2) + "\n")
    else:
        if result.final is not None:
            write_stdout(result.final + "\n")
        if result.omitted:
            sys.stderr.write(f"rlm-mcp: output cut by {pluralize(result.omitted, 'character')}.\n")
        if result.cuts:
            _tell([CUTS_NOTE, *result.cuts])
        if result.loaded:
            _tell([loaded_note(result)])
        if result.unanswered:
            _tell([unanswered_note(result)])
        if result.error is not None:
            sys.stderr.write(terminal_safe(result.error.rstrip(), sys.stderr) + "\n")
    return DONE if result.error is None else FAILED


def _stdin() -> str:
    """The program on stdin, in the encoding of Python's source files, whatever the system's own is."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"The program on stdin is not UTF-8 text: {error}.") from error


async def _exec(args: argparse.Namespace, code: str) -> CellResult:
    folders = options.roots(args.root)
    settings = options.settings(args, folders)
    async with Service(folders, settings, watch=False) as service:
        _tell(filter(None, (service.warning, *settings.notes)))
        with ProgressLine(sys.stderr) as progress:

            def on_output(text: str) -> None:
                progress.erase(resume=text.endswith("\n") or not sys.stdout.isatty())
                write_stdout(text)

            snapshot = await service.snapshot(args.scope)
            progress.erase(resume=True)
            _tell(service.workspace.notes)
            progress.show("running the program")
            return await service.run_code(
                code,
                snapshot,
                functions={name: _absent(name) for name in _MODEL_FUNCTIONS},
                on_output=None if args.json else on_output,
            )


def _tell(notes: Iterable[str]) -> None:
    for note in notes:
        sys.stderr.write(f"rlm-mcp: note: {terminal_safe(note, sys.stderr)}\n")


def _absent(name: str) -> Callable[..., Awaitable[Any]]:
    """What stands in for a function that needs a model, and says so."""

    async def function(*_: Any, **__: Any) -> Any:
        raise QueryError(
            f"{name} needs a model, and rlm-mcp exec has none. rlm-mcp ask has one, and so have the "
            "programs that an assistant runs with the tool rlm_repl."
        )

    function.__doc__ = "Needs a model, which rlm-mcp exec does not have; see rlm-mcp ask."
    return function
