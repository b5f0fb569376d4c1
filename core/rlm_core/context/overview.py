"""Overview: `context.tree` and `outline`, what there is without the text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rlm_core.context.facts import size
from rlm_core.context.rows import Text
from rlm_core.syntax.symbols import BLOCKS, spanned
from rlm_core.wording import pluralize, truncate
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from rlm_core.context.definitions import Definitions
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

_TREE_FILES = 20
_TREE_CHARS = 12_000
_NAMES_CHARS = 200
_VALUES = {"constant", "variable", "field", "property", "enum_member"}


def tree(snapshot: Snapshot, depth: int) -> Text:
    """Returns the folders down to a depth with their number of files and size, and the files in them."""
    lines = list(_tree_lines(list(zip(snapshot.paths, snapshot.lengths, strict=True)), depth, 0))
    shown: list[str] = []
    room = _TREE_CHARS
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            more = pluralize(len(lines) - len(shown), "more line")
            shown.append(f"… {more}; files(glob) lists a part, or use a smaller depth")
            break
        shown.append(line)
    return Text("\n".join(shown))


def _tree_lines(entries: Sequence[tuple[str, int]], depth: int, level: int) -> Iterator[str]:
    """The lines of a tree; paths are relative to the folder."""
    inside: dict[str, list[tuple[str, int]]] = {}
    here: list[tuple[str, int]] = []
    for path, length in entries:
        folder, slash, rest = path.partition("/")
        if slash:
            inside.setdefault(folder, []).append((rest, length))
        else:
            here.append((path, length))
    indent = "  " * level
    for folder, below in inside.items():
        total = size(sum(length for _, length in below))
        yield f"{indent}{folder}/  {pluralize(len(below), 'file')}, {total}"
        if level + 1 < depth:
            yield from _tree_lines(below, depth, level + 1)
    for name, length in here[:_TREE_FILES]:
        yield f"{indent}{name}  {size(length)}"
    if len(here) > _TREE_FILES:
        yield f"{indent}… and {pluralize(len(here) - _TREE_FILES, 'more file')}"


def outline(
    snapshot: Snapshot,
    definitions: Definitions,
    rows: Sequence[int],
    depth: int,
    max_chars: int,
    kinds: Sequence[str] | None = None,
) -> Text:
    """Returns the definitions of files as text: lines, and the head of each.

    Variables and fields are listed only for a single file, or where their kind is wanted.
    """
    wanted = set(kinds) if kinds is not None else None if len(rows) == 1 else BLOCKS
    parts: list[str] = []
    room = max_chars
    for number, row in enumerate(rows):
        parsed = definitions.of(row)
        lines = list(_outline_lines(parsed, depth, 1, wanted))
        if not lines and len(rows) > 1:
            continue
        count = len(split_lines(snapshot.data(row).decode("utf-8", "replace")))
        head = f"{snapshot.paths[row]} ({pluralize(count, 'line')})"
        part = "\n".join([head, *(lines or [f"  {parsed.note or 'no definitions'}"])])
        if len(part) > room:
            parts.append(part[: max(0, room)].rpartition("\n")[0])
            parts.append(
                f"… cut at max_chars={max_chars:,}: {len(rows) - number:,} of {len(rows):,} files are "
                "missing or cut; narrow it, lower depth, or raise max_chars"
            )
            break
        room -= len(part) + 1
        parts.append(part)
    if len(rows) > 1 and (failure := definitions.failure_note(rows)):
        parts.append(f"({failure})")
    return Text("\n".join(part for part in parts if part) or "no definitions in these files")


def _outline_lines(
    symbols: Iterable[Symbol], depth: int, level: int, kinds: Collection[str] | None
) -> Iterator[str]:
    """A line for each definition of some kinds, and for what those are in; several values share one."""
    indent = "  " * level
    for is_value, run in groupby(symbols, key=lambda symbol: not symbol.children and symbol.kind in _VALUES):
        shown = [symbol for symbol in run if not is_value or kinds is None or symbol.kind in kinds]
        if is_value and len(shown) > 1:
            names = truncate(", ".join(symbol.name for symbol in shown), _NAMES_CHARS)
            yield f"{indent}{shown[0].start_line}-{shown[-1].end_line} {names}"
            continue
        for symbol in shown:
            inside = list(_outline_lines(symbol.children, depth, level + 1, kinds)) if level < depth else []
            if inside or kinds is None or symbol.kind in kinds:
                lines = spanned(symbol.start_line, symbol.end_line, symbol.line)
                yield f"{indent}{lines} {symbol.signature or symbol.name}"
            yield from inside
