"""Swaps of documentation: which functions get another's, so that words in common say little.

Whoever counts the words that a text shares with the code should not do well: a text that is put in another's
place comes from the same folder and shares about as much with the code as the code's own does, and functions
that keep theirs are drawn so that they share no more.
"""

from __future__ import annotations

import bisect
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.evals.suites.documented import IDENTIFIER, Documented

_NEIGHBOURS = 100  # functions before and behind one, by path, from which its swap may come
_BEST = 12  # of these
_TIMES = 3  # as long, at most
# Per mille in common, above which what one says may be true of the other as well.
_ALIKE = 250  # of documentations' words
_ALIKE_NAMES = 400  # of names' words
_ALIKE_CODE = 450  # of identifiers
_ABOVE = 100  # per mille that a swapped text may share more than the own


@dataclass(frozen=True, slots=True)
class Judged:
    """A function with a documentation, its own or another's."""

    function: Documented
    doc: Documented

    @property
    def matches(self) -> bool:
        """Whether the documentation is its own."""
        return self.doc is self.function


class Overlap:
    """How much of a documentation's words the code has, per mille; rare words count more.

    Args:
        functions: all that there are, which decides what is rare.
    """

    def __init__(self, functions: Sequence[Documented]) -> None:
        spread = Counter(word for each in functions for word in each.doc_words | each.code_words)
        # The logarithm in whole numbers: the same on every machine.
        self._weight = {word: (2 * len(functions) // count).bit_length() for word, count in spread.items()}

    def __call__(self, doc: Documented, code: Documented) -> int:
        """Per mille of the weight of the documentation's words."""
        return self._ratio(doc.doc_words & code.code_words, doc.doc_words)

    def between(self, one: frozenset[str], other: frozenset[str]) -> int:
        """Per mille of two sets of words that is in both."""
        return self._ratio(one & other, one | other)

    def _ratio(self, part: frozenset[str], whole: frozenset[str]) -> int:
        total = sum(self._weight.get(word, 1) for word in whole)
        return 1000 * sum(self._weight.get(word, 1) for word in part) // max(total, 1)


def swapped(
    functions: Sequence[Documented], differing: int, matching: int, overlap: Overlap, rng: random.Random
) -> list[Judged]:
    """Draws functions of an area, some with another's documentation; each text and each code is there once.

    Args:
        functions: of the area.
        differing: how many are to have another's.
        matching: how many are to have their own.
        overlap: of documentation and code.
        rng: decides between equals.

    Returns:
        At most as many as asked for: first those that differ, then those that match.
    """
    order = sorted(functions, key=lambda each: (each.path, each.doc, each.code))
    own = [overlap(each, each) for each in order]
    lot = [rng.random() for _ in order]
    offers = sorted(
        (own[index] - shared, lot[index], index, number)
        for index in range(len(order))
        for shared, number in _others(index, order, own[index], overlap)
    )
    swaps: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, index, number in offers:
        if len(swaps) == differing:
            break
        if index not in swaps and number not in taken:
            swaps[index] = number
            taken.add(number)
    differ = [Judged(order[index], order[number]) for index, number in sorted(swaps.items())]
    kept = [(own[index], lot[index], index) for index in range(len(order)) if index not in taken.union(swaps)]
    shares = sorted(overlap(each.doc, each.function) for each in differ)
    return differ + [Judged(order[index], order[index]) for index in _alike(kept, shares, matching)]


def _others(index: int, order: Sequence[Documented], own: int, overlap: Overlap) -> list[tuple[int, int]]:
    """Documentations of near by that could be taken for a function's own, and are not right as well.

    Returns:
        What each shares with the code, and its number.
    """
    code = order[index]
    start = max(0, index - _NEIGHBOURS)
    fitting = [
        (shared, number)
        for number, each in enumerate(order[start : index + _NEIGHBOURS + 1], start)
        if each.name != code.name and _same_size(each, code)
        if (shared := overlap(each, code)) <= own + _ABOVE
        if overlap.between(each.doc_words, code.doc_words) <= _ALIKE
        if overlap.between(each.name_words, code.name_words) <= _ALIKE_NAMES
        if overlap.between(each.identifiers, code.identifiers) <= _ALIKE_CODE
    ]
    return sorted(fitting, reverse=True)[:_BEST]


def _same_size(one: Documented, other: Documented) -> bool:
    docs, codes = (len(one.doc), len(other.doc)), (len(one.code), len(other.code))
    return max(docs) <= _TIMES * min(docs) and max(codes) <= _TIMES * min(codes)


def _alike(kept: list[tuple[int, float, int]], shares: Sequence[int], count: int) -> list[int]:
    """Numbers of functions whose own shares are spread as some others are."""
    waiting = sorted(kept)
    chosen: list[int] = []
    for turn in range(min(count, len(waiting))):
        aim = shares[turn * len(shares) // count] if shares else 0
        at = bisect.bisect(waiting, (aim,))
        near = [each for each in (at - 1, at) if 0 <= each < len(waiting)]
        best = min(near, key=lambda each: abs(waiting[each][0] - aim))
        chosen.append(waiting.pop(best)[2])
    return sorted(chosen)


def guessed(judged: Sequence[Judged], measure: Callable[[Judged], float]) -> float:
    """How many labels a measure gets right where its threshold is the best for these very items: 0.5 to 1."""
    ranked = sorted((measure(each), each.matches) for each in judged)
    below = {True: 0, False: 0}
    matching = sum(matches for _, matches in ranked)
    best = max(matching, len(ranked) - matching)
    for index, (value, matches) in enumerate(ranked):
        below[matches] += 1
        if index + 1 == len(ranked) or ranked[index + 1][0] != value:
            right = below[False] + matching - below[True]
            best = max(best, right, len(ranked) - right)
    return best / max(len(ranked), 1)


def heuristics(functions: Sequence[Documented]) -> dict[str, Callable[[Judged], float]]:
    """Ways to guess without reading, each a number that is higher where text and code belong together."""
    overlap = Overlap(functions)
    return {
        "words of the text in the code, rare ones counting more": lambda each: overlap(
            each.doc, each.function
        ),
        "words of the text in the code": lambda each: (
            len(each.doc.doc_words & each.function.code_words) / max(len(each.doc.doc_words), 1)
        ),
        "words in both": lambda each: len(each.doc.doc_words & each.function.code_words),
        "identifiers of the code in the text": lambda each: len(
            each.function.identifiers & frozenset(IDENTIFIER.findall(each.doc.doc))
        ),
    }
