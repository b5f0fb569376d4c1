"""Facts of a context: what there is, in numbers, from the names and sizes of files alone.

The server tells the root model these. They have a module without the parser, which the server never loads.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.syntax.registry import detect
from rlm_core.wording import comma_list, escaped, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rlm_core.workspace.snapshot import Snapshot

_LISTED = 12


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
        masked: secrets that are masked in texts, by kind.
        revision: id of the git commit whose files these are; empty for the workspace itself.
    """

    files: int
    bytes: int
    languages: dict[str, int]
    folders: tuple[Folder, ...]
    skipped: dict[str, int]
    masked: dict[str, int]
    revision: str = ""

    def __str__(self) -> str:
        of = f" of git revision {self.revision}" if self.revision else ""
        lines = [f"{pluralize(self.files, 'file')}{of}, {size(self.bytes)}"]
        if self.languages:
            listed = [f"{name} {count:,}" for name, count in self.languages.items()]
            lines.append(f"files by language: {comma_list(listed, _LISTED)}")
        if self.folders:
            listed = [
                f"{escaped(each.path)} ({pluralize(each.files, 'file')}, {size(each.bytes)})"
                for each in self.folders
            ]
            lines.append(f"largest folders: {comma_list(listed, _LISTED)}")
        if self.skipped:
            listed = [f"{reason} {count:,}" for reason, count in self.skipped.items()]
            lines.append(f"left out: {comma_list(listed, _LISTED)} (context.skipped lists them)")
        if self.masked:
            listed = [f"{kind} {count:,}" for kind, count in self.masked.items()]
            lines.append(
                f"masked as [secret: …]***: {comma_list(listed, _LISTED)} (context.masked lists them)"
            )
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
    masked: Counter[str] = Counter()
    for item in snapshot.masked:
        masked[item.kind] += item.count
    return Facts(
        len(snapshot),
        snapshot.total_bytes,
        dict(languages.most_common()),
        tuple(folders),
        dict(skipped.most_common()),
        dict(masked.most_common()),
        snapshot.revision,
    )


def size(count: int) -> str:
    """Returns a number of bytes as people write it."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def _folders(paths: Iterable[str], lengths: Iterable[int]) -> dict[str, tuple[int, int]]:
    """Files and bytes by top-level folder."""
    sums: dict[str, tuple[int, int]] = {}
    for path, length in zip(paths, lengths, strict=True):
        name, slash, _ = path.partition("/")
        if slash:
            count, total = sums.get(name, (0, 0))
            sums[name] = count + 1, total + length
    return sums
