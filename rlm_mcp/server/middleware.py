"""Middleware, to which the SDK leaves when to open which workspace, and subscriptions of older clients."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mcp.types.version import HANDSHAKE_PROTOCOL_VERSIONS

from rlm_mcp.server.sampling import lends_model
from rlm_mcp.server.subscriptions import connection_of

if TYPE_CHECKING:
    from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

    from rlm_mcp.server.app import App
    from rlm_mcp.server.subscriptions import Announcer

# They need the workspace, and have no way to ask for the client's roots themselves.
_NEED_WORKSPACE = frozenset({"resources/read", "completion/complete"})


class Handshake:
    """A middleware of the server (2025-11-25 and 2026-07-28 alike).

    The SDK serves `resources/subscribe`, which older clients use, only on its low-level server.
    """

    def __init__(self, app: App, announcer: Announcer) -> None:
        self._app = app
        self._announcer = announcer

    async def __call__(self, ctx: ServerRequestContext[App, Any], call_next: CallNext) -> HandlerResult:
        """Handles a message, or hands it on."""
        roots = self._app.client_roots
        match ctx.method:
            case "initialize":
                return self._told_of_models(_with_subscriptions(await call_next(ctx)), _lent(ctx))
            case "notifications/initialized" | "notifications/roots/list_changed":
                wanted = roots.applies_to(ctx.session)
                self._app.background(roots.fetch(ctx.session) if wanted else roots.open_default())
            case "server/discover":
                if not roots.applies_to(ctx.session):
                    self._app.background(roots.open_default())
                return self._told_of_models(await call_next(ctx), lends_model(ctx.session))
            case "subscriptions/listen":
                return await self._listen(ctx, call_next)
            case "resources/subscribe" | "resources/unsubscribe" if _is_handshake_era(ctx):
                return await self._subscribe(ctx)
            case method if method in _NEED_WORKSPACE:
                await roots.ensure_open(ctx.session)
        return await call_next(ctx)

    def _told_of_models(self, result: HandlerResult, lent: bool) -> HandlerResult:
        """The result of a handshake; its instructions say so where neither we nor the client has a model."""
        if isinstance(result, dict) and not (lent or self._app.has_endpoint):
            what, _, more = str(result["instructions"]).partition("\n\n")
            offline = files("rlm_mcp.server").joinpath("offline.md").read_text("utf-8")
            result["instructions"] = f"{what}\n\n{offline}\n{more}"
        return result

    async def _listen(self, ctx: ServerRequestContext[App, Any], call_next: CallNext) -> HandlerResult:
        await self._app.client_roots.ensure_open(ctx.session)
        match ctx.params:
            case {"notifications": {"resourceSubscriptions": list(uris)}}:
                await self._announcer.listen([uri for uri in uris if isinstance(uri, str)])
            case _:
                await self._announcer.listen([])
        try:
            return await call_next(ctx)
        finally:
            self._announcer.unlisten()

    async def _subscribe(self, ctx: ServerRequestContext[App, Any]) -> HandlerResult:
        uri = str((ctx.params or {}).get("uri", ""))
        if ctx.method == "resources/subscribe":
            await self._app.client_roots.ensure_open(ctx.session)
            await self._announcer.subscribe(connection_of(ctx), uri, ctx.session)
        else:
            self._announcer.unsubscribe(connection_of(ctx), uri)
        return {}


def _is_handshake_era(ctx: ServerRequestContext[App, Any]) -> bool:
    return ctx.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS and ctx.session.client_params is not None


def _lent(ctx: ServerRequestContext[App, Any]) -> bool:
    """Whether a client lends its model, by its handshake, which the session does not know of yet."""
    match ctx.params:
        case {"capabilities": {"sampling": dict()}}:
            return True
    return False


def _with_subscriptions(result: HandlerResult) -> HandlerResult:
    if isinstance(result, dict):
        result["capabilities"]["resources"]["subscribe"] = True
    return result
