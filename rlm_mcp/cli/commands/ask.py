"""Asks a question about the workspace and prints the answer as Markdown, with checked citations."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sys
from typing import TYPE_CHECKING

from rlm_core.engine.answer_markdown import markdown
from rlm_core.service import Service
from rlm_mcp.cli import options
from rlm_mcp.cli.exit_codes import DONE, INCOMPLETE, INTERRUPTED
from rlm_mcp.cli.progress_line import ProgressLine
from rlm_mcp.cli.signals import on_signal
from rlm_mcp.cli.terminal_output import write_stdout

if TYPE_CHECKING:
    import argparse

    from rlm_core.engine.answer import Answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `ask`."""
    options.add_root(parser)
    parser.add_argument("question", metavar="QUESTION")
    options.add_scope(parser)
    parser.add_argument("--json", action="store_true", help="print the answer's fields as JSON")
    options.add_model_flags(parser)
    options.add_sandbox_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Asks; 3 for an incomplete answer, else 0."""
    answer = asyncio.run(_ask(args))
    if answer is None:
        return INTERRUPTED
    text = json.dumps(dataclasses.asdict(answer), indent=2) + "\n" if args.json else markdown(answer)
    write_stdout(text)
    return INCOMPLETE if answer.status == "incomplete" else DONE


async def _ask(args: argparse.Namespace) -> Answer | None:
    folders = options.roots(args.root)
    async with Service(folders, options.settings(args, folders), watch=False) as service:
        with ProgressLine(sys.stderr) as progress:
            asking = asyncio.create_task(
                service.ask(args.question, scope=args.scope, rev=args.rev, listeners=[progress.listen])
            )
            _stop_on_interrupt(asking)
            try:
                return await asking
            except asyncio.CancelledError:
                return None


def _stop_on_interrupt(task: asyncio.Task[Answer]) -> None:
    """The first Ctrl-C ends the run and its worker in order; the second leaves at once."""

    def interrupted() -> None:
        if task.cancelling():
            os._exit(INTERRUPTED)
        sys.stderr.write("\nrlm-mcp: stopping the run; press Ctrl-C again to leave at once.\n")
        task.cancel()

    on_signal(interrupted, signal.SIGINT)
