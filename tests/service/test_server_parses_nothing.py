"""The server's process never loads a parser: hostile files are for workers, which may die of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.files import git_repository

FILES = {
    "shop/cart.py": "class Cart:\n    def total(self):\n        return sum(self.prices)\n",
    "README.md": "# Shop\n",
}

# What a server does, in a process that has loaded nothing before.
SERVER = """
import asyncio, json, sys
from pathlib import Path
from mcp.types import PromptReference
from rlm_core import config
from rlm_core.service import Service
from tests.mcp.clients import attached

async def serve(root):
    async with attached(root) as client:
        async with Service([root], config.load(), watch=False) as service:
            answer = await service.ask("What does `Cart.total` return?", scope=["shop/"])
        searched = await client.call_tool("rlm_query", {"question": "What does `Cart.total` return?"})
        step = await client.call_tool("rlm_repl", {"code": "context.find('Cart')"})
        for uri in ("rlm://workspace", "rlm://file/shop/cart.py", "rlm://outline/shop/cart.py"):
            await client.read_resource(uri)
        symbols = await client.complete(
            PromptReference(name="explain"), {"name": "symbol", "value": "Cart"}
        )
        outputs = searched.structured_content["answer"], step.structured_content["output"]
        return answer.citations[0].symbol, outputs, symbols.completion.values

symbol, outputs, symbols = asyncio.run(serve(Path(sys.argv[1])))
parsers = sorted(name for name in sys.modules if name.startswith(("tree_sitter", "rlm_core.syntax.parsing")))
print(json.dumps([symbol, outputs, symbols, parsers]))
"""


def test_the_server_parses_nothing(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", FILES)
    ran = subprocess.run(
        [sys.executable, "-c", SERVER, root],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    symbol, (searched, found), symbols, parsers = json.loads(ran.stdout)
    assert symbol == "Cart.total", "a worker has named the symbol"
    assert "shop/cart.py:2-3 method Cart.total" in searched
    assert "shop/cart.py:1-3 class Cart" in found
    assert "Cart" in symbols
    assert parsers == []
