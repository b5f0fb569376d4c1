"""Suggestions: the close matches of a name, for "did you mean"."""

from __future__ import annotations

import difflib
import heapq
from typing import TYPE_CHECKING

from rlm_core.wording import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable

_MIN_RATIO = 0.6
# A ratio takes up to the cube of the lengths, and the names may have been chosen for that.
_MAX_LENGTH = 100
_MAX_RATIOS = 200


def close_matches(name: str, candidates: Iterable[str], count: int = 3) -> list[str]:
    """Returns the candidates most like a name, best first; none for a very long name.

    Case does not matter.
    """
    if len(name) > _MAX_LENGTH:
        return []
    wanted = name.lower()
    letters = set(wanted)
    slack = max(2, len(wanted) // 2)
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    promising: list[tuple[float, str]] = []
    for candidate in set(candidates):
        # Most candidates are nothing like it, and a ratio is expensive to compute.
        if abs(len(candidate) - len(wanted)) > slack:
            continue
        lowered = candidate.lower()
        if 2 * len(letters.intersection(lowered)) < len(letters):
            continue
        matcher.set_seq1(lowered)
        if (at_most := matcher.quick_ratio()) >= _MIN_RATIO:
            promising.append((-at_most, candidate))
    scored: list[tuple[float, str]] = []
    for _, candidate in heapq.nsmallest(_MAX_RATIOS, promising):
        matcher.set_seq1(candidate.lower())
        if (ratio := matcher.ratio()) >= _MIN_RATIO:
            scored.append((-ratio, candidate))
    return [candidate for _, candidate in sorted(scored)[:count]]


def did_you_mean(names: Iterable[str]) -> str:
    """A sentence that suggests names, or an empty string when there are none."""
    listed = ", ".join(map(escaped, names))
    return f"Did you mean {listed}?" if listed else ""
