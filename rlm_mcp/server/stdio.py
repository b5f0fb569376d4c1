"""Stdio transport: the SDK's, with lines that are bounded and answered.

The SDK reads lines of any length, and parses on the event loop whatever they hold. What its parser refuses it
drops, and whoever has sent it waits for ever. Among that are texts with lone surrogates, which other parsers
take: half an emoji is enough. Such a message is served, the surrogates replaced; any other line that is no
message, or is too large, has an error for an answer (JSON-RPC 2.0, section 5.1).
"""

from __future__ import annotations

import io
import json
import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import anyio
import anyio.to_thread
import pydantic_core
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError

from rlm_core.well_formed import well_formed
from rlm_core.wording import truncate
from rlm_mcp.server import message_bounds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared._stream_protocols import WriteStream

Item = SessionMessage | Exception

_SKIPPED_BYTES = 1 << 16  # at once, of a line that is too long
_QUOTED_CHARS = 200  # of the parser's complaint


@asynccontextmanager
async def answering_stdio() -> AsyncIterator[
    tuple[MemoryObjectReceiveStream[Item], WriteStream[SessionMessage]]
]:
    """The client's messages and where replies go, as `mcp.server.stdio.stdio_server` gives them."""
    inbox, messages = anyio.create_memory_object_stream[Item]()
    lines = _take_stdin()
    nothing = anyio.wrap_file(io.StringIO())  # for the SDK to read
    async with stdio_server(stdin=nothing) as (_, replies), anyio.create_task_group() as tasks:
        tasks.start_soon(_read, lines, inbox, replies, tasks)
        yield messages, replies
        tasks.cancel_scope.cancel()


def _take_stdin() -> BinaryIO:
    """Standard input for us alone: nobody else, here or in a child process, reads the client's messages."""
    source, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return os.fdopen(source, "rb", closefd=False)  # a thread may be reading it to the end


async def _read(
    lines: BinaryIO,
    inbox: MemoryObjectSendStream[Item],
    replies: WriteStream[SessionMessage],
    tasks: TaskGroup,
) -> None:
    with suppress(anyio.BrokenResourceError):  # the server has ended
        async with inbox:
            while read := await anyio.to_thread.run_sync(_next, lines, abandon_on_cancel=True):
                if isinstance(read, JSONRPCError):
                    # Not waiting for a client that does not read: the end of its input has to be seen.
                    tasks.start_soon(_refuse, read, replies)
                else:
                    await inbox.send(read)


async def _refuse(error: JSONRPCError, replies: WriteStream[SessionMessage]) -> None:
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # as above
        await replies.send(SessionMessage(error))


def _next(lines: BinaryIO) -> SessionMessage | JSONRPCError | None:
    """The next message, or the error that a line is answered with; None at the end."""
    while line := lines.readline(message_bounds.MAX_LINE_BYTES + 1):
        if len(line) > message_bounds.MAX_LINE_BYTES:
            while line and not line.endswith(b"\n"):
                line = lines.readline(_SKIPPED_BYTES)
            return _error(None, INVALID_REQUEST, message_bounds.too_long(message_bounds.MAX_LINE_BYTES))
        if line.strip():
            return _message(line)
    return None


def _message(line: bytes) -> SessionMessage | JSONRPCError:
    if reason := message_bounds.excess(line):
        return _error(None, INVALID_REQUEST, reason)
    try:
        content = _content(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        why = truncate(str(error), _QUOTED_CHARS)
        return _error(None, PARSE_ERROR, f"{why}; send each message as one line of JSON in UTF-8.")
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_python(content, by_name=False))
    except ValidationError:
        return _no_message(content)


def _content(text: str) -> Any:
    """What is in a text of JSON, with well-formed texts; raises `ValueError` or `RecursionError`."""
    try:
        return pydantic_core.from_json(text)
    except ValueError as error:
        with suppress(ValueError, RecursionError):
            return pydantic_core.from_json(well_formed(json.dumps(json.loads(text), ensure_ascii=False)))
        raise error from None


def _no_message(content: Any) -> JSONRPCError:
    """The error for JSON that is no message, with the id of what looks like a request."""
    number = content.get("id") if isinstance(content, dict) and "method" in content else None
    return _error(
        number if type(number) in {int, str} else None,
        INVALID_REQUEST,
        "This is no message of JSON-RPC 2.0: send an object with jsonrpc, method, params (an object) and, "
        "for a request, id (a string or an integer).",
    )


def _error(number: int | str | None, code: int, message: str) -> JSONRPCError:
    return JSONRPCError(jsonrpc="2.0", id=number, error=ErrorData(code=code, message=message))
