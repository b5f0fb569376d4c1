"""Drafts: definitions while the tree of them is built, and where each begins and ends.

What a query captures besides definitions (comments, wrappers, stops, tails) only moves their ends.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter

    from rlm_core.syntax.query_matches import Captures


@dataclass(slots=True, eq=False)
class Draft:
    """A definition while the tree is built. One without a kind is a container."""

    name: str
    kind: str
    role: str
    start: int
    end: int
    name_start: int
    line: int
    start_line: int
    signature: str = ""
    scope: str = ""
    space: bool = False
    level: int = 0
    lead_start: int = 0
    lead_line: int = 0
    end_row: int = 0
    end_line: int = 0
    children: list[Draft] = field(default_factory=list)


class Surroundings:
    """What stands around definitions and belongs to them."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._leads: dict[int, tree_sitter.Node] = {}
        self._wrappers: list[tree_sitter.Node] = []
        self._stops: list[int] = []
        self._tails: list[tree_sitter.Node] = []

    def took(self, captures: Captures) -> bool:
        """Takes a match that is no definition."""
        if "lead" in captures:
            _note_comment(self._leads, self._source, captures["lead"][0])
        elif "wrapper" in captures:
            self._wrappers.append(captures["wrapper"][0])
        elif "stop" in captures:
            self._stops.append(captures["stop"][0].start_byte)
        elif "tail" in captures:
            self._tails.append(captures["tail"][0])
        else:
            return False
        return True

    def are_around(self, drafts: list[Draft]) -> bool:
        """Whether these may be of a definition that is not among some: it begins below, or ends above."""
        ends = {draft.end for draft in drafts}
        return bool(self._leads or self._tails) or any(
            node.end_byte not in ends and node.end_byte - 1 not in ends for node in self._wrappers
        )

    def apply(self, drafts: list[Draft]) -> None:
        """Moves the beginnings and ends of definitions, which are given outer before inner."""
        _cut_at_stops(drafts, self._stops)
        _add_tails(drafts, self._tails)
        _include_wrappers(drafts, self._wrappers)
        _extend_sections(drafts, len(self._source))
        comment_starts = _comment_starts(self._leads)
        for draft in drafts:
            here = (draft.start, draft.start_line)
            draft.lead_start, draft.lead_line = comment_starts.get(draft.start_line - 1, here)


def _note_comment(leads: dict[int, tree_sitter.Node], source: bytes, node: tree_sitter.Node) -> None:
    """Records a comment by its last line, if nothing stands before it on its first line."""
    column = node.start_point.column
    if not source[node.start_byte - min(column, 200) : node.start_byte].strip():
        # A node that ends with its line's end does not reach the next line.
        leads[node.end_point.row + (node.end_point.column > 0)] = node


def _comment_starts(leads: dict[int, tree_sitter.Node]) -> dict[int, tuple[int, int]]:
    """For the last line of each comment, where the comments that stand directly above each other begin."""
    comment_starts: dict[int, tuple[int, int]] = {}
    for last in sorted(leads):
        first = leads[last].start_point.row + 1
        comment_starts[last] = comment_starts.get(first - 1, (leads[last].start_byte, first))
    return comment_starts


def _extend_sections(drafts: list[Draft], end: int) -> None:
    """Lets every section reach to the next one of its level or of one above."""
    reaching: list[Draft] = []
    for draft in drafts:
        if draft.role == "section":
            while reaching and reaching[-1].level >= draft.level:
                reaching.pop().end = draft.start
            reaching.append(draft)
    for draft in reaching:
        draft.end = end


def set_end_lines(drafts: list[Draft], source: bytes) -> None:
    """Notes the last line of each definition, without the blank ones behind it."""
    at, line, last = 0, 1, 0  # where we are, its line, and the last one with text up to there
    for draft in sorted(drafts, key=attrgetter("end")):
        behind = source[at : draft.end]
        if text := behind.rstrip(b" \t\f\n"):
            last = line + text.count(b"\n")
        line += behind.count(b"\n")
        at = draft.end
        draft.end_line = max(draft.line, last)


def _cut_at_stops(drafts: list[Draft], stops: list[int]) -> None:
    """Lets every definition end before the first stop in it."""
    stops.sort()
    for draft in drafts:
        first = bisect_left(stops, draft.start)
        draft.end = min([draft.end, *stops[first : first + 1]])


def _add_tails(drafts: list[Draft], tails: list[tree_sitter.Node]) -> None:
    """Lets every definition that ends on the line where a tail begins end with the tail."""
    ending: dict[int, list[Draft]] = {}
    for draft in drafts:
        ending.setdefault(draft.end_row, []).append(draft)
    for tail in sorted(tails, key=lambda tail: tail.start_byte):
        for draft in ending.pop(tail.start_point.row, []):
            if draft.end <= tail.start_byte:
                draft.end = tail.end_byte
                ending.setdefault(tail.end_point.row, []).append(draft)


def _include_wrappers(drafts: list[Draft], wrappers: list[tree_sitter.Node]) -> None:
    """Gives each wrapper's first line to the definition that ends with it."""
    ends: dict[int, Draft] = {}
    for draft in reversed(drafts):
        ends[draft.end] = draft
    for node in sorted(wrappers, key=lambda node: -node.start_byte):
        inner = ends.get(node.end_byte) or ends.get(node.end_byte - 1)
        if inner is not None and node.start_byte <= inner.start:
            inner.start_line = min(inner.start_line, node.start_point.row + 1)
