"""Scopes of a file: which function or type a line is in, and what is defined there, without a walk.

Made once from a file's definitions, as a search in the call graph asks thousands of times.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from rlm_core.syntax.symbols import CALLABLES, TYPES, Symbol, walk

if TYPE_CHECKING:
    from collections.abc import Iterable


class FileScopes:
    """The definitions of one file by place and by name.

    Args:
        definitions: the file's tree of them.

    Attributes:
        at: the first definition whose name is on a line.
        members: the first definition of a qualified name.
        top: the names of functions and types that are in nothing else.
    """

    def __init__(self, definitions: Iterable[Symbol]) -> None:
        tree = list(definitions)
        self.at: dict[int, Symbol] = {}
        self.members: dict[str, Symbol] = {}
        self.top = {symbol.name for symbol in tree if symbol.kind in CALLABLES | TYPES}
        functions: list[Symbol] = []
        for symbol in walk(tree):
            self.members.setdefault(symbol.qualified_name, symbol)
            if symbol.name:
                self.at.setdefault(symbol.line, symbol)
            if symbol.kind in CALLABLES:
                functions.append(symbol)
        self._functions = sorted(functions, key=lambda each: (each.start_line, -each.end_line))
        self._starts = [each.start_line for each in self._functions]
        # The next function of those before that reaches as far as one: what it is in, if anything.
        self._outer: list[int] = []
        for number, each in enumerate(self._functions):
            outer = number - 1
            while outer >= 0 and self._functions[outer].end_line < each.end_line:
                outer = self._outer[outer]
            self._outer.append(outer)

    def __len__(self) -> int:
        return len(self.members)

    def function(self, line: int) -> Symbol | None:
        """The innermost function around a line."""
        number = bisect_right(self._starts, line) - 1
        while number >= 0 and self._functions[number].end_line < line:
            number = self._outer[number]
        return self._functions[number] if number >= 0 else None

    def around(self, symbol: Symbol) -> Symbol | None:
        """The function that a definition is in."""
        number = bisect_right(self._starts, symbol.start_line) - 1
        while number >= 0:
            each = self._functions[number]
            if each.end_line >= symbol.end_line and each.line != symbol.line:
                return each
            number = self._outer[number]
        return None
