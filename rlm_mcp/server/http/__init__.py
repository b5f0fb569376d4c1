"""HTTP transport (MCP's streamable HTTP): who may connect, what each client may have, and how it ends."""

from rlm_mcp.server.http.address import Address
from rlm_mcp.server.http.limits import HttpLimits
from rlm_mcp.server.http.server import serve
from rlm_mcp.server.http.tokens import TOKEN_VARIABLE, Tokens

__all__ = ["TOKEN_VARIABLE", "Address", "HttpLimits", "Tokens", "serve"]
