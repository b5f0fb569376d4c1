"""Symbols: the definitions of a file, as a tree. What they are like; `symbol_extraction` finds them.

Apart from that, so that the server can hold symbols without the parser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TYPES = frozenset({"class", "struct", "interface", "enum"})
CALLABLES = frozenset({"function", "method", "constructor", "operator"})
# What holds or does something, as against a value; a heading (`string`) holds its section.
BLOCKS = TYPES | CALLABLES | {"namespace", "module", "string"}


class Located:
    """A row of a list that is about a place: it has `path` and `line`, and may have a `symbol`."""

    __slots__ = ()
    path: str
    line: int

    @property
    def ref(self) -> str:
        """`path::symbol`, else `path:line`: what `context.slice` takes."""
        symbol: str = getattr(self, "symbol", "")
        return f"{self.path}::{symbol}" if symbol else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, repr=False)
class Symbol(Located):
    """A definition.

    Attributes:
        path: the file.
        name: as it is written, without what it is in.
        kind: LSP's `SymbolKind` in lower case: `class`, `method`, `function`, `enum_member` …
        qualified_name: names from the outside in, joined by dots in every language: `Outer.inner`.
        start_line: first line, from 1, with decorators and the comment directly above.
        end_line: last line, inclusive.
        line: where the name is.
        signature: the head of the definition on one line.
        children: definitions inside; for a type also its methods elsewhere in the file (Go, Rust, C++).
    """

    path: str
    name: str
    kind: str
    qualified_name: str
    start_line: int
    end_line: int
    line: int
    signature: str
    children: tuple[Symbol, ...] = ()

    @property
    def symbol(self) -> str:
        """The same as `qualified_name`, as rows of other lists have it."""
        return self.qualified_name

    @property
    def name_line(self) -> int:
        """Where the name is: the same as `line`, as a slice of the definition has it."""
        return self.line

    def __repr__(self) -> str:
        lines = spanned(self.start_line, self.end_line, self.line)
        return f"{self.path}:{lines} {self.kind} {self.qualified_name}"


def spanned(first: int, last: int, name_line: int) -> str:
    """Lines of a definition in words: `117-370 (def at 119)` where it begins above its name."""
    return f"{first}-{last} (def at {name_line})" if name_line > first else f"{first}-{last}"


def walk(tree: Iterable[Symbol]) -> Iterator[Symbol]:
    """Yields every symbol of a tree, parents first."""
    for symbol in tree:
        yield symbol
        yield from walk(symbol.children)
