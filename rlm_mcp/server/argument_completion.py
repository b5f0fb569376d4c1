"""Argument completion: paths of files and outlines, symbols of prompts."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from rlm_core.errors import RlmError
from rlm_mcp.server.resources import PATH_CHARS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp.server import MCPServer

    from rlm_mcp.server.app import App

log = logging.getLogger(__name__)

# The protocol's limit.
MAX_VALUES = 100
SYMBOL_CHARS = 200
# Nobody who types waits for longer, and whoever else looks something up waits for the same worker.
SYMBOL_SECONDS = 5.0


def register(server: MCPServer[App], app: App) -> None:
    """Lets the server complete."""

    @server.completion()  # type: ignore[no-untyped-call,untyped-decorator]
    async def complete(
        _ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        if len(argument.value) > PATH_CHARS:
            return None
        try:
            async with asyncio.timeout(app.grants.patience):
                match argument.name:
                    case "path":
                        return _matching((await app.service.snapshot()).paths, argument.value)
                    case "symbol":
                        return await _symbols(app, argument.value)
        except (RlmError, TimeoutError):  # nothing to offer: a completion is no place for an error
            return None
        return None


def _matching(paths: Iterable[str], typed: str) -> Completion:
    """Paths that start with what was typed, then those that have it in them."""
    wanted = typed.lower()
    found = [path for path in paths if wanted in path.lower()]
    found.sort(key=lambda path: (not path.lower().startswith(wanted), path.count("/"), path))
    return Completion(values=found[:MAX_VALUES], total=len(found), has_more=len(found) > MAX_VALUES)


async def _symbols(app: App, typed: str) -> Completion | None:
    if not typed.strip() or len(typed) > SYMBOL_CHARS:
        return None
    try:
        async with asyncio.timeout(SYMBOL_SECONDS):
            found = await app.service.find(typed, limit=MAX_VALUES)
    except TimeoutError:
        log.info("A completion of %d characters took longer than %g s.", len(typed), SYMBOL_SECONDS)
        return None
    names = list(dict.fromkeys(symbol.qualified_name for symbol in found))
    return Completion(values=names, has_more=found.omitted != 0)
