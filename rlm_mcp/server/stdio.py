"""Stdio transport: the SDK's, with an answer to lines that it would drop.

The SDK drops what its parser refuses, and whoever has sent it waits for ever. Among that are texts with lone
surrogates, which other parsers take: half an emoji is enough. Such a message is served, the surrogates
replaced; any other line has an error for an answer (JSON-RPC 2.0, section 5.1).
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError

from rlm_core.well_formed import well_formed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from anyio.abc import TaskGroup
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared._stream_protocols import ReadStream, WriteStream
    from pydantic_core import ErrorDetails

Item = SessionMessage | Exception


@asynccontextmanager
async def answering_stdio() -> AsyncIterator[
    tuple[MemoryObjectReceiveStream[Item], WriteStream[SessionMessage]]
]:
    """The client's messages and where replies go, as `mcp.server.stdio.stdio_server` gives them."""
    inbox, messages = anyio.create_memory_object_stream[Item]()
    async with stdio_server() as (lines, replies), anyio.create_task_group() as tasks:
        tasks.start_soon(_read, lines, inbox, replies, tasks)
        yield messages, replies
        tasks.cancel_scope.cancel()


async def _read(
    lines: ReadStream[Item],
    inbox: MemoryObjectSendStream[Item],
    replies: WriteStream[SessionMessage],
    tasks: TaskGroup,
) -> None:
    with suppress(anyio.BrokenResourceError):  # the server has ended
        async with inbox:
            async for item in lines:
                read = _read_again(item) if isinstance(item, ValidationError) else item
                if isinstance(read, JSONRPCError):
                    # Not waiting for a client that does not read: the end of its input has to be seen.
                    tasks.start_soon(_refuse, read, replies)
                elif read is not None:
                    await inbox.send(read)


async def _refuse(error: JSONRPCError, replies: WriteStream[SessionMessage]) -> None:
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # as above
        await replies.send(SessionMessage(error))


def _read_again(error: ValidationError) -> SessionMessage | JSONRPCError | None:
    """What a line is that the SDK could not read: a message after all, an error, or nothing but a blank."""
    details = error.errors()
    if details[0]["type"] != "json_invalid":
        return _invalid(details)
    line: str = details[0]["input"]
    if not line.strip():
        return None
    with suppress(ValueError, RecursionError):
        text = well_formed(json.dumps(json.loads(line), ensure_ascii=False))
        return SessionMessage(jsonrpc_message_adapter.validate_json(text, by_name=False))
    return _error(None, PARSE_ERROR, f"{details[0]['msg']}; send each message as one line of JSON in UTF-8.")


def _invalid(details: Sequence[ErrorDetails]) -> JSONRPCError:
    """The error for JSON that is no message, with the id of what looks like a request."""
    wholes = (
        detail["input"] for detail in details if detail["type"] == "missing" and len(detail["loc"]) == 2
    )
    whole: dict[str, Any] = next(wholes, {})
    number = whole.get("id") if "method" in whole else None
    return _error(
        number if type(number) in {int, str} else None,
        INVALID_REQUEST,
        "This is no message of JSON-RPC 2.0: send an object with jsonrpc, method, params (an object) and, "
        "for a request, id (a string or an integer).",
    )


def _error(number: int | str | None, code: int, message: str) -> JSONRPCError:
    return JSONRPCError(jsonrpc="2.0", id=number, error=ErrorData(code=code, message=message))
