"""Candidate pruning (MaxScore): which files have the words of a query, as far as it matters for the best.

A search of everything for a word takes some tenths of a second per gigabyte, so only the most telling words
of a long query are searched everywhere; how rare a word is comes from a sample of the files then. In a large
workspace not even these are: they are taken from the rarest on, and as soon as no file that has none of
those searched so far could be among the best, the others are only looked for in files that still can be
(Turtle and Flood's MaxScore, "Query evaluation: strategies and optimizations", 1995).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING

from rlm_core.context.occurrences import forms
from rlm_core.context.search.patterns import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rlm_core.context.query_words import Word
    from rlm_core.context.search.engine import SearchEngine

# Of more files a sixteenth is the sample, in runs of neighbours. Below the second figure a sample saves
# nothing for a few words, below the first for any number of them.
_RUN, _SHARE = 64, 16
_SAMPLED_ABOVE, _ALWAYS_SAMPLED_ABOVE = _RUN * _SHARE, 10_000
# So many words of a query are searched everywhere.
_SEARCHED_WORDS = 12


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query, in the workspace.

    Attributes:
        word: as the query has it.
        weight: its weight there, times its inverse document frequency, as BM25 has it.
        rows: files that have it, of those that were searched for it; all that could be among the best, where
            it was not searched.
    """

    word: Word
    weight: float
    rows: frozenset[int]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The files that a query may be about, and the words that they have.

    Attributes:
        terms: the words, in the order of the query.
        best: the most promising files, best first.
        missing: words that no file has.
        searched: how many of the words were searched.
        exhaustive: whether each word was searched in every file.
    """

    terms: list[Term]
    best: list[int]
    missing: list[str]
    searched: int
    exhaustive: bool


def find_candidates(
    search_engine: SearchEngine,
    words: Sequence[Word],
    rows: Sequence[int],
    in_paths: Mapping[Word, Mapping[int, float]],
    count: int,
) -> Candidates:
    """Returns which files have which words, and those with the most telling words and the best paths.

    Args:
        search_engine: over the snapshot that the rows are from.
        words: of the query.
        rows: where to search, ascending.
        in_paths: for each word the files with it in their path, and its worth there in weights of the word.
        count: how many of the best files are wanted.
    """
    few = len(words) <= _SEARCHED_WORDS and len(rows) <= _ALWAYS_SAMPLED_ABOVE
    if few or len(rows) <= _SAMPLED_ABOVE:
        found = {word: _rows_with(search_engine, word, rows) for word in words}
        weights = {word: word.weight * _idf(len(found[word]), len(rows)) for word in words}
        scores = _path_scores(weights, in_paths, rows)
        for word in words:
            _add_to_scores(scores, found[word], weights[word])
        missing = [word.text for word in words if not found[word]]
        terms = [Term(word, weights[word], found[word]) for word in words]
        return Candidates(terms, _top(scores, count), missing, len(words), exhaustive=True)
    return _by_sample(search_engine, words, rows, in_paths, count)


def _by_sample(
    search_engine: SearchEngine,
    words: Sequence[Word],
    rows: Sequence[int],
    in_paths: Mapping[Word, Mapping[int, float]],
    count: int,
) -> Candidates:
    sample = [row for number, row in enumerate(rows) if number // _RUN % _SHARE == 0]
    found = {word: _rows_with(search_engine, word, sample) for word in words}
    weights = {word: word.weight * _idf(len(found[word]), len(sample)) for word in words}
    telling = sorted(words, key=weights.__getitem__, reverse=True)[:_SEARCHED_WORDS]
    order = sorted(telling, key=lambda word: len(found[word]))
    scores = _path_scores(weights, in_paths, rows)
    searched = rows
    for at, word in enumerate(order):
        upper_bound = sum(weights[later] for later in order[at:])
        threshold = nlargest(count, scores.values())[-1] if len(scores) >= count else 0.0
        if threshold > upper_bound:
            searched = sorted(row for row in scores if scores[row] + upper_bound >= threshold)
        found[word] = _rows_with(search_engine, word, searched)
        if searched is rows:
            weights[word] = word.weight * _idf(len(found[word]), len(rows))
        _add_to_scores(scores, found[word], weights[word])
    best = _top(scores, count)
    for word in set(words).difference(telling):
        found[word] = frozenset(best)
    missing = [
        word.text for word in telling if not found[word] and not _occurs_anywhere(search_engine, word, rows)
    ]
    terms = [Term(word, weights[word], found[word]) for word in words]
    exhaustive = searched is rows and len(telling) == len(words)
    return Candidates(terms, best, missing, len(telling), exhaustive)


def _rows_with(search_engine: SearchEngine, word: Word, rows: Sequence[int]) -> frozenset[int]:
    # A scan each. A file that has a word in capitals only is not about it, unless all have it so.
    looks = [literal(form) for form in _forms(word)]
    if word.capital:
        return frozenset(search_engine.rows_with_any(looks, rows))
    usual = frozenset(search_engine.rows_with_any(looks[:2], rows))
    return usual or frozenset(search_engine.rows_with_any(looks[2:], rows))


def _occurs_anywhere(search_engine: SearchEngine, word: Word, rows: Sequence[int]) -> bool:
    # For a word that is there the first file will do.
    looks = [literal(form) for form in _forms(word)]
    return any(True for _ in search_engine.rows_with_any(looks, rows))


def _forms(word: Word) -> list[str]:
    return [word.text.encode("utf-8", "ignore").decode()] if word.exact else forms(word.text)


def _idf(frequency: int, total: int) -> float:
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


def _path_scores(
    weights: Mapping[Word, float], in_paths: Mapping[Word, Mapping[int, float]], rows: Sequence[int]
) -> dict[int, float]:
    allowed = rows if isinstance(rows, range) else frozenset(rows)
    scores: dict[int, float] = {}
    for word, matching in in_paths.items():
        for row in matching:
            if row in allowed:
                scores[row] = scores.get(row, 0.0) + matching[row] * weights[word]
    return scores


def _add_to_scores(scores: dict[int, float], rows: frozenset[int], weight: float) -> None:
    for row in rows:
        scores[row] = scores.get(row, 0.0) + weight


def _top(scores: Mapping[int, float], count: int) -> list[int]:
    return sorted(scores, key=lambda row: (-scores[row], row))[:count]
