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

from rlm_core.errors import ConfigError
from rlm_core.service import Service
from rlm_mcp import options
from rlm_mcp.exits import DONE, FAILED
from rlm_mcp.screen import shown

if TYPE_CHECKING:
    import argparse

    from rlm_core.sandbox.base import CellResult


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
        sys.stdout.write(json.dumps(dataclasses.asdict(result), indent=2) + "\n")
    else:
        if result.final is not None:
            _print(result.final + "\n")
        sys.stdout.flush()
        if result.omitted:
            sys.stderr.write(f"rlm-mcp: {result.omitted:,} more characters of output were cut.\n")
        if result.error is not None:
            sys.stderr.write(shown(result.error.rstrip(), sys.stderr) + "\n")
    return DONE if result.error is None else FAILED


def _stdin() -> str:
    """The program on stdin, in the encoding of Python's source files, whatever the system's own is."""
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"The program on stdin is not UTF-8 text: {error}.") from error


async def _exec(args: argparse.Namespace, code: str) -> CellResult:
    folders = options.roots(args.root)
    async with Service(folders, options.settings(args, folders), watch=False) as service:
        return await service.run_code(code, scope=args.scope, on_output=None if args.json else _print)


def _print(text: str) -> None:
    sys.stdout.write(shown(text, sys.stdout))
    sys.stdout.flush()
