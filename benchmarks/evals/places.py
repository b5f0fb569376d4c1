"""Place: a file and a range of its lines, as answers write it, and when two of them are the same.

What `rlm_core` makes of citations is not used here: an instrument does not share the reading of answers with
what it measures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# Places of one text; nobody reads as many.
MAX_PLACES = 20_000
# Folders on the way to a file.
_MOST_FOLDERS = 50

# Each run of path characters is tried once, from its beginning, so that time is linear in the text.
_CHAR = r"[^\s`'\"<>|:#,;*?]"
_LINE = r"L?\d{1,9}+(?!\d)(?:[:C]\d{1,9}+)?"
_RANGE = rf"{_LINE}(?: ?[-\u2013] ?{_LINE})?"
_PLACE = re.compile(
    rf"(?<!{_CHAR})(?P<path>{_CHAR}{{1,1000}}+)(?::|#|[`*]{{0,3}},?[ ]\(?(?:at |on )?lines?[ ])"
    rf"(?P<ranges>{_RANGE}(?:, ?{_RANGE}(?![\w.]))*+)(?![\w%]|\.\d)"
)
_LINES_IN = re.compile(
    rf"\b[Ll]ines?[ ](?P<ranges>{_RANGE})[ ](?:in|of)[ ][`*]{{0,3}}(?P<path>{_CHAR}{{1,1000}}+)"
)
# A line that is a place and nothing else: its path may hold spaces.
_WHOLE = re.compile(rf"(?P<path>[^:`]{{1,1000}}):(?P<lines>{_RANGE})")
_NAMED = re.compile(r"[^\W\d_]")
_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s)\]>`]*")
# What a checkout is often called where nobody says its name.
_ROOTS = {"repo", "repository", "workspace"}


class Place(NamedTuple):
    """Lines of a file, counted from 1, both ends included."""

    path: str
    first: int
    last: int

    def __str__(self) -> str:
        lines = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.path}:{lines}"


def cited(text: str) -> list[Place]:
    """The places that a text names, each once, in order; at most `MAX_PLACES`.

    Read are `path:12`, `path:12-20`, `path:12, 30-40`, `path#L12-L20`, `path:12:4` (a column), and
    `path (lines 12-20)`, `path at line 12` and `lines 12-20 in path`; no ports of
    URLs. A path has a letter, and a dot or a slash.
    """
    found: dict[Place, None] = {}
    text = _URL.sub(" ", text)
    matches = sorted([*_PLACE.finditer(text), *_LINES_IN.finditer(text)], key=lambda match: match.start())
    for match in matches:
        path = match["path"].rpartition("](")[2].lstrip("([{")
        if match.re is _LINES_IN:
            path = path.rstrip(").]}")
        for lines in re.findall(_RANGE, match["ranges"]):
            if _NAMED.search(path) and ("." in path or "/" in path):
                found[_place(path, lines)] = None
            if len(found) == MAX_PLACES:
                return list(found)
    return list(found)


def whole(text: str) -> Place | None:
    """The place that a text is, with nothing around it; None if it is none."""
    match = _WHOLE.fullmatch(text)
    return _place(match["path"], match["lines"]) if match else None


def _place(path: str, lines: str) -> Place:
    numbers = [int(number) for number in re.findall(r"(?<![:C\d])\d+", lines)]
    return Place(path, min(numbers), max(numbers))


class Files:
    """The files that a question is about, for paths as answers write them.

    Args:
        paths: POSIX, relative to the workspace.
        workspace: the workspace's name, which an answer may put before a path.
    """

    def __init__(self, paths: Iterable[str], workspace: str) -> None:
        self._paths = set(paths)
        self._roots = _ROOTS | {workspace.casefold(), workspace.rpartition("/")[2].casefold()}
        ends: dict[str, set[str]] = {}
        for path in self._paths:
            for end in _ends(path)[1:]:
                if "/" in end:
                    ends.setdefault(end, set()).add(path)
        self._ends = {end: next(iter(found)) for end, found in ends.items() if len(found) == 1}

    def resolve(self, path: str) -> str:
        """The file that a path means, or the path with `/` between folders and no `./` before it.

        A path means a file that it is; one that it is without the workspace's folder, or without some of its
        first folders where it is absolute; or one whose end it is, of two parts at least, and of no other.
        """
        path = path.strip().replace("\\", "/")
        while path.startswith("./"):
            path = path[2:].lstrip("/")
        if path in self._paths:
            return path
        ends = _ends(path.lstrip("/"))
        if path.startswith("/") or ends[0].partition("/")[0].casefold() in self._roots:
            for end in ends:
                if end in self._paths:
                    return end
        return self._ends.get(ends[0], path)


def _ends(path: str) -> list[str]:
    """A path, and what is left of it without its first folder, its first two, …"""
    ends = [path]
    while len(ends) < _MOST_FOLDERS and "/" in ends[-1]:
        ends.append(ends[-1].partition("/")[2])
    return ends
