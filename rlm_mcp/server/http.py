"""Streamable HTTP transport: who may connect, and how it ends.

Over loopback nobody needs a token, as on any local development server; anywhere else everybody does.
Host and Origin are checked in either case, so that no web page can reach it through a browser.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING, NamedTuple

import uvicorn
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.responses import JSONResponse

from rlm_core import __version__
from rlm_core.errors import ConfigError
from rlm_mcp.server.mcp_server import create_server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType

    from mcp.server import MCPServer
    from starlette.requests import Request

    from rlm_mcp.server.app import App

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "RLM_MCP_TOKEN"  # noqa: S105 - its name, not a token
MIN_TOKEN_CHARS = 16
MAX_SESSIONS = 256
# For runs under way when the server is told to end; then for connections that stay open.
DRAIN_SECONDS = 20.0
HANG_UP_SECONDS = 2


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads `[HOST:]PORT`; raises `ConfigError`."""
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
        if not port.isdecimal() or int(port) > 65535:
            raise ConfigError(f"--http takes [HOST:]PORT, such as 8080 or 127.0.0.1:8080, not {text!r}.")
        return cls(host, int(port))

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def listen(self) -> socket.socket:
        """A socket that listens; raises `ConfigError`."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, place = found[0]
            listening = socket.socket(family, kind, protocol)
            if sys.platform == "win32":  # where REUSEADDR would let two programs have one address
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen()
        except OSError as error:
            raise ConfigError(f"{self.host}:{self.port} cannot be listened on: {error.strerror}.") from error
        return listening


class Tokens(TokenVerifier):
    """The bearer tokens that are accepted, by the client that holds each."""

    def __init__(self, tokens: Sequence[tuple[str, str]] = ()) -> None:
        self._tokens = tuple(tokens)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whose token it is; None for nobody's. Takes as long for each."""
        known = [name for name, mine in self._tokens if _same(mine, token)]
        return AccessToken(token=token, client_id=known[0], scopes=[]) if known else None

    def __len__(self) -> int:
        return len(self._tokens)


def tokens(file: Path | None) -> Tokens:
    """The tokens of a file (a line for each client: its name, a space, its token) and of the environment.

    Raises:
        ConfigError: a token is too short, or the file cannot be read or can be by others.
    """
    found: list[tuple[str, str]] = []
    if environment := os.environ.get(TOKEN_VARIABLE):
        found.append(("default", environment))
    if file is not None:
        try:
            mode = file.stat().st_mode
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} cannot be read: {error}.") from error
        # On Windows the mode says nothing; a user's own folders are closed to others.
        if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{file} holds tokens, but others may use it too; chmod 600 it.")
        for line in lines:
            name, _, token = line.strip().rpartition(" ")
            if token and not line.startswith("#"):
                found.append((name.strip() or "default", token))
        if not found:
            raise ConfigError(f"{file} holds no token; write a line for each client: NAME TOKEN.")
    for name, token in found:
        if len(token) < MIN_TOKEN_CHARS:
            raise ConfigError(
                f"The token of {name} has fewer than {MIN_TOKEN_CHARS} characters; take a longer one."
            )
    return Tokens(found)


def serve(
    app: App,
    address: Address,
    known: Tokens,
    *,
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    extend: Callable[[MCPServer[App]], None] | None = None,
) -> None:
    """Serves until a signal, after which runs under way have `DRAIN_SECONDS` to end.

    Args:
        app: what is served.
        address: where.
        known: who may connect; may be empty for loopback.
        hosts: further names under which clients reach this server.
        origins: web pages that may.
        extend: may add to the server before it starts.

    Raises:
        ConfigError: others could connect without a token, or the address cannot be had.
    """
    if not address.loopback and not len(known):
        raise ConfigError(
            f"{address.host} can be reached from other machines, so clients need a token: set "
            f"{TOKEN_VARIABLE} or give --token-file. Without one, only loopback (127.0.0.1) is served."
        )
    listening = address.listen()
    port = listening.getsockname()[1]
    shown = f"[{address.host}]" if ":" in address.host else address.host
    url = f"http://{shown}:{port}"
    server = create_server(
        app,
        auth=AuthSettings(issuer_url=AnyHttpUrl(url), resource_server_url=None) if len(known) else None,
        verifier=known if len(known) else None,
    )

    if extend is not None:
        extend(server)

    @server.custom_route("/health", methods=["GET"])  # type: ignore[untyped-decorator]
    async def health(_: Request) -> JSONResponse:
        status = "draining" if app.draining else "ok"
        return JSONResponse({"status": status, "version": __version__}, 503 if app.draining else 200)

    web = server.streamable_http_app(
        max_sessions=MAX_SESSIONS, transport_security=_security(address, hosts, origins)
    )
    config = uvicorn.Config(
        web, log_config=None, access_log=False, timeout_graceful_shutdown=HANG_UP_SECONDS, server_header=False
    )
    log.warning(
        "Serving MCP at %s/mcp%s.", url, "" if len(known) else " without tokens, for this machine only"
    )
    asyncio.run(_Draining(config, app).serve([listening]))


class _Draining(uvicorn.Server):
    """The first signal takes no new work and lets runs end; the second ends the server at once."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._app = app
        self._drain: asyncio.Task[None] | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        self._loop.call_soon_threadsafe(self._on_signal)

    def _on_signal(self) -> None:
        if self._drain is None:
            self._app.draining = True
            self._drain = self._loop.create_task(self._end())
        else:
            self.should_exit = self.force_exit = True

    async def _end(self) -> None:
        under_way = self._app.runs.under_way()
        log.warning("Ending; %d runs have %g s to end.", len(under_way), DRAIN_SECONDS if under_way else 0)
        await self._app.runs.finish(DRAIN_SECONDS)
        self.should_exit = True


def _security(address: Address, hosts: Sequence[str], origins: Sequence[str]) -> TransportSecuritySettings:
    names = ["127.0.0.1", "localhost", "[::1]", *hosts]
    if not address.loopback:
        names += [address.host, socket.gethostname()]
    return TransportSecuritySettings(
        allowed_hosts=[form for name in names for form in (name, f"{name}:*")],
        allowed_origins=[
            *origins,
            *(f"{scheme}://{name}:*" for scheme in ("http", "https") for name in names[:3]),
        ],
    )


def _same(mine: str, given: str) -> bool:
    return hmac.compare_digest(*(text.encode("utf-8", "surrogateescape") for text in (mine, given)))
