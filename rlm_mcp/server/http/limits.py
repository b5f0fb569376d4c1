"""Limits of the HTTP transport: what clients have open at once, and how long a connection may be silent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of a server over HTTP.

    Attributes:
        connections: open at once, of all clients; half of the process's descriptors if those are fewer.
        requests: answered at once, open streams among them, for each token.
        sessions: MCP sessions of each token.
        all_sessions: MCP sessions of all clients. Where no tokens are asked for, all are one client's.
        body_bytes: of a message.
        header_seconds: until the header of a request is here, from when the connection waits for it.
        body_seconds: until its body is here after that.
        write_seconds: that a client may read nothing of what it is sent.
        check_seconds: how often connections and the file of tokens are looked at.
        drain_seconds: for runs and calls under way when the server is told to end.
        hang_up_seconds: then for answers that are on their way.
    """

    connections: int = 512
    requests: int = 64
    sessions: int = 64
    all_sessions: int = 256
    body_bytes: int = 4 << 20
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    write_seconds: float = 30.0
    check_seconds: float = 1.0
    drain_seconds: float = 20.0
    hang_up_seconds: int = 2
