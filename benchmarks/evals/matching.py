"""Matching of what is answered with what is right: sets, sequences, and ranges of lines."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class Range(NamedTuple):
    """Lines, both ends included."""

    first: int
    last: int


def f1(right: int, given: int, wanted: int) -> tuple[float, float, float]:
    """F1, precision and recall, of counts of items.

    Where nothing is wanted, nothing is the right answer; else who gives nothing has a precision of 0.
    """
    if wanted == 0:
        return (1.0, 1.0, 1.0) if given == 0 else (0.0, 0.0, 1.0)
    precision = right / given if given else 0.0
    return 2 * right / (given + wanted), precision, right / wanted


def common_subsequence(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence; time is the product of both lengths."""
    row = [0] * (len(second) + 1)
    for item in first:
        before = row
        row = [0]
        for at, other in enumerate(second):
            row.append(before[at] + 1 if item == other else max(before[at + 1], row[at]))
    return row[-1]


def overlapping(first: Sequence[Range], second: Sequence[Range]) -> list[tuple[int, int]]:
    """The most pairs of overlapping ranges, one of each sequence, each range at most once; as indices.

    Whichever range ends first is paired with the one of the other side that overlaps it and ends first. No
    other choice gives more: each range that overlaps what ends first holds that end, so what was another's
    partner overlaps the partner that it loses. Time is n log n.
    """
    sides = (first, second)
    ends = sorted((span.last, side, at) for side, spans in enumerate(sides) for at, span in enumerate(spans))
    begun = [sorted((span.first, span.last, at) for at, span in enumerate(spans)) for spans in sides]
    waiting: list[list[tuple[int, int]]] = [[], []]
    next_begun = [0, 0]
    done: set[tuple[int, int]] = set()
    pairs = []
    for end, side, at in ends:
        if (side, at) in done:
            continue
        done.add((side, at))
        other = 1 - side
        while next_begun[other] < len(begun[other]) and begun[other][next_begun[other]][0] <= end:
            _, last, partner = begun[other][next_begun[other]]
            heapq.heappush(waiting[other], (last, partner))
            next_begun[other] += 1
        while waiting[other] and (other, waiting[other][0][1]) in done:
            heapq.heappop(waiting[other])
        if waiting[other]:
            partner = heapq.heappop(waiting[other])[1]
            done.add((other, partner))
            pairs.append((at, partner) if side == 0 else (partner, at))
    return sorted(pairs)
