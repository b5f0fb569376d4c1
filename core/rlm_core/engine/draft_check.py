"""Draft check: whether the places that a draft cites exist, and what it quotes stands in them.

    The rate is `RATE = 0.2` (`shop/tax.py:1`), and `tax()` multiplies with it (`shop/tax.py:4-5`).

A quotation is a piece of code on a line of the draft that cites, or a fenced block behind it. It has to
stand in one of the places that the line cites; of a mere name it is enough that the file has it, since a
sentence about some lines also names what they belong to.
"""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.engine.answer import Citation
from rlm_core.engine.citations import MAX_PLACES, CitedPaths, cited_places
from rlm_core.errors import QueryError
from rlm_core.wording import escaped, pluralize, truncate
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from rlm_core.workspace.snapshot import Snapshot

MAX_DRAFT_CHARS = 200_000
MAX_FAULTS = 50  # that are told
MAX_SEARCHED_CHARS = 200_000_000  # of cited files, for quotations: some tenths of a second
_QUOTED_CHARS = 100  # of a quotation, in a sentence
_SHOWN_PLACES = 3
_SPAN = re.compile(r"`([^`\n]{1,500})`")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LINE_NUMBER = re.compile(r"\A\s*\d{1,9}\s*[|:│]?\s")
_NAME = re.compile(r"[\w$]+(?:(?:\.|::|#|->)[\w$]+)*(?:\(\))?")
_GAP = re.compile(r"\.\.\.|…")


def draft_checker(snapshot: Snapshot) -> Callable[[str], Awaitable[str]]:
    """Returns what programs call as `CHECK`, over one snapshot."""

    async def check(text: str) -> str:
        """Tells which places that a draft cites do not exist, and which quotations do not stand there."""
        if not isinstance(text, str):
            raise QueryError(f"CHECK takes a draft as a string, not {type(text).__name__}.")
        if len(text) > MAX_DRAFT_CHARS:
            raise QueryError(f"CHECK takes at most {MAX_DRAFT_CHARS:,} characters, not {len(text):,}.")
        return await asyncio.to_thread(check_draft, text, snapshot)

    return check


def check_draft(text: str, snapshot: Snapshot) -> str:
    """Returns in a few lines what of a draft stands in a snapshot, and what does not; blocking."""
    paths = CitedPaths(snapshot)
    sources = _Sources(snapshot)
    places: dict[Citation | str, None] = {}
    faults: dict[str, None] = {}
    quotations = 0
    whole = True
    for found, quotes in _statements(text, paths):
        places.update(dict.fromkeys(found))
        for place in found:
            if isinstance(place, str):
                faults[f"{escaped(place)} is not there{sources.why(place, paths)}."] = None
        existing = [place for place in found if isinstance(place, Citation)]
        for quote in quotes if existing else ():
            quotations += 1
            if fault := sources.fault(quote, existing):
                faults[fault] = None
        if len(places) >= MAX_PLACES or quotations >= MAX_PLACES or sources.spent:
            whole = False
            break
    exist = sum(isinstance(place, Citation) for place in places)
    head = f"{pluralize(len(places), 'place')} cited, {exist} exist; {pluralize(quotations, 'quotation')}"
    if not whole:
        head = f"The end was not checked: the draft cites or quotes too much. Before it {head}"
    return _report(head, list(faults), cites=bool(places))


def _report(head: str, faults: list[str], *, cites: bool) -> str:
    if not cites:
        return "No place is cited: write `path:line` or `path:start-end`."
    if not faults:
        return f"{head}, all where the draft says."
    more = len(faults) - MAX_FAULTS
    rest = [f"and {more:,} more"] if more > 0 else []
    return "\n".join([f"{head}; wrong:", *faults[:MAX_FAULTS], *rest])


def _statements(text: str, paths: CitedPaths) -> Iterator[tuple[list[Citation | str], list[str]]]:
    """Yields for each line of a draft the places that it cites and what it quotes.

    A line of a fenced block is a quotation from what the text before the block has cited last.
    """
    cited: list[Citation | str] = []
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
            elif line.strip():
                yield cited, [_LINE_NUMBER.sub("", line)]
        elif mark:
            fence = mark[1]
        elif line.strip():
            cited = list(cited_places(line, paths))
            yield cited, [span for span in _SPAN.findall(line) if not _is_place(span, paths)]


def _is_place(span: str, paths: CitedPaths) -> bool:
    return paths.resolve(span) is not None or any(True for _ in cited_places(f"`{span}`", paths))


class _Source(NamedTuple):
    """A file's text with white space folded, and where in it each line starts."""

    text: str
    starts: list[int]

    def line_of(self, position: int) -> int:
        return bisect_right(self.starts, position)

    def span(self, start_line: int, end_line: int) -> tuple[int, int]:
        end = self.starts[end_line] if end_line < len(self.starts) else len(self.text)
        return self.starts[start_line - 1], end


class _Sources:
    """The files that a draft cites."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._sources: dict[str, _Source] = {}
        self._searched = 0

    @property
    def spent(self) -> bool:
        """As much was searched as may be."""
        return self._searched > MAX_SEARCHED_CHARS

    def why(self, place: str, paths: CitedPaths) -> str:
        """What is wrong with a place that does not exist, as the end of a sentence."""
        path = paths.resolve(place.rpartition(":")[0])
        return f": {path} has {pluralize(paths.lines(path), 'line')}" if path else ": there is no such file"

    def fault(self, quote: str, cited: Sequence[Citation]) -> str:
        """A sentence about a quotation that is in none of the places cited; empty where it is in one."""
        parts = [part for part in (" ".join(part.split()) for part in _GAP.split(quote)) if part]
        is_name = _NAME.fullmatch(quote.strip()) is not None
        if is_name:
            parts = [re.split(r"\.|::|#|->", quote.strip().removesuffix("()"))[-1]]
        if any(self._has(place, parts) for place in cited):
            return ""
        elsewhere = self._elsewhere({place.path for place in cited}, parts)
        if is_name and elsewhere:
            return ""
        places = ", ".join(place.place for place in cited[:_SHOWN_PLACES])
        where = f"but in {elsewhere}" if elsewhere else "nor elsewhere in the file"
        return f"`{escaped(truncate(quote.strip(), _QUOTED_CHARS))}` is not in {places}, {where}."

    def _has(self, place: Citation, parts: Sequence[str]) -> bool:
        source = self._of(place.path)
        start, end = source.span(place.start_line, place.end_line)
        self._searched += end - start
        return _find(parts, source.text, start, end) >= 0

    def _elsewhere(self, paths: Iterable[str], parts: Sequence[str]) -> str:
        """The place of a quotation in one of some files; empty where it is in none."""
        for path in sorted(paths):
            source = self._of(path)
            self._searched += len(source.text)
            if (at := _find(parts, source.text, 0, len(source.text))) >= 0:
                return f"{path}:{source.line_of(at)}"
        return ""

    def _of(self, path: str) -> _Source:
        if path not in self._sources:
            lines = [" ".join(line.split()) for line in split_lines(self._snapshot.text(path))]
            starts = [0, *accumulate(len(line) + 1 for line in lines)][: len(lines)]
            self._sources[path] = _Source(" ".join(lines), starts)
        return self._sources[path]


def _find(parts: Sequence[str], text: str, start: int, end: int) -> int:
    """Where the first of some parts stands that follow on each other between two positions; else -1."""
    first = -1
    for part in parts:
        at = text.find(part, start, end)
        if at < 0:
            return -1
        first = at if first < 0 else first
        start = at + len(part)
    return first
