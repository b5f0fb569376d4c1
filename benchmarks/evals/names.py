"""Name: an item of an answer that is compared as a string, a path or `path::symbol` among them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks.evals.answers import spellings
from benchmarks.evals.places import Files

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from benchmarks.evals.answers import Reading

_FILE = re.compile(r"\.\w{1,10}$")
_ONE_LINE = re.compile(r",[ \t]|[ \t](?:->|\u2192)[ \t]")
# `path:Class.function`, as CodeScout's own records have it.
_ONE_COLON = re.compile(r"(?P<path>[^:]+\.\w+):(?P<symbol>[A-Za-z_$][\w$.]*+)(?:\(\))?")
_LINE_AFTER = re.compile(r":L?\d{1,9}(?:-L?\d{1,9})?$")


def file_of(name: str) -> str:
    """The path of a `path::symbol`; empty for other names, as `std::fmt`."""
    path, _, symbol = name.partition("::")
    return path if symbol and ("." in path or "/" in path) and ":" not in path else ""


class Names:
    """The names that are right, for items as answers write them.

    Args:
        truth: the names.
        workspace: its name, which an answer may put before a path.
    """

    def __init__(self, truth: Collection[str], workspace: str) -> None:
        self._truth = truth
        paths = (file_of(name) or name for name in truth if file_of(name) or _FILE.search(name))
        self._files = Files(paths, workspace)

    def __contains__(self, name: object) -> bool:
        return name in self._truth

    def split(self, reading: Reading) -> Sequence[str]:
        """The items of an answer; what stands in one line of a block, with commas or arrows, as several."""
        if len(reading.items) != 1 or reading.items[0].strip() in self._truth:
            return reading.items
        (item,) = reading.items
        is_name = self.resolve(item) in self._truth
        if not is_name and not reading.some:
            return ()
        parts = [part.strip() for part in _ONE_LINE.split(item)] if reading.block else [item]
        names = sum(self.resolve(part) in self._truth for part in parts)
        # "`name`, which is why" is one name; "`name`, `other`" are two.
        if is_name and names < 2 and any(" " in part for part in parts):
            return [item]
        return parts

    def resolve(self, item: str) -> str:
        """The name that an item means: the right one with the least taken off, else what is left of it."""
        spelling = item
        for spelling in spellings(item):
            for name in (spelling, self._as_path(spelling)):
                if name in self._truth:
                    return name
        return self._as_path(spelling)

    def _as_path(self, name: str) -> str:
        """A name with its path as in the workspace, `::` before the symbol, and no line after it."""
        name = _LINE_AFTER.sub("", name)
        one_colon = _ONE_COLON.fullmatch(name)
        if one_colon:
            name = f"{one_colon['path']}::{one_colon['symbol']}"
        path = file_of(name)
        if not path:
            return self._files.resolve(name)
        symbol = name[len(path) + 2 :].replace("::", ".").removesuffix("()")
        return f"{self._files.resolve(path)}::{symbol}"
