"""BM25 ranking (`context.rank`): the files that a question is about, found by the words that they share.

BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) over stems, with weight for
words in paths and in the names of definitions. Nothing is stored. Which files have a word at all is found
by searching the arena; only the most promising files are counted, and only the best of those parsed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate, islice
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context import stemming
from rlm_core.context.candidates import find_candidates, forms
from rlm_core.context.grep import cut_line
from rlm_core.context.results import Ranked, Results
from rlm_core.errors import QueryError
from rlm_core.syntax.registry import detect
from rlm_core.syntax.symbols import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rlm_core.context.candidates import Term
    from rlm_core.context.definitions import Definitions
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.workspace.snapshot import Snapshot

_K1, _B = 1.2, 0.75
_MAX_TERMS = 12
_COUNTED_FILES = 300
_PARSED_FILES = 24
# Weights, by trial on questions about django: a word in the file's name, in a folder's, in a definition's.
_NAME, _FOLDER, _DEFINITION = 1.5, 0.5, 1.5
_TESTS = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|specs?|fixtures?|mocks?|examples?)(?:[/_.-]|$)", re.IGNORECASE
)
_TEST_FACTOR, _PROSE_FACTOR, _OTHER_FACTOR = 0.6, 0.8, 0.5
_PROSE = frozenset({"Markdown", "reStructuredText", "Text"})
# Neighbouring lines that count for a line, and with how much; what the head of a definition counts.
_WINDOW, _NEIGHBOUR, _HEAD = 3, 0.3, 2.0
_LINE_END = re.compile(rb"\n")
# More occurrences hardly change a score.
_MAX_COUNT = 60
_MAX_OCCURRENCES = 2000


class _ScoredRow(NamedTuple):
    score: float
    row: int


class Ranker:
    """Ranks the files of one snapshot."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._definitions = definitions

    @cached_property
    def _path_index(self) -> _PathIndex:
        return _PathIndex(self._snapshot.paths)

    def rank(self, query: str, rows: Sequence[int], k: int) -> Results[Ranked]:
        """Returns the files that fit a query best, with their best place each.

        Args:
            query: a question or some words, code or prose.
            rows: which files to rank, ascending.
            k: how many.

        Raises:
            QueryError: the query has no words, or k is below 1.
        """
        stems = stemming.query_terms(query)
        if not stems or k < 1:
            raise QueryError("rank needs a query with words in it and a k of at least 1.")
        notes = []
        if len(stems) > _MAX_TERMS:
            notes.append(f"Only the first {_MAX_TERMS} words count: {', '.join(stems[:_MAX_TERMS])}.")
        in_paths = {stem: self._path_index.matching(stem) for stem in stems[:_MAX_TERMS]}
        found = find_candidates(
            self._search_engine,
            stems[:_MAX_TERMS],
            rows,
            in_paths,
            _COUNTED_FILES,
            stemming.capitalized_terms(query),
        )
        if found.missing:
            notes.append(f"In no file: {', '.join(found.missing)}.")
        terms = [term for term in found.terms if term.rows]
        promising = {
            row: sum(in_paths[term.stem].get(row, 0.0) * term.weight for term in terms) for row in found.best
        }
        counted = self._bm25(terms, promising, tests=bool(_TESTS.search(query.replace(" ", "/"))))
        best = self._with_definitions(terms, counted[: max(k, _PARSED_FILES)])
        matching = len(set().union(*(term.rows for term in terms)))
        if matching > k:
            least = "" if found.exhaustive else "At least "
            notes.append(f"{least}{matching:,} files have one of the words.")
        ranked = (self._best_passage(row, score, terms) for score, row in best[:k])
        return Results(ranked, " ".join(notes), max(0, matching - k))

    def _bm25(
        self, terms: Sequence[Term], promising: Mapping[int, float], *, tests: bool
    ) -> list[_ScoredRow]:
        """BM25 of the promising files, best first."""
        average = max(1.0, self._snapshot.total_bytes / max(1, len(self._snapshot)))
        scored: list[_ScoredRow] = []
        for row, in_path in promising.items():
            source = self._snapshot.data(row)
            norm = _K1 * (1 - _B + _B * len(source) / average)
            score = in_path
            for term in terms:
                if row in term.rows:
                    count = sum(1 for _ in islice(_occurrences(source, term.stem), _MAX_COUNT))
                    score += term.weight * count * (_K1 + 1) / (count + norm)
            scored.append(_ScoredRow(score * self._factor(row, tests=tests), row))
        scored.sort(key=_best_first)
        return scored

    def _factor(self, row: int, *, tests: bool) -> float:
        """Code before prose before data, and what is meant before its tests."""
        path = self._snapshot.paths[row]
        language = detect(path)
        if language is None or not (language.parsable or language.name in _PROSE):
            factor = _OTHER_FACTOR
        else:
            factor = 1.0 if language.parsable else _PROSE_FACTOR
        return factor * (_TEST_FACTOR if not tests and _TESTS.search(path) else 1.0)

    def _with_definitions(self, terms: Sequence[Term], scored: Sequence[_ScoredRow]) -> list[_ScoredRow]:
        """Adds what the names of definitions are worth, best first."""
        weights = {term.stem: term.weight for term in terms}
        found: list[_ScoredRow] = []
        for score, row in scored:
            named = 0.0
            for symbol in walk(self._definitions.of(row)):
                stems = {stemming.stem(part) for part in stemming.split_identifier(symbol.name)}
                named = max(named, sum(weights[stem] for stem in stems & weights.keys()))
            found.append(_ScoredRow(score + _DEFINITION * named, row))
        found.sort(key=_best_first)
        return found

    def _best_passage(self, row: int, score: float, terms: Sequence[Term]) -> Ranked:
        """The best place of a file: the lines that have most of the words, best in a definition's head."""
        path = self._snapshot.paths[row]
        source = self._search_engine.source(row) or b"\n"
        heads = {symbol.line for symbol in walk(self._definitions.of(row))}
        ends = [match.start() for match in _LINE_END.finditer(source)]
        line = _best_line(source, ends, terms, heads)
        block = self._definitions.enclosing_block(row, line)
        start, end = max(1, line - _WINDOW), min(len(ends), line + _WINDOW)
        if block is not None:
            start, end = block.start_line, block.end_line
        text = cut_line(source[ends[line - 2] + 1 if line > 1 else 0 : ends[line - 1]], 0)
        name = block.qualified_name if block else ""
        return Ranked(path, round(score, 3), line, text, name, start, end)


