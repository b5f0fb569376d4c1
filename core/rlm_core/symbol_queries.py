"""Symbol queries: outlines and definitions for faces, as data and without a model.

The server parses nothing, since a hostile file can make a parser crash or take all memory. So a query
runs in the sandbox, as a program of one line over `context`, and what it sends back is validated before
anybody believes it.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from rlm_core.context.paths import resolve_path
from rlm_core.context.results import Results
from rlm_core.errors import QueryError, SandboxError
from rlm_core.syntax.symbols import Symbol

if TYPE_CHECKING:
    from rlm_core.context.globs import Glob
    from rlm_core.sandbox.base import Sandbox, Session
    from rlm_core.workspace.snapshot import Snapshot

_PROGRAM = """
import dataclasses, json

def query():
    try:
        found = context.{method}(*{arguments!r})
    except QueryError as error:
        return {{"error": str(error)}}
    if isinstance(found, str):
        return {{"text": str(found)}}
    items = [dataclasses.asdict(item) for item in found]
    return {{"items": items, "note": found.note, "omitted": found.omitted}}

FINAL(json.dumps(query()))
"""
_SYMBOLS = TypeAdapter(list[Symbol])


class SymbolQueries:
    """Runs the methods of `context` in a sandbox.

    A query of one file gets a worker that has nothing else; those of the whole workspace share one, kept
    for as long as the snapshot is the latest. All methods raise `QueryError` as `Context` does, and
    `SandboxError` when the worker could not answer.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lock = asyncio.Lock()
        self._shared: tuple[Snapshot, Session] | None = None

    async def symbols(self, snapshot: Snapshot, path: str) -> Results[Symbol]:
        """`Context.symbols`."""
        alone = snapshot.restricted([snapshot.index(resolve_path(snapshot, path))])
        session = await self._sandbox.open(alone, {})
        try:
            return _symbols(await _run(session, "symbols", path), alone)
        finally:
            await session.close()

    async def outline(self, snapshot: Snapshot, glob: Glob, depth: int, max_chars: int) -> str:
        """`Context.outline`."""
        return str((await self._over_workspace(snapshot, "outline", glob, depth, max_chars)).get("text", ""))

    async def find(self, snapshot: Snapshot, name: str, kind: str | None, limit: int) -> Results[Symbol]:
        """`Context.find`."""
        return _symbols(await self._over_workspace(snapshot, "find", name, kind, limit), snapshot)

    async def _over_workspace(self, snapshot: Snapshot, method: str, *arguments: Any) -> dict[str, Any]:
        async with self._lock:
            if self._shared is not None and self._shared[0] is not snapshot:
                _, stale = self._shared
                self._shared = None
                await stale.close()
            if self._shared is None:
                self._shared = snapshot, await self._sandbox.open(snapshot, {})
            return await _run(self._shared[1], method, *arguments)


async def _run(session: Session, method: str, *arguments: Any) -> dict[str, Any]:
    result = await session.run(_PROGRAM.format(method=method, arguments=arguments))
    if result.final is None:
        raise SandboxError(f"Looking this up failed in the sandbox: {(result.error or '').strip()}")
    try:
        found = json.loads(result.final)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SandboxError("The sandbox sent back something other than what was looked up.")
    if "error" in found:
        raise QueryError(str(found["error"]))
    return found


def _symbols(found: dict[str, Any], snapshot: Snapshot) -> Results[Symbol]:
    try:
        symbols = _SYMBOLS.validate_python(found.get("items"))
    except ValidationError:
        raise SandboxError("The sandbox sent back something that is no list of symbols.") from None
    omitted = found.get("omitted", 0)
    return Results(
        (symbol for symbol in symbols if symbol.path in snapshot),
        str(found.get("note", "")),
        omitted if omitted is None or isinstance(omitted, int) else 0,
    )
