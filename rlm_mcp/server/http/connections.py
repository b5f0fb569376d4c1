"""HTTP connections: uvicorn's, with a limit on how many there are and on how long each may keep us waiting.

uvicorn bounds neither: whoever opens connections and says nothing has all descriptors of the process. Its
`limit_concurrency` refuses only once a header is complete, and then everybody.
"""

from __future__ import annotations

import math
import socket
import sys
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from rlm_mcp.server.http.limits import HttpLimits

RETRY_SECONDS = 5
# asyncio accepts so many before any of them is looked at, and complains for each that it cannot have.
ACCEPTED_IN_A_ROW = 16
# To have room for connections, workers and files; more would be of no use.
MAX_DESCRIPTORS = 8_192

_FULL = b"This server has as many connections as it may; try again in a moment.\n"
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\nRetry-After: %d\r\nConnection: close\r\n\r\n%s"
) % (len(_FULL), RETRY_SECONDS, _FULL)


class HttpConfig(uvicorn.Config):
    """Settings of uvicorn, and of the connections that are made.

    Attributes:
        limits: of each connection.
        max_connections: at once.
    """

    def __init__(self, app: Any, limits: HttpLimits, max_connections: int) -> None:
        super().__init__(
            app,
            http=Connection,
            ws="none",
            proxy_headers=False,  # who one is is nothing that a header says
            server_header=False,
            log_config=None,
            log_level="error",  # not a line for each request that is none
            access_log=False,
            backlog=ACCEPTED_IN_A_ROW,
            timeout_graceful_shutdown=limits.hang_up_seconds,
        )
        self.limits = limits
        self.max_connections = max_connections


class Connection(H11Protocol):
    """A connection that is dropped when its client keeps us waiting."""

    config: HttpConfig
    connections: set[Connection]  # type: ignore[assignment]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a connection; where there are too many, the one that has been silent for longest goes."""
        super().connection_made(transport)
        self._waits_for: object = None
        self._since = self.loop.time()
        self._resumed = 0
        if sys.platform == "linux":  # of a peer that is gone the system would tell in a quarter of an hour
            limit = int(self.config.limits.write_seconds * 1000)
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limit)
        if len(self.connections) > self.config.max_connections:
            silent = [other for other in self.connections if other is not self and other._silent]
            if silent:
                min(silent, key=lambda other: other._since).drop()
            else:
                transport.write(_REFUSAL)
                transport.close()

    def resume_writing(self) -> None:
        """The client has read something."""
        self._resumed += 1
        super().resume_writing()

    def drop(self) -> None:
        """Ends it, whatever is under way."""
        self.connections.discard(self)  # now: `connection_lost` comes later
        self.transport.abort()

    def drop_if_overdue(self) -> bool:
        """Drops it if it has been waiting for the same thing for too long."""
        now, (waits_for, seconds) = self.loop.time(), self._waiting()
        if waits_for != self._waits_for:
            self._waits_for, self._since = waits_for, now
        elif now - self._since > seconds:
            self.drop()
            return True
        return False

    @property
    def _silent(self) -> bool:
        """Whether the client has to say something before there is anything to do."""
        return self.conn.their_state in {h11.IDLE, h11.SEND_BODY}

    def _waiting(self) -> tuple[object, float]:
        """What the client has to do next, and how long that may take."""
        limits = self.config.limits
        if self.flow.write_paused or self.transport.is_closing():
            return ("read", self._resumed), limits.write_seconds
        if self.conn.their_state is h11.IDLE:
            return ("header", self.cycle), limits.header_seconds
        if self.conn.their_state is h11.SEND_BODY:
            return ("body", self.cycle), limits.body_seconds
        return None, math.inf


def raise_descriptor_limit() -> float:
    """Lets this process have as many descriptors as it may, within reason; returns how many it can have."""
    if sys.platform == "win32":
        return math.inf
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return math.inf if soft == resource.RLIM_INFINITY else soft
