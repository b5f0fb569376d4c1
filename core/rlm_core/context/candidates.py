"""Which files have the words of a query, as far as that matters for the best of them.

A search of everything for a word takes some tenths of a second per gigabyte, so in a large workspace not
every word is searched everywhere. Words are taken from the rarest on. As soon as no file that has none of
those searched so far could be among the best, the other words are only looked for in files that still can
be (Turtle and Flood's MaxScore, "Query evaluation: strategies and optimizations", 1995). How rare a word
is comes from a sample then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING

from rlm_core.context.search.patterns import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from rlm_core.context.search.engine import Scanner

# Fewer files are all searched. Of more, a sixteenth is the sample, in runs of neighbours.
_SAMPLED_FROM, _RUN, _SHARE = 10_000, 64, 16


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query.

    Attributes:
        stem: the word without its ending.
        weight: its inverse document frequency, as BM25 has it.
        rows: files that have it.
    """

    stem: str
    weight: float
    rows: frozenset[int]


@dataclass(frozen=True, slots=True)
class Presence:
    """What was found out.

    Attributes:
        terms: the words, in the order of the query.
        best: the most promising files, best first.
        missing: words that no file has.
        everywhere: whether each word was searched in every file.
    """

    terms: list[Term]
    best: list[int]
    missing: list[str]
    everywhere: bool


def presence(
    scanner: Scanner,
    stems: Sequence[str],
    rows: Sequence[int],
    in_paths: Mapping[str, Mapping[int, float]],
    count: int,
    capitals: Collection[str],
) -> Presence:
    """Returns which files have which words, and those with the rarest words and the best paths.

    Args:
        scanner: over the snapshot that the rows are from.
        stems: the words.
        rows: where to search, ascending.
        in_paths: for each word the files with it in their path, and its worth there in weights of the word.
        count: how many of the best files are wanted.
        capitals: words for which capitals are as good as any form.
    """
    large = len(rows) > _SAMPLED_FROM
    sample = [row for number, row in enumerate(rows) if number // _RUN % _SHARE == 0] if large else rows

    def having(stem: str, searched: Sequence[int]) -> frozenset[int]:
        return _having(scanner, stem, searched, capitals=stem in capitals)

    found = {stem: having(stem, sample) for stem in stems}
    weights = {stem: _weight(len(found[stem]), len(sample)) for stem in stems}
    worth = _worth(weights, in_paths, rows)
    if not large:
        for stem in stems:
            _add(worth, found[stem], weights[stem])
        missing = [stem for stem in stems if not found[stem]]
        return Presence(_terms(stems, weights, found), _best(worth, count), missing, everywhere=True)
    order = sorted(stems, key=lambda stem: len(found[stem]))
    searched = rows
    for at, stem in enumerate(order):
        left = sum(weights[later] for later in order[at:])
        floor = nlargest(count, worth.values())[-1] if len(worth) >= count else 0.0
        if floor > left:
            searched = sorted(row for row in worth if worth[row] + left >= floor)
        found[stem] = having(stem, searched)
        if searched is rows:
            weights[stem] = _weight(len(found[stem]), len(rows))
        _add(worth, found[stem], weights[stem])
    missing = [stem for stem in stems if not found[stem] and not _occurs(scanner, stem, rows)]
    return Presence(_terms(stems, weights, found), _best(worth, count), missing, everywhere=searched is rows)


def forms(stem: str) -> list[str]:
    """How a stem looks at the start of a word or of a part of one: `_cache`, `getCache`, `CACHE`."""
    encodable = stem.encode("utf-8", "ignore").decode()
    return list(dict.fromkeys((encodable, encodable[:1].upper() + encodable[1:], encodable.upper())))


def _having(scanner: Scanner, stem: str, rows: Sequence[int], *, capitals: bool) -> frozenset[int]:
    # A scan each. A file that has a word in capitals only is not about it, unless all have it so.
    looks = [literal(form) for form in forms(stem)]
    if capitals:
        return frozenset(scanner.rows_with_any(looks, rows))
    usual = frozenset(scanner.rows_with_any(looks[:2], rows))
    return usual or frozenset(scanner.rows_with_any(looks[2:], rows))


def _occurs(scanner: Scanner, stem: str, rows: Sequence[int]) -> bool:
    # For a word that is there the first file will do.
    return any(True for _ in scanner.rows_with_any([literal(form) for form in forms(stem)], rows))


def _weight(having: int, total: int) -> float:
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


def _worth(
    weights: Mapping[str, float], in_paths: Mapping[str, Mapping[int, float]], rows: Sequence[int]
) -> dict[int, float]:
    allowed = rows if isinstance(rows, range) else frozenset(rows)
    worth: dict[int, float] = {}
    for stem, matching in in_paths.items():
        for row in matching:
            if row in allowed:
                worth[row] = worth.get(row, 0.0) + matching[row] * weights[stem]
    return worth


def _add(worth: dict[int, float], rows: frozenset[int], weight: float) -> None:
    for row in rows:
        worth[row] = worth.get(row, 0.0) + weight


def _best(worth: Mapping[int, float], count: int) -> list[int]:
    return sorted(worth, key=lambda row: (-worth[row], row))[:count]


def _terms(
    stems: Sequence[str], weights: Mapping[str, float], found: Mapping[str, frozenset[int]]
) -> list[Term]:
    return [Term(stem, weights[stem], found[stem]) for stem in stems]
