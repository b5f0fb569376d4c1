"""Slicing (`context.slice`): from a reference to the text it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.context.excerpts import Window, merged, section
from rlm_core.context.find import name_parts, named, plain_name, similar_symbols
from rlm_core.context.paths import resolve_path
from rlm_core.context.rows import (
    CallEdge,
    Callee,
    Captured,
    Constant,
    File,
    Hit,
    Import,
    Ranked,
    Reference,
    Relation,
    Slice,
    Text,
)
from rlm_core.context.suggest import did_you_mean
from rlm_core.errors import QueryError
from rlm_core.syntax.symbols import Symbol, walk
from rlm_core.wording import one_line
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rlm_core.context.coverage import CoverageRecord
    from rlm_core.context.definitions import Definitions
    from rlm_core.workspace.snapshot import Snapshot

# Shown around a line that is in no definition.
_AROUND = 10
_LINES = re.compile(r"(?P<path>.+?)(?::|#)L?(?P<first>\d+)(?:-L?(?P<last>\d+))?(?::\d+)?\Z", re.DOTALL)
MAX_AROUND = 50
_FORMS = "Write 'path::Class.method', 'path:120', 'path:10-40' or 'path'."

_PLACES = Hit | Reference | Ranked | Callee | Import | Relation | Constant | Captured | CallEdge
Ref = str | Symbol | _PLACES


class Slicer:
    """Cuts text out of the files of one snapshot."""

    def __init__(self, snapshot: Snapshot, definitions: Definitions, seen: CoverageRecord) -> None:
        self._snapshot = snapshot
        self._seen = seen
        self._definitions = definitions

    def slice(self, ref: Ref) -> Slice:
        """Returns the text that a reference means.

        Raises:
            QueryError: no such file, line or definition; names what comes near.
        """
        if isinstance(ref, Slice):
            return ref
        if isinstance(ref, Symbol):
            return self._of_symbol(ref)
        if isinstance(ref, _PLACES):
            return self._at(ref.path, ref.line)
        if not isinstance(ref, str):
            raise QueryError(f"slice takes a string or a result, not {type(ref).__name__}. {_FORMS}")
        text = ref.strip()
        if isinstance(ref, File) or text in self._snapshot:
            return self._whole(text)
        path, colons, name = text.partition("::")
        if colons:
            return self._named(self._path(path), name)
        if match := _LINES.match(text):
            path, first = self._path(match["path"]), int(match["first"])
            return self.lines(path, first, int(match["last"])) if match["last"] else self._at(path, first)
        return self._whole(self._path(text))

    def lines(self, path: str, first: int, last: int) -> Slice:
        """Returns some lines of a file.

        Args:
            path: the file.
            first: from 1.
            last: inclusive; may lie behind the file's end.

        Raises:
            QueryError: the file does not have those lines.
        """
        path = self._path(path)
        lines = split_lines(self._seen.text(path), keepends=True)
        if not 1 <= first <= last or first > len(lines):
            raise QueryError(f"{path} has lines 1 to {len(lines)}; {first} to {last} is not among them.")
        kept = lines[first - 1 : last]
        note = f"the file ends at line {len(lines)}" if last > len(lines) else ""
        end = first + len(kept) - 1
        block = self._definitions.enclosing_block(self._snapshot.index(path), first, end)
        symbol = block.qualified_name if block else ""
        return Slice.of("".join(kept), path, first, end, symbol, note)

    def excerpts(self, refs: Iterable[Ref], around: int) -> Text:
        """Returns the text of several references, numbered and by file, with failures in their place.

        Of what names a single line that line is shown, and as many around it as are wanted.

        Raises:
            QueryError: a number is out of range.
        """
        if not 0 <= around <= MAX_AROUND:
            raise QueryError(f"around must be from 0 to {MAX_AROUND} lines, not {around}.")
        files: dict[str, list[Window]] = {}
        for ref in refs:
            try:
                path, window = self._window(ref, around)
            except QueryError as error:
                files.setdefault(f"({_shown(ref)}: {error})", [])
            else:
                files.setdefault(path, []).append(window)
        sections = (self._section(path, windows) for path, windows in files.items())
        return Text("\n\n".join(sections) or "(no places)")

    def _section(self, path: str, windows: list[Window]) -> str:
        if not windows:
            return path  # what was to be shown instead of one, and why it is not
        lines = split_lines(self._seen.text(path))
        whole = merged(windows)
        for window in whole:
            around = self._definitions.enclosing_block(self._snapshot.index(path), window.first, window.last)
            if around is not None and not window.marked:
                window.symbols = [_heading(around, window)]
        return section(path, whole, lambda number: lines[number - 1] if number <= len(lines) else "")

    def _window(self, ref: Ref, around: int) -> tuple[str, Window]:
        line = ref.line if isinstance(ref, _PLACES) else 0
        match = (
            None if line or not isinstance(ref, str) or ref in self._snapshot else _LINES.match(ref.strip())
        )
        if match and not match["last"] and "::" not in match["path"]:
            line = int(match["first"])
        if not line:
            piece = self.slice(ref)
            return piece.path, Window(piece.start_line, piece.end_line, set(), _named(piece.symbol))
        path = self._path(ref.path if isinstance(ref, _PLACES) else match["path"] if match else "")
        self.lines(path, line, line)  # which says what is wrong with it
        piece = self.lines(path, max(1, line - around), line + around)
        inside = self._definitions.enclosing_block(self._snapshot.index(path), line)
        symbols = [f"in {inside.qualified_name} ({inside.start_line}-{inside.end_line})"] if inside else []
        return path, Window(piece.start_line, piece.end_line, {line}, symbols)

    def _path(self, path: str) -> str:
        return resolve_path(self._snapshot, path)

    def _whole(self, path: str) -> Slice:
        text = self._seen.text(path)
        return Slice.of(text, path, 1, max(1, len(split_lines(text))))

    def _of_symbol(self, symbol: Symbol, note: str = "") -> Slice:
        lines = split_lines(self._seen.text(self._path(symbol.path)), keepends=True)
        text = "".join(lines[symbol.start_line - 1 : symbol.end_line])
        span = (symbol.start_line, symbol.end_line)
        return Slice.of(text, symbol.path, *span, symbol.qualified_name, note, symbol.line)

    def _at(self, path: str, line: int) -> Slice:
        """The innermost block around a line, or else the lines around it."""
        path = self._path(path)
        block = self._definitions.enclosing_block(self._snapshot.index(path), line)
        if block is not None:
            return self._of_symbol(block)
        around = self.lines(path, max(1, line - _AROUND), max(line, line + _AROUND) if line > 0 else line)
        return Slice.of(
            str(around),
            path,
            around.start_line,
            around.end_line,
            note=f"line {line} is in no definition, so this is what is around it",
        )

    def _named(self, path: str, name: str) -> Slice:
        tree = self._definitions.of(self._snapshot.index(path))
        everything = list(walk(tree))
        found = list(filter(named(name), everything))
        if not found:
            why = (
                tree.note
                or did_you_mean(similar_symbols(name, everything))
                or "outline(path) lists what it has."
            )
            raise QueryError(f"{path} has no definition of {name!r}. {why}")
        whole = {name.strip(), plain_name(name), ".".join(name_parts(name))}
        exact = [symbol for symbol in found if symbol.qualified_name in whole] or found
        chosen = next((symbol for symbol in exact if not symbol.signature.endswith(";")), exact[0])
        others = ", ".join(f"{symbol.path}:{symbol.line}" for symbol in found if symbol.line != chosen.line)
        return self._of_symbol(chosen, f"also defined at {others}" if others else "")


def _heading(around: Symbol, window: Window) -> str:
    """What a window is in, and where that is."""
    if (around.start_line, around.end_line) != (window.first, window.last):
        return f"in {around.qualified_name} ({around.start_line}-{around.end_line})"
    defined = f" (def at {around.line})" if around.line > around.start_line else ""
    return f"{around.qualified_name}{defined}"


def _named(symbol: str) -> list[str]:
    return [symbol] if symbol else []


def _shown(ref: object) -> str:
    return one_line(str(ref), 100) if isinstance(ref, str) else type(ref).__name__
