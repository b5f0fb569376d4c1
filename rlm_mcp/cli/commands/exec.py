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
from typing import TYPE_CHECKING

from rlm_core.engine.feedback import CUTS_NOTE, loaded_note, unanswered_note
from rlm_core.errors import ConfigError
from rlm_core.wording import pluralize
from rlm_mcp.cli import options
from rlm_mcp.cli.exit_codes import DONE, FAILED
from rlm_mcp.cli.sandbox_run import run_program, tell
from rlm_mcp.cli.terminal_output import terminal_safe, write_stdout

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `exec`."""
    options.add_root(parser)
    parser.add_argument("code", metavar="CODE|-", help="the program, or - to read it from stdin")
    options.add_scope(parser)
    parser.add_argument("--json", action="store_true", help="print output, error and variables as JSON")
    options.add_sandbox_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the program; 0 when it went well, 1 when it raised or hit a limit."""
    result = asyncio.run(run_program(args, _stdin() if args.code == "-" else args.code, stream=not args.json))
    if args.json:
        write_stdout(json.dumps(dataclasses.asdict(result), indent=2) + "\n")
    else:
        if result.final is not None:
            write_stdout(result.final + "\n")
        if result.omitted:
            sys.stderr.write(f"rlm-mcp: output cut by {pluralize(result.omitted, 'character')}.\n")
        if result.cuts:
            tell([CUTS_NOTE, *result.cuts])
        if result.loaded:
            tell([loaded_note(result)])
        if result.unanswered:
            tell([unanswered_note(result)])
        if result.error is not None:
            sys.stderr.write(terminal_safe(result.error.rstrip(), sys.stderr) + "\n")
    return DONE if result.error is None else FAILED


def _stdin() -> str:
    """The program on stdin, in the encoding of Python's source files, whatever the system's own is."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"The program on stdin is not UTF-8 text: {error}.") from error
