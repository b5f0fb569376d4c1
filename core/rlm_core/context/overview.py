"""`context.facts`, `tree` and `outline`: what there is, without the text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.context.results import Text
from rlm_core.syntax.languages import detect
from rlm_core.syntax.symbols import BLOCKS
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rlm_core.context.definitions import Definitions
    from rlm_core.syntax.symbols import Symbol
    from rlm_core.workspace.snapshot import Snapshot

_LISTED = 12
_TREE_FILES = 20
_TREE_CHARS = 12_000


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with everything below it."""

    path: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a context is, in numbers; as a string, some lines for a prompt.

    Attributes:
        files: how many there are.
        bytes: UTF-8 bytes of their texts.
        languages: files by language name, most first (by file name: a `.h` counts as C).
        folders: top-level folders, largest first.
        skipped: files left out, by reason.
    """

    files: int
    bytes: int
    languages: dict[str, int]
    folders: tuple[Folder, ...]
    skipped: dict[str, int]

    def __str__(self) -> str:
        lines = [f"{files(self.files)}, {size(self.bytes)}"]
        if self.languages:
            listed = [f"{name} {count:,}" for name, count in self.languages.items()]
            lines.append(f"files by language: {_some(listed)}")
        if self.folders:
            listed = [f"{each.path} ({files(each.files)}, {size(each.bytes)})" for each in self.folders]
            lines.append(f"largest folders: {_some(listed)}")
        if self.skipped:
            listed = [f"{reason} {count:,}" for reason, count in self.skipped.items()]
            lines.append(f"left out: {_some(listed)} (context.skipped lists them)")
        return "\n".join(lines)


def facts(snapshot: Snapshot) -> Facts:
    """Returns the facts of a snapshot; reads no text."""
    languages: Counter[str] = Counter()
    for path in snapshot.paths:
        language = detect(path)
        languages[language.name if language else "other"] += 1
    folders = [Folder(f"{name}/", *sums) for name, sums in _folders(snapshot.paths, snapshot.lengths).items()]
    folders.sort(key=lambda folder: (-folder.bytes, folder.path))
    skipped = Counter(item.reason for item in snapshot.skipped)
    return Facts(
        len(snapshot),
        snapshot.total_bytes,
        dict(languages.most_common()),
        tuple(folders),
        dict(skipped.most_common()),
    )


def tree(snapshot: Snapshot, depth: int) -> Text:
    """Returns the folders down to a depth with their number of files and size, and the files in them."""
    lines = list(_branches(list(zip(snapshot.paths, snapshot.lengths, strict=True)), depth, 0))
    shown: list[str] = []
    room = _TREE_CHARS
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            shown.append(
                f"… {len(lines) - len(shown):,} more lines; files(glob) lists a part, or use a smaller depth"
            )
            break
        shown.append(line)
    return Text("\n".join(shown))


def _branches(entries: Sequence[tuple[str, int]], depth: int, level: int) -> Iterator[str]:
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
        yield f"{indent}{folder}/  {files(len(below))}, {total}"
        if level + 1 < depth:
            yield from _branches(below, depth, level + 1)
    for name, length in here[:_TREE_FILES]:
        yield f"{indent}{name}  {size(length)}"
    if len(here) > _TREE_FILES:
        yield f"{indent}… and {len(here) - _TREE_FILES:,} more files"


def outline(
    snapshot: Snapshot, definitions: Definitions, rows: Sequence[int], depth: int, max_chars: int
) -> Text:
    """Returns the definitions of files as text: lines, and the head of each.

    Variables and fields are listed only for a single file.
    """
    parts: list[str] = []
    room = max_chars
    for number, row in enumerate(rows):
        parsed = definitions.of(row)
        lines = list(_outlined(parsed, depth, 1, everything=len(rows) == 1))
        if not lines and len(rows) > 1:
            continue
        count = len(split_lines(snapshot.data(row).decode("utf-8", "replace")))
        head = f"{snapshot.paths[row]} ({count:,} lines)"
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
    return Text("\n".join(part for part in parts if part) or "no definitions in these files")


def _outlined(symbols: Iterable[Symbol], depth: int, level: int, *, everything: bool) -> Iterator[str]:
    for symbol in symbols:
        if everything or symbol.kind in BLOCKS:
            yield f"{'  ' * level}{symbol.start_line}-{symbol.end_line} {symbol.signature or symbol.name}"
            if level < depth:
                yield from _outlined(symbol.children, depth, level + 1, everything=everything)


def size(count: int) -> str:
    """Returns a number of bytes as people write it."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def files(count: int) -> str:
    """Returns a number of files as people write it."""
    return f"{count:,} file{'s' * (count != 1)}"


def _folders(paths: Iterable[str], lengths: Iterable[int]) -> dict[str, tuple[int, int]]:
    """Files and bytes by top-level folder."""
    sums: dict[str, tuple[int, int]] = {}
    for path, length in zip(paths, lengths, strict=True):
        name, slash, _ = path.partition("/")
        if slash:
            count, total = sums.get(name, (0, 0))
            sums[name] = count + 1, total + length
    return sums


def _some(listed: Sequence[str]) -> str:
    more = len(listed) - _LISTED
    return ", ".join(listed[:_LISTED]) + (f" and {more} more" if more > 0 else "")
