"""Symbols as LSP has them (3.17, "Document Symbols"): kind, container name, range and selection range."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from rlm_core.workspace.line_endings import split_lines
from rlm_lsp.positions import code_units

if TYPE_CHECKING:
    from rlm_core.syntax.symbols import Symbol


class SymbolRanges:
    """Where the symbols of one file are.

    Args:
        text: what is in the file.
        encoding: of positions, as negotiated.
    """

    def __init__(self, text: str, encoding: str) -> None:
        self._lines = split_lines(text)
        self._encoding = encoding

    def range(self, symbol: Symbol) -> types.Range:
        """LSP's `range`: from the first line of a definition to the end of its last."""
        last = symbol.end_line - 1
        end = types.Position(last, code_units(self._text(last), self._encoding))
        return types.Range(types.Position(symbol.start_line - 1, 0), end)

    def selection_range(self, symbol: Symbol) -> types.Range:
        """LSP's `selectionRange`: the name; the whole line if it is written in another way there."""
        line = symbol.line - 1
        text = self._text(line)
        match = re.search(rf"(?<!\w){re.escape(symbol.name)}(?!\w)", text)
        first, last = match.span() if match else (0, len(text))
        return types.Range(
            types.Position(line, code_units(text[:first], self._encoding)),
            types.Position(line, code_units(text[:last], self._encoding)),
        )

    def _text(self, line: int) -> str:
        # The sandbox has read hostile text: its numbers may be beyond the file.
        return self._lines[line] if 0 <= line < len(self._lines) else ""


def symbol_kind(symbol: Symbol) -> types.SymbolKind:
    """LSP's kind of the same name; a variable where it has none."""
    name = "".join(part.title() for part in symbol.kind.split("_"))
    return getattr(types.SymbolKind, name, types.SymbolKind.Variable)


def container_name(symbol: Symbol) -> str:
    """What the symbol is defined in: the qualified name of another one, else the file's path."""
    return symbol.qualified_name.removesuffix(symbol.name).rstrip(".") or symbol.path
