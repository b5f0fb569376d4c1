"""Candidate pruning (MaxScore): which files have the words of a query, as far as it matters for the best.

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

    from rlm_core.context.search.engine import SearchEngine

# Fewer files are all searched. Of more, a sixteenth is the sample, in runs of neighbours.
_SAMPLED_ABOVE, _RUN, _SHARE = 10_000, 64, 16


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
class Candidates:
    """The files that a query may be about, and the words that they have.

    Attributes:
        terms: the words, in the order of the query.
        best: the most promising files, best first.
        missing: words that no file has.
        exhaustive: whether each word was searched in every file.
    """

    terms: list[Term]
    best: list[int]
    missing: list[str]
    exhaustive: bool


def find_candidates(
    search_engine: SearchEngine,
    stems: Sequence[str],
    rows: Sequence[int],
    in_paths: Mapping[str, Mapping[int, float]],
    count: int,
    capitals: Collection[str],
) -> Candidates:
    """Returns which files have which words, and those with the rarest words and the best paths.

    Args:
        search_engine: over the snapshot that the rows are from.
        stems: the words.
        rows: where to search, ascending.
        in_paths: for each word the files with it in their path, and its worth there in weights of the word.
        count: how many of the best files are wanted.
        capitals: words for which capitals are as good as any form.
    """
    large = len(rows) > _SAMPLED_ABOVE
    sample = [row for number, row in enumerate(rows) if number // _RUN % _SHARE == 0] if large else rows

    def rows_with(stem: str, searched: Sequence[int]) -> frozenset[int]:
        return _rows_with(search_engine, stem, searched, capitals=stem in capitals)

    found = {stem: rows_with(stem, sample) for stem in stems}
    weights = {stem: _idf(len(found[stem]), len(sample)) for stem in stems}
    scores = _path_scores(weights, in_paths, rows)
    if not large:
        for stem in stems:
            _add_to_scores(scores, found[stem], weights[stem])
        missing = [stem for stem in stems if not found[stem]]
        return Candidates(_terms(stems, weights, found), _top(scores, count), missing, exhaustive=True)
    order = sorted(stems, key=lambda stem: len(found[stem]))
    searched = rows
    for at, stem in enumerate(order):
        upper_bound = sum(weights[later] for later in order[at:])
        threshold = nlargest(count, scores.values())[-1] if len(scores) >= count else 0.0
        if threshold > upper_bound:
            searched = sorted(row for row in scores if scores[row] + upper_bound >= threshold)
        found[stem] = rows_with(stem, searched)
        if searched is rows:
            weights[stem] = _idf(len(found[stem]), len(rows))
        _add_to_scores(scores, found[stem], weights[stem])
    missing = [stem for stem in stems if not found[stem] and not _occurs_anywhere(search_engine, stem, rows)]
    return Candidates(
        _terms(stems, weights, found), _top(scores, count), missing, exhaustive=searched is rows
    )


def forms(stem: str) -> list[str]:
    """How a stem looks at the start of a word or of a part of one: `_cache`, `getCache`, `CACHE`."""
    encodable = stem.encode("utf-8", "ignore").decode()
    return list(dict.fromkeys((encodable, encodable[:1].upper() + encodable[1:], encodable.upper())))


def _rows_with(
    search_engine: SearchEngine, stem: str, rows: Sequence[int], *, capitals: bool
) -> frozenset[int]:
    # A scan each. A file that has a word in capitals only is not about it, unless all have it so.
    looks = [literal(form) for form in forms(stem)]
    if capitals:
        return frozenset(search_engine.rows_with_any(looks, rows))
    usual = frozenset(search_engine.rows_with_any(looks[:2], rows))
    return usual or frozenset(search_engine.rows_with_any(looks[2:], rows))


def _occurs_anywhere(search_engine: SearchEngine, stem: str, rows: Sequence[int]) -> bool:
    # For a word that is there the first file will do.
    return any(True for _ in search_engine.rows_with_any([literal(form) for form in forms(stem)], rows))


def _idf(frequency: int, total: int) -> float:
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


def _path_scores(
    weights: Mapping[str, float], in_paths: Mapping[str, Mapping[int, float]], rows: Sequence[int]
) -> dict[int, float]:
    allowed = rows if isinstance(rows, range) else frozenset(rows)
    scores: dict[int, float] = {}
    for stem, matching in in_paths.items():
        for row in matching:
            if row in allowed:
                scores[row] = scores.get(row, 0.0) + matching[row] * weights[stem]
    return scores


def _add_to_scores(scores: dict[int, float], rows: frozenset[int], weight: float) -> None:
    for row in rows:
        scores[row] = scores.get(row, 0.0) + weight


def _top(scores: Mapping[int, float], count: int) -> list[int]:
    return sorted(scores, key=lambda row: (-scores[row], row))[:count]


def _terms(
    stems: Sequence[str], weights: Mapping[str, float], found: Mapping[str, frozenset[int]]
) -> list[Term]:
    return [Term(stem, weights[stem], found[stem]) for stem in stems]
