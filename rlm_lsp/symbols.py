"""Symbols as LSP has them (3.17, "Document Symbols" and "Workspace Symbols").

Only what syntax alone can tell: where a use is defined and what else uses it is for a language's own
server, whose exact answers ours would only dilute.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from rlm_core.syntax.symbols import walk
from rlm_core.workspace.line_endings import split_lines
from rlm_lsp.buffers import file_of
from rlm_lsp.positions import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rlm_core.service import Service
    from rlm_core.syntax.symbols import Symbol

MAX_FOUND = 200
# A single letter is in almost every name.
_MIN_QUERY = 2


async def of_document(service: Service, uri: str, encoding: str) -> Sequence[types.DocumentSymbol]:
    """The definitions of a document as a tree; nothing for one that is not part of the context."""
    symbols, lines = await _looked_up(service, uri, encoding)
    return _tree(symbols, lines)


async def of_document_flat(service: Service, uri: str, encoding: str) -> Sequence[types.SymbolInformation]:
    """The same for clients that know no trees."""
    symbols, lines = await _looked_up(service, uri, encoding)
    return [
        types.SymbolInformation(
            types.Location(uri, lines.around(symbol)),
            symbol.name,
            _kind(symbol),
            container_name=_container(symbol),
        )
        for symbol in walk(symbols)
    ]


async def _looked_up(service: Service, uri: str, encoding: str) -> tuple[Sequence[Symbol], Lines]:
    file = file_of(uri)
    path = service.workspace.path_of(file) if file else None
    now = await service.present()
    if path is None or path not in now:
        return (), Lines("", encoding)
    return await service.symbols(path, at=now), Lines(now.text(path), encoding)


async def of_workspace(service: Service, query: str, encoding: str) -> list[types.WorkspaceSymbol]:
    """The definitions whose names contain a query, the most similar first, `MAX_FOUND` at most."""
    word = query.strip().replace("*", "")
    if not word:
        return []
    now = await service.present()
    name = f"*{word}*" if len(word) >= _MIN_QUERY else word
    lines: dict[str, Lines] = {}
    found: list[types.WorkspaceSymbol] = []
    for symbol in await service.find(name, limit=MAX_FOUND, at=now):
        if symbol.path not in lines:
            lines[symbol.path] = Lines(now.text(symbol.path), encoding)
        uri = service.workspace.file_of(symbol.path).as_uri()
        location = types.Location(uri, lines[symbol.path].name(symbol))
        found.append(
            types.WorkspaceSymbol(location, symbol.name, _kind(symbol), container_name=_container(symbol))
        )
    return found


class Lines:
    """The lines of a file, to place symbols in them."""

    def __init__(self, text: str, encoding: str) -> None:
        self._lines = split_lines(text)
        self._encoding = encoding

    def around(self, symbol: Symbol) -> types.Range:
        """From the first line of a definition to the end of its last."""
        last = symbol.end_line - 1
        end = types.Position(last, units(self._text(last), self._encoding))
        return types.Range(types.Position(symbol.start_line - 1, 0), end)

    def name(self, symbol: Symbol) -> types.Range:
        """Where the name is; the whole line if it is written in another way there."""
        line = symbol.line - 1
        text = self._text(line)
        match = re.search(rf"(?<!\w){re.escape(symbol.name)}(?!\w)", text)
        first, last = match.span() if match else (0, len(text))
        return types.Range(
            types.Position(line, units(text[:first], self._encoding)),
            types.Position(line, units(text[:last], self._encoding)),
        )

    def _text(self, line: int) -> str:
        # The sandbox has read hostile text: its numbers may be beyond the file.
        return self._lines[line] if 0 <= line < len(self._lines) else ""


def _tree(symbols: Iterable[Symbol], lines: Lines) -> list[types.DocumentSymbol]:
    return [
        types.DocumentSymbol(
            symbol.name,
            _kind(symbol),
            lines.around(symbol),
            lines.name(symbol),
            detail=symbol.signature,
            children=_tree(symbol.children, lines),
        )
        for symbol in symbols
    ]


def _kind(symbol: Symbol) -> types.SymbolKind:
    name = "".join(part.title() for part in symbol.kind.split("_"))
    return getattr(types.SymbolKind, name, types.SymbolKind.Variable)


def _container(symbol: Symbol) -> str:
    return symbol.qualified_name.removesuffix(symbol.name).rstrip(".") or symbol.path
