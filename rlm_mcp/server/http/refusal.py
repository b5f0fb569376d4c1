"""Refusal of a request: a JSON-RPC error with its HTTP status."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcp.types import ErrorData, JSONRPCError
from starlette.responses import Response

from rlm_mcp.server.http.connections import RETRY_SECONDS

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

REFUSED = -32000  # of the codes that JSON-RPC leaves to servers
_FOR_NOW = frozenset({429, 503})


class Refusal(NamedTuple):
    """Why a request is not answered."""

    status: int
    sentence: str
    code: int = REFUSED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Says so, and when to come back."""
        error = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=self.code, message=self.sentence))
        response = Response(
            error.model_dump_json(by_alias=True, exclude_unset=True),
            status_code=self.status,
            media_type="application/json",
            headers={"Retry-After": str(RETRY_SECONDS)} if self.status in _FOR_NOW else None,
        )
        await response(scope, receive, send)
