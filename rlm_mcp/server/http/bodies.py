"""Bodies of messages: bounded before the SDK parses them, and the large ones of a client in turn.

Parsing takes the event loop, for some tens of milliseconds where a body is as large as it may be, and a
client may have many requests under way. So one of its large bodies is parsed at a time, and after it the
others get as long as it took.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from mcp.types import INVALID_REQUEST
from starlette.datastructures import Headers

from rlm_mcp.server import message_bounds
from rlm_mcp.server.http.admission import client_of
from rlm_mcp.server.http.refusal import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LARGE = 8_192  # bytes; fewer are parsed in a few milliseconds, whatever they are


class BodyMiddleware:
    """Middleware: hands messages to a path on once their bodies are here, or refuses them.

    Args:
        app: what parses them.
        path: where they are sent to.
        most: bytes that a body may have.
    """

    def __init__(self, app: ASGIApp, path: str, most: int) -> None:
        self._app = app
        self._path = path
        self._most = most
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses to."""
        is_message = scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST"
        if not is_message or (client := client_of(scope)) is None:
            await self._app(scope, receive, send)
            return
        match await self._read(scope, receive):
            case None:
                pass  # the client has gone
            case Refusal() as refusal:
                await refusal(scope, receive, send)
            case body if len(body) < _LARGE:
                await self._pass_on(body, scope, receive, send)
            case body:
                turn = self._turns.setdefault(client, asyncio.Lock())
                await turn.acquire()
                parsing = _Parsing(turn)
                try:
                    await self._pass_on(body, scope, parsing.receiver(receive), parsing.sender(send))
                finally:
                    parsing.over()

    async def _read(self, scope: Scope, receive: Receive) -> bytes | Refusal | None:
        too_large = Refusal(413, message_bounds.too_long(self._most), INVALID_REQUEST)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and float(length) > self._most:
            return too_large
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > self._most:
                return too_large
            if not message.get("more_body", False):
                return bytes(body)

    async def _pass_on(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        if reason := message_bounds.excess(body):
            await Refusal(413, reason, INVALID_REQUEST)(scope, receive, send)
            return
        here: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_body_first() -> Message:
            return here.pop() if here else await receive()

        await self._app(scope, receive_body_first, send)


class _Parsing:
    """A client's turn to have a large body parsed.

    It is over at the first that the SDK does afterwards: it sends something, or listens whether the client is
    still there.
    """

    def __init__(self, turn: asyncio.Lock) -> None:
        self._turn = turn
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._over = False

    def receiver(self, receive: Receive) -> Receive:
        """The same, which ends the turn."""

        async def receive_after() -> Message:
            self.over()
            return await receive()

        return receive_after

    def sender(self, send: Send) -> Send:
        """The same, which ends the turn."""

        async def send_after(message: Message) -> None:
            self.over()
            await send(message)

        return send_after

    def over(self) -> None:
        """Lets the client's next body be parsed, in as long as this one took."""
        if not self._over:
            self._over = True
            self._loop.call_later(self._loop.time() - self._began, self._turn.release)
