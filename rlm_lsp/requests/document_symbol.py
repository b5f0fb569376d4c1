"""`textDocument/documentSymbol`: the outline of a document, unsaved text included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from rlm_core.syntax.symbols import walk
from rlm_lsp.buffers import uri_to_file
from rlm_lsp.symbols import SymbolRanges, container_name, symbol_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rlm_core.service import Service
    from rlm_core.syntax.symbols import Symbol
    from rlm_lsp.server import Server

OPTIONS = types.DocumentSymbolOptions(label="RLM")


async def document_symbol(
    ls: Server, params: types.DocumentSymbolParams
) -> Sequence[types.DocumentSymbol | types.SymbolInformation]:
    """Answers with a tree, or with a list to clients that know no trees.

    Nothing for a document that is not part of the context.
    """
    uri, encoding = params.text_document.uri, ls.position_encoding
    text_document = ls.client_capabilities.text_document
    capability = text_document.document_symbol if text_document else None
    hierarchical = capability is not None and capability.hierarchical_document_symbol_support

    async def query(service: Service) -> Sequence[types.DocumentSymbol | types.SymbolInformation]:
        symbols, ranges = await _symbols(service, uri, encoding)
        return _tree(symbols, ranges) if hierarchical else _flat(symbols, ranges, uri)

    return await ls.session.query(query)


async def _symbols(service: Service, uri: str, encoding: str) -> tuple[Sequence[Symbol], SymbolRanges]:
    file = uri_to_file(uri)
    path = service.workspace.path_of(file) if file else None
    now = await service.present()
    if path is None or path not in now:
        return (), SymbolRanges("", encoding)
    return await service.symbols(path, at=now), SymbolRanges(now.text(path), encoding)


def _tree(symbols: Iterable[Symbol], ranges: SymbolRanges) -> list[types.DocumentSymbol]:
    return [
        types.DocumentSymbol(
            symbol.name,
            symbol_kind(symbol),
            ranges.range(symbol),
            ranges.selection_range(symbol),
            detail=symbol.signature,
            children=_tree(symbol.children, ranges),
        )
        for symbol in symbols
    ]


def _flat(symbols: Iterable[Symbol], ranges: SymbolRanges, uri: str) -> list[types.SymbolInformation]:
    return [
        types.SymbolInformation(
            types.Location(uri, ranges.range(symbol)),
            symbol.name,
            symbol_kind(symbol),
            container_name=container_name(symbol),
        )
        for symbol in walk(symbols)
    ]
