"""What faces look up in the code: real files, real workers, no model."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import Settings
from rlm_core.errors import QueryError, WorkspaceError
from rlm_core.service import Service
from tests.support.files import git_repository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FILES = {
    "shop/cart.py": "class Cart:\n    def total(self):\n        return 0\n",
    "shop/tangled.py": "(\n" * 100_000,
    "README.md": "# Shop\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


@pytest.fixture
async def service(repository: Path) -> AsyncIterator[Service]:
    async with Service([repository], Settings(), watch=False) as opened:
        yield opened


async def test_what_context_says_comes_back_as_data(service: Service) -> None:
    [cart] = await service.symbols("shop/cart.py")
    assert repr(cart) == "shop/cart.py:1-3 class Cart"
    assert [child.qualified_name for child in cart.children] == ["Cart.total"]
    assert await service.outline("shop/") == (
        "shop/cart.py (3 lines)\n  1-3 class Cart:\n    2-3 def total(self):\n"
        "(shop/tangled.py could not be parsed: It is too broken to be parsed as Python.)"
    )
    assert [repr(found) for found in await service.find("totl")] == ["shop/cart.py:2-3 method Cart.total"]


async def test_queries_see_the_present(service: Service, repository: Path) -> None:
    assert await service.find("Basket") == []
    (repository / "shop/cart.py").write_text("class Basket: ...\n")
    assert len(await service.find("Basket")) == 1
    service.workspace.set_overlay(repository / "shop/cart.py", "class Typed: ...\n", 1)
    assert [symbol.name for symbol in await service.symbols("shop/cart.py")] == ["Typed"]
    assert "class Typed" in await service.outline("shop/cart.py")


async def test_what_went_wrong_is_said(service: Service) -> None:
    with pytest.raises(QueryError, match=r"No file 'shop/crat.py' .* Did you mean shop/cart.py"):
        await service.symbols("shop/crat.py")
    with pytest.raises(QueryError, match="find needs a name"):
        await service.find("")
    tangled = await service.symbols("shop/tangled.py")
    assert tangled == []
    assert "too broken to be parsed" in tangled.note
    assert (await service.find("nowhere")).note == "No definition of nowhere."


async def test_a_cancelled_query_does_not_harm_the_next(service: Service) -> None:
    await service.find("Cart")
    for _ in range(3):
        query = asyncio.create_task(service.find("Cart"))
        await asyncio.sleep(0)
        query.cancel()
    assert len(await service.find("Cart")) == 1


async def test_nothing_to_look_at_is_an_error(tmp_path: Path) -> None:
    async with Service([tmp_path], Settings(), watch=False) as empty:
        with pytest.raises(WorkspaceError, match="There is no text file in"):
            await empty.find("Cart")
