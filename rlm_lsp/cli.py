"""The command `rlm-lsp`: a language server over standard input and output."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

DESCRIPTION = """\
Answers questions about the codebase that is open in an editor, unsaved buffers included.

Speaks the Language Server Protocol over standard input and output; an editor starts it. It answers
the request rlm/ask and the command rlm.ask, both with {"question": ..., "scope": [globs]} and, for a
question about a selection, "textDocument" and "range".
"""
EPILOG = """\
The model is chosen as for `rlm-mcp ask`: by OPENAI_API_KEY, OPENAI_BASE_URL, RLM_MODEL and
RLM_SUB_MODEL in the environment, or your own rlm.toml; with none of them the built-in offline model
quotes the places that matter. `rlm-mcp doctor` shows what is in force. Logs go to standard error.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves one editor until it says `exit`, closes the pipe or the process is told to end."""
    options = _parser().parse_args(arguments)
    _log_to_stderr(verbose=options.verbose)
    if sys.stdin.isatty():
        sys.stderr.write("rlm-lsp waits for an editor on standard input; see rlm-lsp --help.\n")
    from rlm_lsp.server import serve  # so that --help and --version answer at once
    from rlm_lsp.stdio import StdioTransport

    with StdioTransport.take_over() as transport:
        return asyncio.run(serve(transport, options.root))


def _log_to_stderr(*, verbose: bool) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    if not verbose:
        # They log each error response and each malformed message with tracebacks; the server says which.
        for name in ("pygls.protocol.json_rpc", "pygls.io_"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rlm-lsp",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root",
        action="append",
        type=Path,
        metavar="DIR",
        help="a folder to answer about, instead of the editor's workspace folders; with neither, questions "
        "are refused; repeatable",
    )
    parser.add_argument("--verbose", action="store_true", help="log every message to standard error")
    parser.add_argument("--version", action="version", version=f"rlm-lsp {__version__}")
    return parser
