"""Serves the workspace to an assistant over MCP (stdio): the tool `rlm_query`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

from rlm_core.workspace.roots import checked_roots
from rlm_mcp import options
from rlm_mcp.exits import DONE, INTERRUPTED

if TYPE_CHECKING:
    import argparse

    from rlm_mcp.app import App


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `serve`."""
    options.add_server_flags(parser)
    options.add_model_flags(parser)
    options.add_sandbox_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Serves until the client closes stdin, or a signal."""
    app = _app(args)
    if sys.stdin.isatty():
        sys.stderr.write(
            "rlm-mcp: speaking MCP on stdin and stdout; an assistant starts this command. "
            "For people: rlm-mcp ask QUESTION.\n"
        )
    asyncio.run(_serve(app))
    return DONE


def _app(args: argparse.Namespace) -> App:
    from rlm_mcp.app import App  # the SDK takes most of the start-up time

    folders = checked_roots(args.root or ())
    options.settings(args, folders)  # a setting that cannot be used is told before the handshake
    grants = options.settings(args, ()).server
    return App(lambda roots: options.settings(args, roots), grants, folders, ask_roots=True)


async def _serve(app: App) -> None:
    from rlm_mcp.server import create_server

    signalled = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, signalled.set)
    leaving = asyncio.create_task(signalled.wait())
    serving = asyncio.create_task(create_server(app).run_stdio_async())
    await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if serving.done():
        return await serving
    # Hosts signal while stdin is still open. The SDK's reader thread then waits for a line that never
    # comes and would hold up a normal exit, so what must not outlive us is ended here, and we go.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(app.close(), timeout=2)
    os._exit(INTERRUPTED)
