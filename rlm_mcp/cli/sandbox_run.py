"""Sandbox run: one program over the workspace, from the command line, with no model."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rlm_core.errors import QueryError
from rlm_core.service import Service, revision_note
from rlm_mcp.cli import options
from rlm_mcp.cli.progress_line import ProgressLine
from rlm_mcp.cli.terminal_output import terminal_safe, write_stdout

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Iterable

    from rlm_core.sandbox.base import CellResult

# What a program has where a model is behind it; see `rlm_core.engine.host_functions`.
_MODEL_FUNCTIONS = ("llm_query", "llm_query_batched", "rlm_query", "rlm_query_batched", "BUDGET")


async def run_program(args: argparse.Namespace, code: str, *, stream: bool) -> CellResult:
    """Opens the workspace that the flags name and runs a program; what is to be noted goes to stderr.

    Args:
        args: has the flags of `options.add_root`, `add_scope` and `add_sandbox_flags`.
        code: the program.
        stream: what it prints goes to stdout as it is printed.
    """
    folders = options.roots(args.root)
    settings = options.settings(args, folders)
    async with Service(folders, settings, watch=False) as service:
        tell(filter(None, (service.warning, *settings.notes)))
        with ProgressLine(sys.stderr) as progress:

            def on_output(text: str) -> None:
                progress.erase(resume=text.endswith("\n") or not sys.stdout.isatty())
                write_stdout(text)

            snapshot = await service.snapshot(args.scope, args.rev)
            progress.erase(resume=True)
            tell([revision_note(snapshot)] if args.rev else service.workspace.notes)
            progress.show("running the program")
            return await service.run_code(
                code,
                snapshot,
                functions={name: _absent(name) for name in _MODEL_FUNCTIONS},
                on_output=on_output if stream else None,
            )


def tell(notes: Iterable[str]) -> None:
    """Writes notes to stderr, a line each."""
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
