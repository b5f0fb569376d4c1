"""Command line: `rlm-mcp [serve | ask | exec | doctor | install | uninstall]`, and the queries."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import textwrap
from typing import TYPE_CHECKING

from rlm_core import __version__
from rlm_core.errors import ConfigError, RlmError, WorkspaceError
from rlm_mcp.cli.exit_codes import BROKEN_PIPE, FAILED, INTERRUPTED, USAGE_ERROR
from rlm_mcp.cli.terminal_output import open_closed_streams, terminal_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

# Each has a module of its name in `commands`.
COMMANDS = {
    "serve": "serve the workspace to an assistant over MCP (the default)",
    "ask": "ask a question about the workspace",
    "exec": "run a Python program over the workspace, with no model",
    "doctor": "show what is in force here, and what is wrong",
    "install": "add the server to an assistant's configuration file",
    "uninstall": "take it out again",
}

# Methods of `context` that are commands of their own; see `commands.context_query`.
QUERIES = (
    "files", "tree", "outline", "symbols", "find", "slice", "show", "code", "grep", "count", "rank",
    "references", "callers", "callees", "call_paths", "imports", "importers", "bases", "subclasses", "mro",
    "overrides", "implementers", "methods", "constant", "query", "changed", "diff", "log", "blame",
)  # fmt: skip

_EPILOG = f"""\
queries, which need no model ('rlm-mcp find --help' and so on):
{textwrap.fill(", ".join(QUERIES), 96, initial_indent="  ", subsequent_indent="  ")}

exit codes:
  0    done
  1    the run failed, (exec) the program raised, or a query found nothing
  2    wrong usage: an unknown flag, a root or a setting that cannot be used
  3    (ask) the answer is incomplete
  130  interrupted
  141  whoever read the output has left (as after SIGPIPE)

settings:
  flags > environment > rlm.toml in the root > rlm.toml in the user's config folder > defaults;
  the one in the root is repository text, so it may lower limits and set nothing else.
  OPENAI_API_KEY, OPENAI_BASE_URL, RLM_MODEL, RLM_SUB_MODEL choose the model; without a key or a
  base URL an offline model answers with extracts. 'rlm-mcp doctor' shows what is in force.
"""


def parser(selected: str = "") -> argparse.ArgumentParser:
    """The command line. Each command's module adds its own flags and has `run(args)`.

    Args:
        selected: the command that is given; only its module is imported then.
    """
    top = argparse.ArgumentParser(
        prog="rlm-mcp",
        description="Answer questions over a whole codebase with a Recursive Language Model.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"rlm-mcp {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    if selected in QUERIES:
        formatter = argparse.RawDescriptionHelpFormatter
        _add_query(commands.add_parser(selected, formatter_class=formatter), selected)
        return top
    for name, summary in COMMANDS.items():
        if name != selected:
            commands.add_parser(name, help=summary)
            continue
        module = importlib.import_module(f"rlm_mcp.cli.commands.{name}")
        command = commands.add_parser(
            name,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument("-v", "--verbose", action="store_true", help="log what happens to stderr")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top


def _add_query(command: argparse.ArgumentParser, name: str) -> None:
    from rlm_mcp.cli.commands import context_query

    command.add_argument("-v", "--verbose", action="store_true", help="log what happens to stderr")
    context_query.add_arguments(command, name)
    command.set_defaults(run=context_query.run, method=name)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in {"-h", "--help", "--version"}):
        arguments.insert(0, "serve")
    args = parser(arguments[0]).parse_args(arguments)
    try:
        open_closed_streams()
        _escape_unencodable_output()
        logging.basicConfig(
            stream=sys.stderr,
            level=logging.DEBUG if args.verbose else logging.WARNING,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        code: int = args.run(args)
    except RlmError as error:
        print(f"rlm-mcp: {terminal_safe(str(error), sys.stderr)}", file=sys.stderr)  # noqa: T201 - for the user
        return USAGE_ERROR if isinstance(error, ConfigError | WorkspaceError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except Exception as error:  # a defect of ours: a sentence for the user, the rest on demand
        log.debug("internal error", exc_info=True)
        hint = "" if args.verbose else "; --verbose shows where"
        print(f"rlm-mcp: internal error, {type(error).__name__}: {error}{hint}.", file=sys.stderr)  # noqa: T201 - for the user
        return FAILED
    return code


def _escape_unencodable_output() -> None:
    """File content may hold what the terminal's encoding cannot show; that is no reason to stop.

    Files and pipes get UTF-8 on Windows too, which would give them the system's old code page.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            utf8 = sys.platform == "win32" and not stream.isatty()
            stream.reconfigure(encoding="utf-8" if utf8 else None, errors="backslashreplace")
