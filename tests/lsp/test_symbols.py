"""Outlines and symbol search as an editor sees them: a real process, a real client, no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.editor import editing, text_document
from tests.support.files import git_repository, write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lsp.editor import Editor

CART = "class Cart:\n    def total(self):\n        return 0\n\n\nLIMIT = 3\n"
FILES = {
    "shop/cart.py": CART,
    "shop/show.js": "/* \U0001f600 */ function show() {}\n",
    "README.md": "# Shop\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", FILES)


def capabilities(encoding: str = "utf-16", *, trees: bool = True) -> types.ClientCapabilities:
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind(encoding)]),
        text_document=types.TextDocumentClientCapabilities(
            document_symbol=types.DocumentSymbolClientCapabilities(hierarchical_document_symbol_support=trees)
        ),
    )


async def outline(editor: Editor, file: Path) -> Any:
    return await editor.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(text_document(file))
    )


async def search(editor: Editor, query: str) -> list[Any]:
    found = await editor.client.workspace_symbol_async(types.WorkspaceSymbolParams(query))
    return list(found or [])


def span(place: types.Range) -> tuple[int, int, int, int]:
    return place.start.line, place.start.character, place.end.line, place.end.character


async def test_a_document_has_a_tree_of_symbols_also_before_it_is_saved(repository: Path) -> None:
    file = repository / "shop/cart.py"
    async with editing(repository, capabilities=capabilities()) as editor:
        cart, limit = await outline(editor, file)
        assert (cart.name, cart.kind, cart.detail) == ("Cart", types.SymbolKind.Class, "class Cart:")
        assert span(cart.range) == (0, 0, 2, 16)
        assert span(cart.selection_range) == (0, 6, 0, 10)
        [total] = cart.children
        assert (total.name, total.kind) == ("total", types.SymbolKind.Method)
        assert span(total.selection_range) == (1, 8, 1, 13)
        assert limit.kind == types.SymbolKind.Constant

        editor.open(file, CART)
        editor.change(file, "# new\r\ndef typed(): ...\r\n")
        [typed] = await outline(editor, file)
        assert span(typed.range) == (0, 0, 1, 16)
        assert span(typed.selection_range) == (1, 4, 1, 9)
        assert [found.name for found in await search(editor, "typed")] == ["typed"]
        assert await search(editor, "Cart") == []
        editor.close(file)
        assert len(await outline(editor, file)) == 2


@pytest.mark.parametrize(("encoding", "start"), [("utf-16", 18), ("utf-8", 20), ("utf-32", 17)])
async def test_positions_are_in_the_negotiated_encoding(repository: Path, encoding: str, start: int) -> None:
    async with editing(repository, capabilities=capabilities(encoding)) as editor:
        [show] = await outline(editor, repository / "shop/show.js")
        assert span(show.selection_range) == (0, start, 0, start + 4)
        [found] = await search(editor, "show")
        assert found.location.range == show.selection_range
        assert found.location.uri == (repository / "shop/show.js").as_uri()


async def test_a_client_without_trees_gets_a_list(repository: Path) -> None:
    async with editing(repository, capabilities=capabilities(trees=False)) as editor:
        found = await outline(editor, repository / "shop/cart.py")
        assert [(item.name, item.container_name) for item in found] == [
            ("Cart", "shop/cart.py"),
            ("total", "Cart"),
            ("LIMIT", "shop/cart.py"),
        ]


async def test_the_workspace_is_searched_by_parts_of_names(repository: Path) -> None:
    async with editing(repository, capabilities=capabilities()) as editor:
        assert [(item.name, item.container_name) for item in await search(editor, "OTA")] == [
            ("total", "Cart")
        ]
        assert await search(editor, "") == []
        assert await search(editor, "*") == []
        assert await search(editor, "nowhere") == []


async def test_what_is_not_part_of_the_context_has_no_symbols(repository: Path, tmp_path: Path) -> None:
    async with editing(repository, capabilities=capabilities()) as editor:
        write_tree(repository, {"notes.txt": "not parsed"})
        assert await outline(editor, repository / "notes.txt") == []
        assert await outline(editor, repository.parent / "elsewhere.py") == []
    empty = tmp_path / "empty"
    empty.mkdir()
    async with editing(empty, capabilities=capabilities()) as editor:
        with pytest.raises(JsonRpcException, match="There is no text file in"):
            await search(editor, "Cart")
