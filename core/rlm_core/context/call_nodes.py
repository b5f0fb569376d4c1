"""Nodes and edges of the call graph, and the bounds of a search in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple


class Node(NamedTuple):
    """A definition, or a name under which one is kept.

    Attributes:
        path: the file; empty for a mere name.
        line: where its name is.
        qualified: with what it is in.
        name: by which it is called.
        method: whether it is in a type.
        table: whether it is a name of what lists functions.
        inside: the lines of the function that it is in, where alone its name means it.
    """

    path: str
    line: int
    qualified: str
    name: str
    method: bool = False
    table: bool = False
    inside: tuple[int, int] | None = None


class Edge(NamedTuple):
    """A step from one node to another, where it is written, and what it costs: the less it says, the more."""

    caller: Node
    callee: Node
    row: int
    line: int
    kind: str
    cost: int = 1


@dataclass(slots=True)
class Bounds:
    """What a search may still take, and what was left out.

    Attributes:
        left: bytes that may be parsed.
        seconds: processor time that it may take, threads included.
        tests: whether calls in tests count.
        files: those that were not looked at, as the ones before took all.
        unsearched: names that were not searched, likewise.
        common: names in too many files, which were not followed.
        failed: files that could not be parsed.
        cut: files with too many places to look at all.
        start: processor time at its begin.
    """

    left: int
    seconds: float
    tests: bool
    files: set[int] = field(default_factory=set)
    unsearched: set[str] = field(default_factory=set)
    common: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    start: float = field(default_factory=time.process_time)

    @property
    def spent(self) -> bool:
        """Whether the search has taken what it may."""
        return self.left < 0 or time.process_time() - self.start > self.seconds
