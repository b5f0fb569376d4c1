"""The SDK's own client against the real command."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mcp import Client, StdioServerParameters

from rlm_core import config
from rlm_core.config import ServerSettings
from rlm_mcp.server.app import App
from rlm_mcp.server.mcp_server import create_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

FILES = {
    "shop/cart.py": (
        "class Cart:\n"
        '    """What a customer wants to buy."""\n'
        "\n"
        "    def __init__(self):\n"
        "        self.items = []\n"
        "\n"
        "    def total_price(self, vat_rate):\n"
        "        net = sum(item.price for item in self.items)\n"
        "        return net * (1 + vat_rate)\n"
    ),
    "shop/checkout.py": "from shop.cart import Cart\n\ndef pay(cart):\n    return cart.total_price(0.2)\n",
    "README.md": "# Shop\n",
}

# A root model that looks at the context and answers.
ANSWERED = ["```repl\nprint(len(context))\n```", "FINAL(See shop/cart.py:7-9.)"]

# The SDK's names for the two eras of the protocol.
ERAS = ["legacy", "2026-07-28"]


@asynccontextmanager
async def connected(
    root: Path | None,
    mode: str = "auto",
    *flags: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    **client: Any,
) -> AsyncIterator[Client]:
    """A client of `rlm-mcp` over stdio."""
    rooted = ["--root", str(root)] if root is not None else []
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "rlm_mcp", *rooted, *flags],
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )
    async with Client(server, mode=mode, **client) as connection:
        yield connection


def text_of(result: Any) -> str:
    """The text blocks of a tool's result."""
    return "".join(block.text for block in result.content)


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The fields of a tool's result, which must not be an error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


async def failure(client: Client, tool: str, **arguments: Any) -> str:
    """The sentence of a tool's error."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    said = text_of(result)
    assert "Traceback" not in said
    return said


@asynccontextmanager
async def attached(
    root: Path | None, mode: str = "auto", *, grants: Mapping[str, Any] | None = None, **client: Any
) -> AsyncIterator[Client]:
    """A client of a server in this process: everything but the pipe is real."""
    app = App(
        config.load, ServerSettings(**(grants or {})), [root] if root is not None else [], ask_roots=True
    )
    async with Client(create_server(app), mode=mode, **client) as connection:
        yield connection
