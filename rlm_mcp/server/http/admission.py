"""Admission of requests: what each client may have open at once, and the end of all that it has."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers

from rlm_mcp.server.http.refusal import Refusal

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from rlm_mcp.server.http.limits import HttpLimits

log = logging.getLogger(__name__)

SESSION, VERSION = "mcp-session-id", "mcp-protocol-version"
ENDING_SECONDS = 1.0  # for a request that is ended to say so


@dataclass(slots=True)
class _Session:
    user: AuthenticatedUser | None
    used: float
    requests: int = 0


@dataclass(slots=True)
class _Client:
    sessions: dict[str, _Session] = field(default_factory=dict)
    opening: int = 0
    requests: dict[anyio.CancelScope, bool] = field(default_factory=dict)  # → whether it is an open stream

    @property
    def held(self) -> int:
        return len(self.sessions) + self.opening


class Admission:
    """The requests and MCP sessions of each client, by its name.

    A client that has as many sessions as it may gives up the one that it has not used for longest, and so
    does the one that has most of them where there is no room for another client's. Runs and REPL sessions
    go on without it: they are the client's, not the session's.

    Args:
        manager: has the sessions.
        limits: how many there may be.
        shared: whether all are one client, which may have all there are.
    """

    def __init__(self, manager: StreamableHTTPSessionManager, limits: HttpLimits, *, shared: bool) -> None:
        self._manager = manager
        self._all_sessions = limits.all_sessions
        self._sessions = limits.all_sessions if shared else limits.sessions
        self._requests = limits.connections // 2 if shared else limits.requests
        self._clients: dict[str, _Client] = defaultdict(_Client)
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def admit(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Has a request answered, or refuses it."""
        client = self._clients[client_of(scope) or ""]
        if len(client.requests) >= self._requests:
            sentence = (
                f"This client has {self._requests} requests under way, which is the limit: wait for one."
            )
            await Refusal(429, sentence)(scope, receive, send)
            return
        response = _Response(send)
        with anyio.CancelScope() as under_way:
            client.requests[under_way] = scope["method"] == "GET"
            self._under_way += 1
            self._idle.clear()
            try:
                await self._answer(client, app, scope, receive, response)
            finally:
                del client.requests[under_way]
                self._under_way -= 1
                if not self._under_way:
                    self._idle.set()
        if under_way.cancelled_caught:
            await response.end(scope, receive)

    async def dismiss(self, name: str) -> None:
        """Ends all that a client has under way or open."""
        client = self._clients.pop(name, _Client())
        for under_way in client.requests:
            under_way.cancel()
        for session_id, session in client.sessions.items():
            await self._end(session_id, session)

    async def finish(self, seconds: float) -> None:
        """Ends open streams, and after so many seconds what else is under way."""
        for patience, all_of_them in ((seconds, False), (ENDING_SECONDS, True)):
            under_way = [item for client in self._clients.values() for item in client.requests.items()]
            for request, stream in under_way:
                if stream or all_of_them:
                    request.cancel()
            with anyio.move_on_after(patience):
                await self._idle.wait()

    async def _answer(
        self, client: _Client, app: ASGIApp, scope: Scope, receive: Receive, response: _Response
    ) -> None:
        headers = Headers(scope=scope)
        if headers.get(VERSION, "") not in {"", *HANDSHAKE_PROTOCOL_VERSIONS}:
            await app(scope, receive, response)  # no session, whatever its headers say
        elif (session_id := headers.get(SESSION)) is None:
            await self._open(client, app, scope, receive, response)
        elif (session := client.sessions.get(session_id)) is None:
            await app(scope, receive, response)  # which knows it no better
        else:
            session.requests += 1
            try:
                await app(scope, receive, response)
            finally:
                session.requests -= 1
                session.used = time.monotonic()
                if response.status == 404 or (scope["method"] == "DELETE" and response.status == 200):
                    client.sessions.pop(session_id, None)

    async def _open(
        self, client: _Client, app: ASGIApp, scope: Scope, receive: Receive, response: _Response
    ) -> None:
        """Lets a request open a session, once there is room for it."""
        client.opening += 1
        try:
            refusal = await self._make_room(client)
            await (refusal or app)(scope, receive, response)
        finally:
            client.opening -= 1
            if response.session_id and response.status == 200:
                client.sessions[response.session_id] = _Session(scope.get("user"), time.monotonic())

    async def _make_room(self, client: _Client) -> Refusal | None:
        if client.held > self._sessions and not await self._end_unused(client):
            return Refusal(
                429, f"This client has {self._sessions} sessions in use, which is the limit: end one."
            )
        if sum(other.held for other in self._clients.values()) > self._all_sessions:
            largest = max(self._clients.values(), key=lambda other: other.held)
            if not await self._end_unused(largest):
                return Refusal(
                    503, "This server has as many sessions as it may, all in use: try again later."
                )
        return None

    async def _end_unused(self, client: _Client) -> bool:
        unused = [session_id for session_id, session in client.sessions.items() if not session.requests]
        if not unused:
            return False
        oldest = min(unused, key=lambda session_id: client.sessions[session_id].used)
        await self._end(oldest, client.sessions.pop(oldest))
        return True

    async def _end(self, session_id: str, session: _Session) -> None:
        """Ends a session as its client would."""
        headers = [(b"host", b"localhost"), (SESSION.encode(), session_id.encode())]
        scope = {"type": "http", "method": "DELETE", "path": "/", "headers": headers, "user": session.user}
        await self._manager.handle_request(scope, _no_body, _ignore)
        log.info("an MCP session is ended to make room, or with its token")


def client_of(scope: Scope) -> str | None:
    """Whose a request is; empty where no tokens are asked for, None if it has none that is accepted."""
    user = scope.get("user")
    if user is None:
        return ""
    return user.username if isinstance(user, AuthenticatedUser) else None


class AdmissionMiddleware:
    """Middleware: has requests to a path admitted, once it is known whose they are."""

    def __init__(self, app: ASGIApp, path: str, admission: Admission) -> None:
        self._app = app
        self._path = path
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses to."""
        known = scope["type"] == "http" and client_of(scope) is not None
        if known and scope["path"] == self._path:
            await self._admission.admit(self._app, scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Response:
    """What has been sent of a response, so that it can be ended properly."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._complete = False
        self.status: int | None = None
        self.session_id: str | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.session_id = Headers(raw=message["headers"]).get(SESSION)
        elif message["type"] == "http.response.body":
            self._complete = not message.get("more_body", False)
        await self._send(message)

    async def end(self, scope: Scope, receive: Receive) -> None:
        """Ends it, or says why there is none."""
        if self.status is None:
            sentence = (
                "The server has ended this request: it is ending, or the token is not accepted any more."
            )
            await Refusal(503, sentence)(scope, receive, self._send)
        elif not self._complete:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def _no_body() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _ignore(_: Message) -> None:
    pass
