"""BM25 ranking (`context.rank`): the files and the definitions that a question is about, by shared words.

BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) over stems, with weight for
words in paths and in the names of definitions. Nothing is stored. Which files have a word at all is found
by searching the arena; only the most promising files are counted, and only the best of those parsed. There
the definitions are scored, and the best of a file lifts it.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate, islice
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context.candidates import find_candidates
from rlm_core.context.definition_ranking import ScoredDefinition, score_definitions
from rlm_core.context.grep import cut_line
from rlm_core.context.occurrences import Source
from rlm_core.context.paths import is_test
from rlm_core.context.query_words import analyze
from rlm_core.context.results import Results
from rlm_core.context.rows import Ranked
from rlm_core.errors import QueryError
from rlm_core.syntax.registry import detect
from rlm_core.syntax.symbols import walk
from rlm_core.wording import comma_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rlm_core.context.candidates import Candidates, Term
    from rlm_core.context.definitions import Definitions
    from rlm_core.context.query_words import Query, Word
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.workspace.snapshot import Snapshot

# What the parameters are worth is measured: benchmarks/evals/baseline.md.
_K1, _B = 1.2, 0.75
# Files that are counted, if not more are asked for; of these at least so many are parsed.
_COUNTED_FILES, _MOST_FILES, _PARSED_FILES = 100, 300, 12
_MISSING_SHOWN, _PATHS_SHOWN = 12, 3
# A word in the file's name, and in a folder's; a name as a whole, whose words count by themselves.
_NAME, _FOLDER, _WHOLE = 1.5, 0.5, 0.5
# What the best definition adds to its file, and a file to each of its definitions.
_LIFT, _FILE = 0.5, 0.3
_OF = ("files", "definitions")
_TEST_FACTOR, _PROSE_FACTOR, _OTHER_FACTOR = 0.5, 0.5, 0.3
_PROSE = frozenset({"Markdown", "reStructuredText", "Text"})
_DATA = frozenset({"CSS", "HTML", "JSON", "TOML", "YAML"})
# Neighbouring lines that count for a line, and with how much; what the head of a definition counts.
_WINDOW, _NEIGHBOUR, _HEAD = 3, 0.3, 2.0
# More occurrences hardly change a score.
_MAX_COUNT = 60
_MAX_OCCURRENCES = 2000


class _RankedFile(NamedTuple):
    score: float
    row: int
    definitions: list[ScoredDefinition]  # best first, one of each name


class Ranker:
    """Ranks the files and definitions of one snapshot."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._definitions = definitions

    @cached_property
    def _path_index(self) -> _PathIndex:
        return _PathIndex(self._snapshot.paths)

    def rank(self, query: str, rows: Sequence[int], k: int, of: str) -> Results[Ranked]:
        """Returns the files that fit a query best, with their best place each, or the definitions that do.

        Args:
            query: a question, some words or a report, code or prose.
            rows: which files to rank, ascending.
            k: how many.
            of: "files" or "definitions".

        Raises:
            QueryError: the query has no words, k is below 1, or `of` is something else.
        """
        analyzed = analyze(query)
        if not analyzed.words or k < 1:
            raise QueryError("rank needs a query with words in it and a k of at least 1.")
        if of not in _OF:
            raise QueryError(f"rank takes of={' or of='.join(map(repr, _OF))}, and was given {of!r}.")
        in_paths = {
            word: {} if word.exact else self._path_index.matching(word.text) for word in analyzed.words
        }
        counted = min(max(k, _COUNTED_FILES), _MOST_FILES)
        found = find_candidates(self._search_engine, analyzed.words, rows, in_paths, counted)
        terms = [term for term in found.terms if term.rows]
        scores = self._bm25(found.best, terms, in_paths)
        files = self._with_definitions(analyzed, scores, terms, max(k, _PARSED_FILES))
        if of == "files":
            return self._best_files(files, found, terms, k)
        return self._best_definitions(files, found, terms, k)

    def _best_files(
        self, files: Sequence[_RankedFile], found: Candidates, terms: Sequence[Term], k: int
    ) -> Results[Ranked]:
        matching = len(set().union(*(term.rows for term in terms)))
        notes = _notes(found)
        if matching > k:
            least = "" if found.exhaustive else "At least "
            notes.append(f"{least}{matching:,} files have one of the words.")
        best = [
            self._place(file.score, file.row, next(iter(file.definitions), None), terms) for file in files[:k]
        ]
        return Results(best, " ".join(notes), max(0, matching - len(best)))

    def _best_definitions(
        self, files: Sequence[_RankedFile], found: Candidates, terms: Sequence[Term], k: int
    ) -> Results[Ranked]:
        scored = [
            (definition.score + _FILE * file.score, file.row, definition)
            for file in files
            for definition in file.definitions
        ]
        scored.sort(key=lambda item: (-item[0], item[1], item[2].symbol.start_line))
        notes = _notes(found)
        if unparsed := [
            self._snapshot.paths[file.row] for file in files if self._definitions.of(file.row).note
        ]:
            notes.append(f"Without definitions: {comma_list(unparsed, _PATHS_SHOWN)}.")
        best = [self._place(score, row, definition, terms) for score, row, definition in scored[:k]]
        return Results(best, " ".join(notes), None if len(scored) > k else 0)

    def _bm25(
        self, rows: Sequence[int], terms: Sequence[Term], in_paths: Mapping[Word, Mapping[int, float]]
    ) -> dict[int, float]:
        """BM25 of files, with what their paths are worth."""
        average = max(1.0, self._snapshot.total_bytes / max(1, len(self._snapshot)))
        scores: dict[int, float] = {}
        for row in rows:
            data = self._snapshot.data(row)
            source = Source(data)
            norm = _K1 * (1 - _B + _B * len(data) / average)
            score = 0.0
            for term in terms:
                score += in_paths[term.word].get(row, 0.0) * term.weight
                if row in term.rows:
                    count = sum(1 for _ in islice(source.occurrences(term.word), _MAX_COUNT))
                    whole = _WHOLE if term.word.exact else 1.0
                    score += whole * term.weight * count * (_K1 + 1) / (count + norm)
            scores[row] = score
        return scores

    def _with_definitions(
        self, query: Query, scores: Mapping[int, float], terms: Sequence[Term], count: int
    ) -> list[_RankedFile]:
        """The best files, lifted by the best of their definitions, best first."""
        wants_tests = is_test(query.title.replace(" ", "/"))
        factors = {row: self._factor(row, wants_tests=wants_tests) for row in scores}
        best = sorted(scores, key=lambda row: (-scores[row] * factors[row], row))[:count]
        ranked: list[_RankedFile] = []
        for row in best:
            factor = factors[row]
            source = Source(self._search_engine.source(row) or b"\n")
            here = [term for term in terms if row in term.rows]
            scored = score_definitions(self._definitions.of(row), source, here, query.names)
            definitions: dict[str, ScoredDefinition] = {}
            for score, symbol in sorted(scored, key=lambda item: -item.score):
                definitions.setdefault(symbol.qualified_name, ScoredDefinition(score * factor, symbol))
            lift = _LIFT * next((definition.score for definition in definitions.values()), 0.0)
            ranked.append(_RankedFile(scores[row] * factor + lift, row, list(definitions.values())))
        ranked.sort(key=lambda file: (-file.score, file.row))
        return ranked

    def _factor(self, row: int, *, wants_tests: bool) -> float:
        """Code before prose before data, and what is meant before its tests."""
        path = self._snapshot.paths[row]
        language = detect(path)
        if language is not None and language.name in _PROSE:
            factor = _PROSE_FACTOR
        else:
            is_code = language is not None and language.parsable and language.name not in _DATA
            factor = 1.0 if is_code else _OTHER_FACTOR
        return factor * (_TEST_FACTOR if not wants_tests and is_test(path) else 1.0)

    def _place(
        self, score: float, row: int, definition: ScoredDefinition | None, terms: Sequence[Term]
    ) -> Ranked:
        """A definition, or a file's best passage, by the line that has most of the words."""
        source = Source(self._search_engine.source(row) or b"\n")
        last = len(source.line_ends)
        first, name = 1, ""
        if definition is not None:
            first, last = definition.symbol.start_line, min(last, definition.symbol.end_line)
            name = definition.symbol.qualified_name
        heads = {symbol.line for symbol in walk(self._definitions.of(row))}
        line = _best_line(source.lines(first, last), first, terms, heads)
        if definition is None:
            first, last = max(1, line - _WINDOW), min(last, line + _WINDOW)
        text = cut_line(source.lines(line, line)[:-1], 0)
        return Ranked(self._snapshot.paths[row], round(score, 3), line, text, name, first, last)


def _notes(found: Candidates) -> list[str]:
    notes = []
    if found.searched < len(found.terms):
        notes.append(
            f"Of {len(found.terms)} words the {found.searched} most telling chose the files; "
            "the others only order them."
        )
    if found.missing:
        notes.append(f"In no file: {comma_list(found.missing, _MISSING_SHOWN)}.")
    return notes


def _best_line(text: bytes, first: int, terms: Iterable[Term], heads: set[int]) -> int:
    """The line of a text, which begins at line `first`, that has most of the words around it."""
    source = Source(text)
    scores: dict[int, float] = {}
    for term in terms:
        offsets = islice(source.occurrences(term.word), _MAX_OCCURRENCES)
        for line in {first - 1 + source.line(offset) for offset in offsets}:
            scores[line] = scores.get(line, 0.0) + term.weight

    def total(line: int) -> float:
        near = sum(scores.get(other, 0.0) for other in range(line - _WINDOW, line + _WINDOW + 1))
        return scores[line] * (_HEAD if line in heads else 1.0) + _NEIGHBOUR * near

    return max(sorted(scores), key=total, default=first)


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
