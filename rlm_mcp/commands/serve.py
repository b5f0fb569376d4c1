"""Serves the workspace to an assistant over MCP (stdio): the tool `rlm_query`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

from rlm_core.service import Service
from rlm_mcp import options
from rlm_mcp.exits import DONE, INTERRUPTED

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `serve`."""
    options.add_root(parser)
    options.add_model_flags(parser)
    options.add_sandbox_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Serves until the client closes stdin, or a signal."""
    folders = options.roots(args.root)
    service = Service(folders, options.settings(args, folders), watch=True)
    if sys.stdin.isatty():
        sys.stderr.write(
            "rlm-mcp: speaking MCP on stdin and stdout; an assistant starts this command. "
            "For people: rlm-mcp ask QUESTION.\n"
        )
    asyncio.run(_serve(service))
    return DONE


async def _serve(service: Service) -> None:
    from rlm_mcp.server import create_server  # the SDK takes most of the start-up time

    signalled = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, signalled.set)
    leaving = asyncio.create_task(signalled.wait())
    serving = asyncio.create_task(create_server(lambda: service).run_stdio_async())
    await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if serving.done():
        return await serving
    # Hosts signal while stdin is still open. The SDK's reader thread then waits for a line that never
    # comes and would hold up a normal exit, so what must not outlive us is ended here, and we go.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(service.close(), timeout=2)
    os._exit(INTERRUPTED)
