"""Citations: which places an answer cites, and which of them exist."""

from __future__ import annotations

import json
import re
import sys
from bisect import bisect_left
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.engine.answer import Citation
from rlm_core.errors import SandboxError
from rlm_core.wording import truncate
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rlm_core.sandbox.base import Sandbox
    from rlm_core.workspace.snapshot import Snapshot

# Bounded and anchored throughout: an answer may hold a line of a megabyte.
_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s)\]>`]*")
_NUMBER = r"L?\d++(?:[:C]\d++)?"
_RANGE = rf"{_NUMBER}(?:[ ]?[-\u2013][ ]?{_NUMBER})?"
# Further ranges of a list, as in `a.py:12, 30-40`; not the number in `a.py:12, 3 times`.
_MORE = rf"(?:[ ]?[,;][ ]?|[ ]and[ ]):?{_RANGE}(?=[ ]*(?:[,;.)\]`\n]|$|and\b))"
# `:12`, `#L12-L20`, ` (lines 12-20)`; nothing that reads on as a number, a version or a time.
_LINES = rf"(?::|#|[`*]{{0,3}},?[ ]\(?lines?[ ])(?P<ranges>{_RANGE}(?:{_MORE})*)(?![\w%]|\.\d|:\d)"
_PATH_CHAR = r"[^\s`'\"<>|:#,;*?]"
# A name may begin with the sign that else stands before lines.
_PLACE = re.compile(rf"(?<!{_PATH_CHAR})(?<!{_PATH_CHAR}#)(?P<path>#?{_PATH_CHAR}{{1,4096}}){_LINES}")
# Only in backticks may a path hold spaces.
_SPACED_PLACE = re.compile(rf"`(?P<path>[^`\n:# ]{{0,200}} [^`\n:#]{{0,200}}){_LINES}`")
_NO_NAMES = (".", "..", "~")  # a path that begins so is nothing else
_MOST_DIGITS = 9  # no line has a larger number
_EXTENSION = re.compile(r"\.[A-Za-z]\w{0,9}$")
_NAME_CHARS = 300
_CITED_CHARS = 50  # that are shown of a range
# An answer is looked at in parts: others get the interpreter's lock only between two searches.
_PART_CHARS = 16_000
# Nobody reads as many; resolving one may take a look at every file of the same name.
MAX_PLACES = 1_000


class _Place(NamedTuple):
    path: str
    ranges: str


class Checked(NamedTuple):
    """What became of the places that a text cites, in order of appearance, each once.

    Attributes:
        citations: places that exist.
        unverified: places that do not, as they are cited.
        note: that there are too many to be checked; empty where all were.
    """

    citations: list[Citation]
    unverified: list[str]
    note: str = ""


def check_citations(text: str, snapshot: Snapshot) -> Checked:
    """Checks each `path:line` in a text against a snapshot, the first `MAX_PLACES`; blocking.

    A path counts when it is in the snapshot, or when it is the end of exactly one path that is.
    """
    paths = CitedPaths(snapshot)
    citations: dict[Citation, None] = {}
    unverified: dict[str, None] = {}
    for place in chain.from_iterable(cited_places(part, paths) for part in _parts(text)):
        if len(citations) + len(unverified) == MAX_PLACES:
            note = f"The answer cites more than {MAX_PLACES:,} places; those after them were not checked."
            return Checked(list(citations), list(unverified), note)
        if isinstance(place, Citation):
            citations[place] = None
        else:
            unverified[place] = None
    return Checked(list(citations), list(unverified))


def cited_places(text: str, paths: CitedPaths) -> Iterator[Citation | str]:
    """Yields each place that a text cites, in order: where it does not exist as it is cited, `path:lines`."""
    for place in _places(text, paths):
        path = paths.resolve(place.path)
        lines = paths.lines(path) if path else 0
        for cited, start, end in _ranges(place.ranges):
            if path and 1 <= start <= end <= lines:
                yield Citation(path, start, end)
            elif path or paths.plausible(place.path):
                yield f"{place.path}:{cited}"


def _parts(text: str) -> Iterator[str]:
    """A text cut between lines; one that is too long is cut between words, or anywhere."""
    start = 0
    while len(text) - start > _PART_CHARS:
        most = start + _PART_CHARS
        end = text.rfind("\n", start, most) + 1 or text.rfind(" ", start, most) + 1 or most
        yield text[start:end]
        start = end
    yield text[start:]


