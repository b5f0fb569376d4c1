"""Commits and blame: `context.log` and `context.blame`, what git knows of the files' past."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import count
from typing import TYPE_CHECKING

from rlm_core.context.results import Results
from rlm_core.wording import pluralize
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.context.changes import HistorySource
    from rlm_core.context.rows import Slice

_ID_CHARS = 10


@dataclass(frozen=True, slots=True, repr=False)
class Commit:
    """A commit.

    Attributes:
        commit: its id.
        date: when it was written, ISO 8601.
        author: the name.
        subject: the first line of its message.
        body: the rest of the message; a long one is cut.
        files: paths that it changed, of a merge those that it changed itself; None where that is not known.
    """

    commit: str
    date: str
    author: str
    subject: str
    body: str
    files: tuple[str, ...] | None

    def __repr__(self) -> str:
        return f"{self.commit[:_ID_CHARS]} {self.date[:10]} {self.author}: {self.subject}"


@dataclass(frozen=True, slots=True, repr=False)
class BlamedLine:
    """A line of a file, and the commit that it is of.

    Attributes:
        path: the file.
        line: from 1, in the context.
        commit: its id; empty where the line is not committed as it is in the context.
        date: when that was written, ISO 8601.
        author: the name.
        subject: the first line of its message.
        text: the line.
    """

    path: str
    line: int
    commit: str
    date: str
    author: str
    subject: str
    text: str

    def __repr__(self) -> str:
        by = f"{self.commit[:_ID_CHARS]} {self.date[:10]} {self.author}" if self.commit else "not committed"
        return f"{self.path}:{self.line} ({by}): {self.text}"


def log(history: HistorySource, path: str, revision: str, limit: int) -> Results[Commit]:
    """Returns the latest commits of a path, or of all there is for an empty one."""
    found, more, note = history.log(path, revision, limit)
    commits = []
    for commit, date, author, message, files in found:
        subject, _, body = message.partition("\n")
        changed = None if files is None else tuple(files)
        commits.append(Commit(commit, date, author, subject, body.strip("\n"), changed))
    return Results(commits, note, None if more else 0)


def blame(history: HistorySource, whole: str, lines: Slice, revision: str) -> Results[BlamedLine]:
    """Returns of which commits some lines are.

    Args:
        history: what git knows.
        whole: the text of their file.
        lines: of it.
        revision: up to which commits count.
    """
    path = lines.path
    before = history.text(path, revision)
    places = _committed_places(before or "", whole)[lines.start_line - 1 : lines.end_line]
    committed = [place for place in places if place]
    commits: dict[int, Sequence[str]] = {}
    notes = []
    if committed:
        ranges, found, note = history.blame(path, revision, min(committed), max(committed))
        commits = {first + at: found[index] for first, count, index in ranges for at in range(count)}
        notes.append(note)
    if before is None:
        notes.append(f"{path} is not in {revision}, so no line of it is committed there.")
    elif new := len(places) - len(committed):
        notes.append(f"{pluralize(new, 'line differs', 'lines differ')} from {revision}: not committed.")
    blamed = [
        _blamed(path, number, text, commits.get(place, ()))
        for number, place, text in zip(count(lines.start_line), places, split_lines(lines), strict=False)
        if not place or place in commits
    ]
    left = len(places) - len(blamed)
    if left and not any(notes):
        notes.append(f"So many lines are blamed at once; go on with start={blamed[-1].line + 1}.")
    return Results(blamed, " ".join(filter(None, notes)), left)


def _blamed(path: str, number: int, text: str, commit: Sequence[str]) -> BlamedLine:
    if not commit:
        return BlamedLine(path, number, "", "", "", "", text)
    name, date, author, message, *_ = commit
    return BlamedLine(path, number, name, date, author, message.partition("\n")[0], text)


def _committed_places(before: str, now: str) -> list[int]:
    """For each line now which one it was before, as git numbers them from 1; 0 if it was not there."""
    old, new = split_lines(before), split_lines(now)
    numbers, number = [], 1
    for line in split_lines(before, keepends=True):
        numbers.append(number)
        number += line.endswith("\n")  # all that ends a line for git
    places = [0] * len(new)
    same = _same_ends(old, new)
    middle = SequenceMatcher(None, old[same[0] : len(old) - same[1]], new[same[0] : len(new) - same[1]])
    blocks = [(0, 0, same[0]), (len(old) - same[1], len(new) - same[1], same[1])]
    blocks += [(same[0] + a, same[0] + b, size) for a, b, size in middle.get_matching_blocks()]
    for a, b, size in blocks:
        places[b : b + size] = numbers[a : a + size]
    return places


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning and, of the others, at the end."""
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    last = next((at for at in range(most - first) if old[-1 - at] != new[-1 - at]), most - first)
    return first, last
