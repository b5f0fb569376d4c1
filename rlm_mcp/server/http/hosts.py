"""Host and Origin checks, so that no web page reaches the server through a browser (DNS rebinding).

The SDK has such a check, but takes a header for what its text begins with: not `LOCALHOST`, which is a name
of loopback, but `http://127.0.0.1:80@evil.example`, whose host is another.
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from rlm_mcp.server.http.address import Address

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

# RFC 9110, section 7.2, and RFC 6454, section 6.2; in lower case.
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s:/@\[\]?#]+)(?P<port>:[0-9]{1,5})?")
_ORIGIN = re.compile(rf"(?P<scheme>https?)://{_HOST.pattern}")


class HostCheck:
    """Middleware: answers requests only under names of this server, and from pages that may.

    Args:
        app: what answers.
        exempt: a path that tells nothing, and that is asked under any name to see whether the server runs.
        address: where the server listens.
        hosts: further names under which clients reach it, each with or without a port.
        origins: web pages that may, besides those of loopback.
    """

    def __init__(
        self,
        app: ASGIApp,
        exempt: str,
        address: Address,
        hosts: Sequence[str],
        origins: Sequence[str],
    ) -> None:
        self._app = app
        self._exempt = exempt
        beyond = [] if address.loopback else [address.host, socket.gethostname()]
        self._hosts = LOOPBACK | {name.lower() for name in (*hosts, *beyond)}
        self._origins = {origin.lower().removesuffix("/") for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or refuses to."""
        if scope["type"] == "http" and scope["path"] != self._exempt:
            headers, refusal = Headers(scope=scope), None
            if twice := [name for name in ("host", "origin") if len(headers.getlist(name)) > 1]:
                refusal = PlainTextResponse(f"There is more than one {twice[0].title()}; send one.", 400)
            elif "content-length" in headers and "transfer-encoding" in headers:
                # What a proxy in between takes for a request of its own may differ (RFC 9112, section 6.3).
                sentence = "Send Content-Length or Transfer-Encoding, not both."
                refusal = PlainTextResponse(sentence, 400, {"Connection": "close"})
            elif not self._is_ours(headers.get("host", "").lower()):
                sentence = "Host is no name of this server; --allow-host adds one when it starts."
                refusal = PlainTextResponse(sentence, 421)
            elif "origin" in headers and not self._may(headers["origin"].lower()):
                sentence = (
                    "Pages of this Origin may not connect; --allow-origin adds one when the server starts."
                )
                refusal = PlainTextResponse(sentence, 403)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        return found is not None and not self._hosts.isdisjoint({found["name"], host})

    def _may(self, origin: str) -> bool:
        found = _ORIGIN.fullmatch(origin)
        return origin in self._origins or (found is not None and found["name"] in LOOPBACK)