class _PathIndex:
    """Index of the paths: all as one text, to find words in them quickly."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._text = "\n".join(paths).lower() + "\n"
        self._starts = list(accumulate((len(path.lower()) + 1 for path in paths), initial=0))

    def matching(self, stem: str) -> dict[int, float]:
        """The rows whose path has a word, with the weight of the place."""
        found: dict[int, float] = {}
        at = self._text.find(stem)
        while at >= 0:
            row = bisect_right(self._starts, at) - 1
            behind = self._starts[row + 1]
            in_name = self._text.find("/", at, behind) < 0
            found[row] = max(found.get(row, 0.0), _NAME if in_name else _FOLDER)
            at = self._text.find(stem, at + 1)
        return found


def _best_first(scored: _ScoredRow) -> tuple[float, int]:
    return -scored.score, scored.row


def _occurrences(source: bytes, stem: str) -> Iterator[int]:
    """Where a stem starts a word or a part of one."""
    for form in forms(stem):
        wanted = form.encode()
        lower = wanted[:1].islower()
        at = source.find(wanted)
        while at >= 0:
            # `rank` is no part of `frank`; `Rank` is one of `pageRank`.
            if not (lower and source[at - 1 : at].islower()):
                yield at
            at = source.find(wanted, at + len(wanted))


def _best_line(source: bytes, ends: Sequence[int], terms: Iterable[Term], heads: set[int]) -> int:
    """The line, from 1, that has most of the terms around it; the head of a definition counts more."""
    scores: dict[int, float] = {}
    for term in terms:
        lines = {
            bisect_left(ends, at) + 1 for at in islice(_occurrences(source, term.stem), _MAX_OCCURRENCES)
        }
        for line in lines:
            scores[line] = scores.get(line, 0.0) + term.weight

    def total(line: int) -> float:
        near = sum(scores.get(other, 0.0) for other in range(line - _WINDOW, line + _WINDOW + 1))
        return scores[line] * (_HEAD if line in heads else 1.0) + _NEIGHBOUR * near

    return max(sorted(scores), key=total, default=1)
