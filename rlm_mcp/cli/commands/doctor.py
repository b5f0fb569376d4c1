"""Shows what is in force here (model, sandbox, workspace, watcher, limits) and what is wrong.

Nothing leaves the machine, except one request for the list of models when an endpoint is configured.
Exit code 1 when something is wrong.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from rlm_mcp.cli import options
from rlm_mcp.cli.diagnostics import diagnose
from rlm_mcp.cli.exit_codes import DONE, FAILED
from rlm_mcp.cli.terminal_output import write_stdout

if TYPE_CHECKING:
    import argparse

_MARKS = {"ok": "ok  ", "note": "note", "wrong": "FAIL"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `doctor`."""
    options.add_root(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    options.add_model_flags(parser)
    options.add_sandbox_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the findings; 1 when any is wrong."""
    folders = options.roots(args.root)
    findings = asyncio.run(diagnose(folders, lambda roots: options.settings(args, roots, strict=True)))
    if args.json:
        write_stdout(json.dumps([finding._asdict() for finding in findings], indent=2) + "\n")
    else:
        for finding in findings:
            write_stdout(f"{_MARKS[finding.state]}  {finding.part:<10} {finding.text}\n")
    return FAILED if any(finding.state == "wrong" for finding in findings) else DONE
