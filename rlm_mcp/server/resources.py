"""MCP resources: the workspace, its files and outlines as they are now, and runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from mcp.server.mcpserver import Context  # noqa: TC002 - the SDK evaluates the templates' annotations
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from rlm_core.context.facts import facts
from rlm_core.engine.answer_markdown import markdown
from rlm_core.engine.transcript import transcript
from rlm_core.errors import QueryError, RlmError
from rlm_core.wording import bullet_list, escaped
from rlm_core.workspace.roots import printable_path
from rlm_mcp.server.app import owner_of
from rlm_mcp.server.icons import ICONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp.server import MCPServer

    from rlm_core.runs import RunHandle
    from rlm_core.workspace.snapshot import Snapshot
    from rlm_mcp.server.app import App

WORKSPACE = "rlm://workspace"
FILE, OUTLINE, RUN = "rlm://file/", "rlm://outline/", "rlm://run/"
MARKDOWN = "text/markdown"
PATH_CHARS = 4_096
# Of each reason for which files were left out.
SHOWN_SKIPPED = 200


def uris_of(path: str) -> set[str]:
    """Every URI that a client may have subscribed to for a file: percent-encoded or as it is."""
    return {f"{start}{written}" for start in (FILE, OUTLINE) for written in (path, quote(path))}


def register(server: MCPServer[App], app: App) -> None:
    """Adds every resource to the server."""

    @server.resource(
        WORKSPACE, title="The workspace", mime_type=MARKDOWN, icons=ICONS,
        description="Folders, languages and sizes; what was left out and why; which model answers.",
    )  # fmt: skip
    async def workspace() -> str:
        async with _answering(app):
            return await asyncio.to_thread(_workspace, app, await app.service.snapshot())

    @server.resource(
        FILE + "{+path}", title="A file", mime_type="text/plain", icons=ICONS,
        description="The text of a file of the workspace as it is now.",
    )  # fmt: skip
    async def file(path: str) -> str:
        async with _answering(app):
            return (await app.service.snapshot()).text(_checked_path(path))

    @server.resource(
        OUTLINE + "{+path}", title="An outline", mime_type="text/plain", icons=ICONS,
        description="The definitions of a file, or of a folder's files (src/), with their lines.",
    )  # fmt: skip
    async def outline(path: str) -> str:
        async with _answering(app):
            return await app.service.outline(_checked_path(path))

    @server.resource(
        RUN + "{id}", title="A run", mime_type=MARKDOWN, icons=ICONS,
        description="How an answer came about: turns, programs, sub-calls, cost.",
    )  # fmt: skip
    async def run(id: str, ctx: Context) -> str:  # noqa: A002 - the name in the URI
        async with _answering(app):
            return _run(app.runs.get(id, owner_of(ctx.request_context)))


@asynccontextmanager
async def _answering(app: App) -> AsyncIterator[None]:
    """Answers within the server's patience, and with what the SDK lets a client read."""
    try:
        async with asyncio.timeout(app.grants.patience):
            yield
    except TimeoutError as error:
        raise ResourceError(
            f"Reading the workspace takes longer than {app.grants.patience:g} s this time. It goes on: read "
            "the resource again in a moment."
        ) from error
    except QueryError as error:
        raise ResourceNotFoundError(str(error)) from error
    except RlmError as error:
        raise ResourceError(str(error)) from error


def _checked_path(path: str) -> str:
    if len(path) > PATH_CHARS:
        raise QueryError(f"No path has {len(path):,} characters.")
    return path


def _workspace(app: App, snapshot: Snapshot) -> str:
    service = app.service
    model = "the configured endpoint" if service.settings.model.endpoint else "none is configured"
    parts = [
        "# Workspace\n\n" + bullet_list([printable_path(str(root)) for root in service.workspace.roots]),
        f"Snapshot {snapshot.id}. {facts(snapshot)}",
        f"Model: {model}. "
        + (
            "Changes are followed as they happen." if service.watched else "Each question looks at all files."
        ),
        *(f"Note: {note}" for note in (*service.settings.notes, *service.workspace.notes)),
    ]
    if snapshot.skipped:
        parts.append("## Left out")
    for reason, count in Counter(item.reason for item in snapshot.skipped).most_common():
        paths = [escaped(item.path) for item in snapshot.skipped if item.reason == reason]
        parts.append(f"### {reason} ({count:,})\n\n{bullet_list(paths, SHOWN_SKIPPED)}")
    if snapshot.masked:
        parts.append("## Masked secrets")
    for kind, count in facts(snapshot).masked.items():
        paths = [item.path for item in snapshot.masked if item.kind == kind]
        parts.append(f"### {kind} ({count:,})\n\n{bullet_list(paths, SHOWN_SKIPPED)}")
    return "\n\n".join(parts) + "\n"


def _run(run: RunHandle) -> str:
    parts = [f"# Run {run.id}: {run.state}", f"> {run.question}"]
    if run.forgotten:
        parts.append(f"{run.forgotten:,} of its events are not kept here; the trace on disk has all of them.")
    parts.append(transcript(run.events))
    if run.answer is not None:
        parts.append(markdown(run.answer))
    elif run.error:
        parts.append(run.error)
    return "\n\n".join(parts) + "\n"