def _places(text: str, paths: CitedPaths) -> list[_Place]:
    # Blanked, not cut out, so that positions stay and a URL's port is not taken for a line.
    text = _URL.sub(lambda url: " " * len(url[0]), text)
    found: list[tuple[int, _Place]] = []

    def blanked(match: re.Match[str]) -> str:
        if not paths.resolve(match["path"]):
            return match[0]
        found.append((match.start(), _Place(match["path"], match["ranges"])))
        return " " * len(match[0])

    text = _SPACED_PLACE.sub(blanked, text)
    found.extend(
        (match.start(), _Place(paths.stripped(match["path"]), match["ranges"]))
        for match in _PLACE.finditer(text)
    )
    return [place for _, place in sorted(found)]


def _ranges(ranges: str) -> Iterator[tuple[str, int, int]]:
    """Each range of a list: as it is cited, first line, last line."""
    for cited in re.findall(_RANGE, ranges):
        numbers = re.findall(r"(?<![:C\d])\d+", cited)
        first, last = (
            int(number) if len(number) <= _MOST_DIGITS else sys.maxsize
            for number in (numbers[0], numbers[-1])
        )
        yield truncate(cited.replace(" ", ""), _CITED_CHARS), first, last


class CitedPaths:
    """The snapshot's paths as answers write them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        # Backwards, so that paths with the same end are neighbours: there may be very many.
        self._backwards = sorted(path[::-1] for path in snapshot)
        self._extensions = {match[0].lower() for path in snapshot if (match := _EXTENSION.search(path))}
        self._left_out = {name for item in snapshot.skipped if "." in (name := item.path.rpartition("/")[2])}
        self._tops = {top for top, slash, _ in (path.partition("/") for path in snapshot) if slash}
        self._lines: dict[str, int] = {}

    def resolve(self, cited: str) -> str | None:
        """The path that is meant; None when there is none, or more than one."""
        path = cited.removeprefix("./").lstrip("/")
        if path in self._snapshot:
            return path
        end = f"/{path}"[::-1]
        at = bisect_left(self._backwards, end)
        ending = [found for found in self._backwards[at : at + 2] if found.startswith(end)]
        return ending[0][::-1] if len(ending) == 1 else None

    def stripped(self, cited: str) -> str:
        """A path without the brackets of the Markdown around it, unless they are its own."""
        if self.resolve(cited):
            return cited
        return cited.rpartition("](")[2].lstrip("([{#")

    def plausible(self, cited: str) -> bool:
        """Whether an unknown path was meant as one, rather than a host, a version or a time."""
        folder, slash, name = cited.strip("/").rpartition("/")
        extension = _EXTENSION.search(name)
        if name in self._left_out or (extension and extension[0].lower() in self._extensions):
            return True
        if not slash:
            return False
        top = folder.partition("/")[0]
        return bool(extension) or cited.startswith("/") or top in _NO_NAMES or top in self._tops

    def lines(self, path: str) -> int:
        """How many lines a file has."""
        if path not in self._lines:
            self._lines[path] = len(split_lines(self._snapshot.text(path)))
        return self._lines[path]


async def with_symbols(citations: Sequence[Citation], snapshot: Snapshot, sandbox: Sandbox) -> list[Citation]:
    """The citations with the symbols around them, as far as these can be found out.

    Parsing is for the sandbox alone: a hostile file can make a parser crash or take all memory.
    """
    places = [(cited.path, cited.start_line, cited.end_line) for cited in citations]
    files = snapshot.restricted(sorted({snapshot.index(cited.path) for cited in citations}))
    try:
        session = await sandbox.open(files, {})
    except SandboxError:
        return list(citations)
    try:
        result = await session.run(_NAMING.format(places=places))
    finally:
        await session.close()
    names = _names(result.final)
    if len(names) != len(citations):
        return list(citations)
    return [replace(cited, symbol=name) for cited, name in zip(citations, names, strict=True)]


_NAMING = """
import json

def name(path, start, end):
    try:
        symbol = context.enclosing(path, start)
    except Exception:
        return None
    return symbol.qualified_name if symbol is not None and end <= symbol.end_line else None

FINAL(json.dumps([name(*place) for place in {places!r}]))
"""


def _names(text: str | None) -> list[str | None]:
    """The worker has parsed hostile text, so what it says is looked at before it is shown."""
    try:
        names = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    if not isinstance(names, list):
        return []
    return [
        truncate(name, _NAME_CHARS) if isinstance(name, str) and name.isprintable() else None
        for name in names
    ]
