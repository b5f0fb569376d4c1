"""Server over HTTP: the SDK's application, run by uvicorn until a signal.

Over loopback nobody needs a token, as on any local development server; anywhere else everybody does.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
from typing import TYPE_CHECKING, Any

import uvicorn
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.middleware import Middleware
from starlette.responses import JSONResponse

from rlm_core import __version__
from rlm_core.errors import ConfigError
from rlm_core.owner import Owner
from rlm_core.wording import pluralize
from rlm_mcp.server.http.admission import Admission, AdmissionMiddleware
from rlm_mcp.server.http.bodies import BodyMiddleware
from rlm_mcp.server.http.connections import Connection, HttpConfig, raise_descriptor_limit
from rlm_mcp.server.http.hosts import HostCheck
from rlm_mcp.server.http.limits import HttpLimits
from rlm_mcp.server.http.tokens import TOKEN_VARIABLE, Tokens
from rlm_mcp.server.mcp_server import create_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from types import FrameType

    from mcp.server import MCPServer
    from starlette.requests import Request

    from rlm_mcp.server.app import App
    from rlm_mcp.server.http.address import Address

log = logging.getLogger(__name__)

PATH, HEALTH = "/mcp", "/health"
WAITING_CONNECTIONS = 1_024  # until they are accepted
# Of what is wrong with accepting connections, a sentence is written so often.
COMPLAINT_SECONDS = 60.0


def serve(
    app: App,
    address: Address,
    tokens: Tokens,
    *,
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    limits: HttpLimits | None = None,
    extend: Callable[[MCPServer[App]], None] | None = None,
) -> None:
    """Serves until a signal, after which what is under way has `HttpLimits.drain_seconds` to end.

    Args:
        app: what is served.
        address: where.
        tokens: who may connect; for loopback none may be asked for.
        hosts: further names under which clients reach this server.
        origins: web pages that may.
        limits: what clients may have; the default is meant to suit everybody.
        extend: may add to the server before it starts.

    Raises:
        ConfigError: others could connect without a token, or the address cannot be had.
    """
    if not address.loopback and not tokens.required:
        raise ConfigError(
            f"{address.host} can be reached from other machines, so clients need a token: set "
            f"{TOKEN_VARIABLE} or give --token-file. Without one, only loopback (127.0.0.1) is served."
        )
    limits = limits or HttpLimits()
    max_connections = int(min(limits.connections, raise_descriptor_limit() // 2))
    listening = address.listen()
    shown = f"[{address.host}]" if ":" in address.host else address.host
    url = f"http://{shown}:{listening.getsockname()[1]}"
    server = create_server(
        app,
        auth=AuthSettings(issuer_url=AnyHttpUrl(url), resource_server_url=None) if tokens.required else None,
        verifier=tokens if tokens.required else None,
    )
    if extend is not None:
        extend(server)

    @server.custom_route(HEALTH, methods=["GET"])  # type: ignore[untyped-decorator]
    async def health(_: Request) -> JSONResponse:
        status = "draining" if app.draining else "ok"
        return JSONResponse({"status": status, "version": __version__}, 503 if app.draining else 200)

    web = server.streamable_http_app(
        streamable_http_path=PATH,
        max_sessions=limits.all_sessions,
        max_request_body_size=limits.body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # see HostCheck
    )
    admission = Admission(server.session_manager, limits, shared=not tokens.required)
    web.user_middleware.insert(
        0, Middleware(HostCheck, exempt=HEALTH, address=address, hosts=hosts, origins=origins)
    )
    web.user_middleware.append(Middleware(AdmissionMiddleware, path=PATH, admission=admission))
    web.user_middleware.append(Middleware(BodyMiddleware, path=PATH, most=limits.body_bytes))
    log.warning("Serving MCP at %s%s%s.", url, PATH, "" if tokens.required else _WITHOUT_TOKENS)
    config = HttpConfig(web, limits, max_connections)
    asyncio.run(_HttpServer(config, app, tokens, admission).serve([listening]))


_WITHOUT_TOKENS = ", for this machine only, without tokens: all its users and programs are one client"


class _HttpServer(uvicorn.Server):
    """uvicorn's server, which drains at the first signal and ends at once at the second.

    It sees to it that connections do not keep it waiting, and that who has lost a token has nothing any more.
    """

    config: HttpConfig

    def __init__(self, config: HttpConfig, app: App, tokens: Tokens, admission: Admission) -> None:
        super().__init__(config)
        self._app = app
        self._tokens = tokens
        self._admission = admission
        self._drain: asyncio.Task[None] | None = None
        self._complained = -COMPLAINT_SECONDS

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._on_loop_error)
        checking = self._loop.create_task(self._check())
        hang_up: signal.Signals | None = getattr(signal, "SIGHUP", None)  # not on Windows
        # Whoever starts a server with nohup wants it to go on when the terminal is closed.
        if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
            signal.signal(hang_up, self.handle_exit)
        await super().serve(sockets)
        checking.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(WAITING_CONNECTIONS)  # asyncio has one number for this and for ACCEPTED_IN_A_ROW

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        self._loop.call_soon_threadsafe(self._on_signal)

    def _on_signal(self) -> None:
        if self._drain is None:
            self._drain = self._loop.create_task(self._end())
        else:
            self._drain.cancel()
            self._drain = self._loop.create_task(self._hang_up(0))

    async def _end(self) -> None:
        runs, seconds = len(self._app.runs.under_way()), self.config.limits.drain_seconds
        log.warning("Ending; %s, and what is under way has %g s to end.", pluralize(runs, "run"), seconds)
        await self._app.drain(seconds)
        await self._hang_up(self.config.limits.hang_up_seconds)

    async def _hang_up(self, seconds: float) -> None:
        await self._admission.finish(seconds)
        self.should_exit = True

    async def _check(self) -> None:
        """Drops connections that keep us waiting, and whoever has no token any more."""
        while True:
            await asyncio.sleep(self.config.limits.check_seconds)
            connections: set[Connection] = self.server_state.connections  # type: ignore[assignment]
            dropped = sum(connection.drop_if_overdue() for connection in list(connections))
            if dropped:
                log.info("dropped %s that kept the server waiting", pluralize(dropped, "connection"))
            for client in self._tokens.take_removed():
                log.warning("The token of %s is not accepted any more; all that it has is ended.", client)
                await self._admission.dismiss(client)
                self._app.background(self._app.dismiss(Owner(client)))

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Says once that there are no descriptors left; asyncio would write a traceback for every attempt."""
        error = context.get("exception")
        if not (
            isinstance(error, OSError)
            and error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
        ):
            loop.default_exception_handler(context)
        elif loop.time() - self._complained > COMPLAINT_SECONDS:
            self._complained = loop.time()
            log.error("No connection can be accepted: %s. Others go on.", error.strerror)
