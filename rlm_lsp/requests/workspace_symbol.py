"""`workspace/symbol`: definitions by a part of their name, unsaved text included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from rlm_lsp.symbols import SymbolRanges, container_name, symbol_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.service import Service
    from rlm_lsp.server import Server

MAX_SYMBOLS = 200
# A single letter is in almost every name: it has to be the whole of one.
_MIN_PART_CHARS = 2


async def workspace_symbol(
    ls: Server, params: types.WorkspaceSymbolParams
) -> Sequence[types.WorkspaceSymbol]:
    """Answers with the `MAX_SYMBOLS` definitions whose names are most like the query, which they contain."""
    word, encoding = params.query.strip().replace("*", ""), ls.position_encoding

    async def query(service: Service) -> Sequence[types.WorkspaceSymbol]:
        return await _find(service, word, encoding) if word else ()

    return await ls.session.query(query)


async def _find(service: Service, word: str, encoding: str) -> list[types.WorkspaceSymbol]:
    now = await service.present()
    name = f"*{word}*" if len(word) >= _MIN_PART_CHARS else word
    ranges: dict[str, SymbolRanges] = {}
    found: list[types.WorkspaceSymbol] = []
    for symbol in await service.find(name, limit=MAX_SYMBOLS, at=now):
        if symbol.path not in ranges:
            ranges[symbol.path] = SymbolRanges(now.text(symbol.path), encoding)
        uri = service.workspace.file_of(symbol.path).as_uri()
        location = types.Location(uri, ranges[symbol.path].selection_range(symbol))
        found.append(
            types.WorkspaceSymbol(
                location, symbol.name, symbol_kind(symbol), container_name=container_name(symbol)
            )
        )
    return found
