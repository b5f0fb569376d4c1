"""Serves the workspace to an assistant over MCP: on stdin and stdout, or with --http over a network.

The tools are rlm_query, rlm_result and rlm_repl. Without --root the workspace is what the client says
(its roots), else the current folder. A log is kept in the user's state folder.

Over HTTP each token is a client of its own, which finds its own runs and sessions only. Without tokens only
this machine is served, and whoever connects from it is one and the same client.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core import __version__
from rlm_core.workspace.roots import checked_roots
from rlm_mcp.cli import options, server_log
from rlm_mcp.cli.exit_codes import BROKEN_PIPE, DONE, INTERRUPTED
from rlm_mcp.cli.signals import on_signal

if TYPE_CHECKING:
    import argparse

    from rlm_mcp.server.app import App

log = logging.getLogger(__name__)

# For what must not outlive us, and for a client that does not read what is left to say.
CLOSING_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `serve`."""
    options.add_root(
        parser, default="the client's roots, else the current folder's git top level or that folder"
    )
    options.add_server_flags(parser)
    http = parser.add_argument_group("over HTTP")
    http.add_argument(
        "--http", metavar="[HOST:]PORT", help="serve streamable HTTP at /mcp (host: 127.0.0.1), not stdio"
    )
    http.add_argument(
        "--token-file", type=Path, metavar="FILE",
        help="lines NAME TOKEN of clients that may connect, read again when they change; or one token in "
        "RLM_MCP_TOKEN",
    )  # fmt: skip
    http.add_argument(
        "--allow-host", action="append", metavar="NAME", default=[],
        help="a name under which clients reach this server; repeat for several",
    )  # fmt: skip
    http.add_argument(
        "--allow-origin", action="append", metavar="ORIGIN", default=[],
        help="a web origin that may connect; repeat for several",
    )  # fmt: skip
    options.add_model_flags(parser)
    options.add_sandbox_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Serves until the client closes stdin, or a signal."""
    server_log.open_log_file()
    app = _app(args)
    log.info("rlm-mcp %s starts", __version__)
    if args.http is not None:
        from rlm_mcp.server import http

        http.serve(
            app,
            http.Address.parse(args.http),
            http.Tokens(args.token_file, os.environ.get(http.TOKEN_VARIABLE, "")),
            hosts=args.allow_host,
            origins=args.allow_origin,
        )
        return DONE
    if sys.stdin.isatty():
        sys.stderr.write(
            "rlm-mcp: speaking MCP on stdin and stdout; an assistant starts this command. "
            "For people: rlm-mcp ask QUESTION.\n"
        )
    asyncio.run(_serve(app))
    return DONE


def _app(args: argparse.Namespace) -> App:
    # Over HTTP no client says what its folders are, so a folder that cannot be used is told now.
    folders = checked_roots(args.root or (options.roots(None) if args.http is not None else ()))
    options.settings(args, folders)  # a setting that cannot be used is told before the handshake
    grants = options.settings(args, ()).server
    from rlm_mcp.server.app import App  # the SDK takes most of the start-up time

    ask = args.http is None
    return App(lambda roots: options.settings(args, roots), grants, folders, ask_roots=ask)


async def _serve(app: App) -> None:
    from rlm_mcp.server.mcp_server import create_server

    signalled = asyncio.Event()
    on_signal(signalled.set, signal.SIGINT, signal.SIGTERM)
    leaving = asyncio.create_task(signalled.wait())
    closed = asyncio.create_task(app.closed.wait())
    serving = asyncio.create_task(create_server(app).run_stdio_async())
    await asyncio.wait({serving, leaving, closed}, return_when=asyncio.FIRST_COMPLETED)
    if leaving.done():
        # Hosts signal while stdin is still open. The SDK's reader thread then waits for a line that never
        # comes and would hold up a normal exit, so what must not outlive us is ended here, and we go.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.close(), timeout=CLOSING_SECONDS)
        log.info("ended by a signal")
        os._exit(INTERRUPTED)
    leaving.cancel()
    # A client that has closed our stdin, but does not read, holds up the SDK's writer thread.
    await asyncio.wait({serving}, timeout=CLOSING_SECONDS)
    log.info("ended by the client")
    if not serving.done():
        os._exit(DONE)
    try:
        await serving
    except* BrokenPipeError:
        log.info("the client does not read any more")
        os._exit(BROKEN_PIPE)  # as above: the client may have left stdin open
