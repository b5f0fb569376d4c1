"""Sampling: the client's own model behind a run, in both eras of the protocol.

In the handshake era the server asks the client directly, while a call is under way or after it. In the
modern era a server cannot ask: the call itself returns what is asked (`InputRequiredResult`), and comes
again with the replies. The run waits meanwhile; the state that travels names it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp.types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    InputRequiredResult,
    SamplingMessage,
    TextContent,
)
from pydantic import ValidationError

from rlm_core.models import ClientModel, FallbackModel, Models

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mcp.server.mcpserver import Context
    from mcp.server.session import ServerSession
    from mcp.types import RequestId

    from rlm_core.models import PendingCompletion
    from rlm_core.runs import RunHandle
    from rlm_mcp.server.app import App

# Clients want to be told; most have a limit of their own.
REPLY_TOKENS = 16_384
# Clients give up after ten rounds (SDK default); one is needed to come back with what is known.
MAX_ROUNDS = 8
NOTE = "No endpoint is configured: the client's own model is asked (MCP sampling), at the client's cost."


def supported(ctx: Context[App, Any]) -> bool:
    """Whether this client lends its model."""
    return lends_model(ctx.session)


def lends_model(session: ServerSession) -> bool:
    """Whether the client of a session lends its model."""
    capabilities = session.client_capabilities
    return capabilities is not None and capabilities.sampling is not None


def client_models() -> tuple[ClientModel, Models]:
    """The client's model, and the models of a run that it answers, unless it refuses."""
    model = ClientModel("client")
    fallback = FallbackModel(model)
    return model, Models(fallback, fallback, (NOTE,))


def relay_until_done(app: App, ctx: Context[App, Any], run: RunHandle) -> None:
    """Where a client can be asked at any time (stdio, handshake era), its model answers until the end."""
    if run.client_model is not None and _has_back_channel(ctx):
        app.background(_relay_until(run.task, _relay(ctx.session, run.client_model, None)))


async def wait(ctx: Context[App, Any], run: RunHandle, seconds: float) -> InputRequiredResult | None:
    """Waits for a run, and meanwhile brings what it asks to the client.

    Returns:
        In the modern era, what the client has to bring; None when the run is over, or time is up.
    """
    if run.client_model is None or _has_back_channel(ctx) or not supported(ctx):
        await run.wait(seconds)
        return None
    if ctx.session.can_send_request:
        relay = _relay(ctx.session, run.client_model, ctx.request_id)
        await _relay_until(asyncio.create_task(run.wait(seconds)), relay)
        return None
    rounds = resumed_run(ctx)[1] + 1
    if rounds > MAX_ROUNDS or not await _request_arrives(run, run.client_model, seconds):
        return None
    return InputRequiredResult(
        input_requests={str(pending.number): _request(pending) for pending in run.client_model.waiting},
        request_state=f"run {run.id} {rounds}",
    )


def resumed_run(ctx: Context[App, Any]) -> tuple[str, int]:
    """The run that a call of the modern era comes back to, and its round; nothing and 0 on a first call."""
    match (ctx.request_state or "").split():
        case ["run", run, rounds] if rounds.isdecimal():
            return run, int(rounds)
        case _:
            return "", 0


def deliver_replies(ctx: Context[App, Any], run: RunHandle) -> None:
    """Gives a run the replies with which its call came back."""
    for pending in run.client_model.waiting if run.client_model is not None else ():
        reply = (ctx.input_responses or {}).get(str(pending.number))
        if isinstance(reply, CreateMessageResult):
            _answer(pending, reply)
        elif reply is not None:
            pending.refuse(f"The client's model did not answer: it sent a {type(reply).__name__}.")


async def _request_arrives(run: RunHandle, model: ClientModel, seconds: float) -> bool:
    arrival = asyncio.create_task(model.arrival())
    try:
        await asyncio.wait([run.task, arrival], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return arrival.done()
    finally:
        arrival.cancel()


def _has_back_channel(ctx: Context[App, Any]) -> bool:
    return ctx.session.can_send_request and ctx.request_context.request is None


async def _relay_until(over: asyncio.Task[Any], relay: Coroutine[Any, Any, None]) -> None:
    relaying = asyncio.create_task(relay)
    try:
        await asyncio.wait([over, relaying], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([over])
    finally:
        relaying.cancel()
        await asyncio.wait([relaying])


async def _relay(session: ServerSession, model: ClientModel, request: RequestId | None) -> None:
    """Brings each thing that is asked to the client, several at once, until it is cancelled."""
    latest = 0
    async with asyncio.TaskGroup() as group:
        while True:
            for pending in await model.arrival(latest):
                latest = pending.number
                group.create_task(_ask(session, pending, request))


async def _ask(session: ServerSession, pending: PendingCompletion, request: RequestId | None) -> None:
    """Asks on the channel of a request that is under way, or (None) on the connection's own."""
    try:
        reply = await session.send_request(
            _request(pending), CreateMessageResult, metadata=ServerMessageMetadata(related_request_id=request)
        )
    except (MCPError, ValidationError) as error:
        pending.refuse(f"The client's model did not answer: {error}")
    else:
        _answer(pending, reply)


def _request(pending: PendingCompletion) -> CreateMessageRequest:
    system = [message.content for message in pending.messages if message.role == "system"]
    messages = [
        SamplingMessage(role=message.role, content=TextContent(type="text", text=message.content))
        for message in pending.messages
        if message.role != "system"
    ]
    return CreateMessageRequest(
        params=CreateMessageRequestParams(
            messages=messages, system_prompt="\n\n".join(system) or None, max_tokens=REPLY_TOKENS
        )
    )


def _answer(pending: PendingCompletion, reply: CreateMessageResult) -> None:
    text = reply.content.text if isinstance(reply.content, TextContent) else ""
    pending.answer(text, model=reply.model, truncated=reply.stop_reason == "maxTokens")
