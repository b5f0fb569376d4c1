"""Definition ranking: BM25 of a file's definitions, each by its name, its text and the name of what it is in.

A function is all of its text, with the functions inside. Of a type, a module or a heading only that text
counts which is in no definition inside, since otherwise what has the most of a file would come first.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context import stemming
from rlm_core.syntax.symbols import CALLABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rlm_core.context.candidates import Term
    from rlm_core.context.occurrences import Source
    from rlm_core.syntax.symbols import Symbol

_K1, _B, _AVERAGE_LINES = 1.2, 0.5, 20
# A name that the query has as a name; that of the type or module around; what is no function.
_NAMED, _HELD, _NO_FUNCTION = 2.0, 0.5, 0.8
# More occurrences in a file hardly change a score.
_MAX_OCCURRENCES = 2000


class ScoredDefinition(NamedTuple):
    """A definition and what it is worth for a query."""

    score: float
    symbol: Symbol


class _Node(NamedTuple):
    symbol: Symbol
    holder: int  # the index of what it belongs to, -1 for none


def score_definitions(
    tree: Iterable[Symbol], source: Source, terms: Sequence[Term], names: frozenset[str]
) -> list[ScoredDefinition]:
    """Returns a file's definitions with their scores, in the order of the tree; not those without a word.

    Args:
        tree: of the file's definitions.
        source: the file.
        terms: the words that the file may have.
        names: what the query has as names.
    """
    nodes = list(_nodes(tree))
    counts = _counts([node.symbol for node in nodes], source, terms)
    weights = {term.word.text: term.weight for term in terms if not term.word.exact}
    name_scores: list[float] = []
    scored: list[ScoredDefinition] = []
    for at, (symbol, holder) in enumerate(nodes):
        name_scores.append(_name_score(symbol.name, weights) * (_NAMED if symbol.name in names else 1.0))
        is_callable = symbol.kind in CALLABLES
        length = symbol.end_line - symbol.start_line + 1 if is_callable else _AVERAGE_LINES
        norm = _K1 * (1 - _B + _B * length / _AVERAGE_LINES)
        score = name_scores[at] + (_HELD * name_scores[holder] if holder >= 0 else 0.0)
        score += sum(
            terms[number].weight * lines * (_K1 + 1) / (lines + norm) for number, lines in counts[at].items()
        )
        if score > 0:
            scored.append(ScoredDefinition(score * (1.0 if is_callable else _NO_FUNCTION), symbol))
    return scored


def _nodes(tree: Iterable[Symbol]) -> Iterator[_Node]:
    """The definitions of a tree, holders before what they hold."""
    pending = [_Node(symbol, -1) for symbol in tree][::-1]
    number = 0
    while pending:
        node = pending.pop()
        yield node
        pending += [_Node(child, number) for child in reversed(node.symbol.children)]
        number += 1


def _name_score(name: str, weights: Mapping[str, float]) -> float:
    """The weights of the words of a name, less for each word that the query does not have."""
    stems = [stemming.stem(part) for part in stemming.split_identifier(name)]
    known = [stem for stem in stems if stem in weights]
    return sum(weights[stem] for stem in set(known)) * len(known) / max(1, len(stems))


def _counts(symbols: Sequence[Symbol], source: Source, terms: Sequence[Term]) -> list[dict[int, int]]:
    """For each definition, how many of its lines have which terms."""
    counts: list[dict[int, int]] = [{} for _ in symbols]
    holders = _Holders(symbols)
    for number, term in enumerate(terms):
        offsets = islice(source.occurrences(term.word), _MAX_OCCURRENCES)
        for line in {source.line(offset) for offset in offsets}:
            for at in holders.of(line):
                counts[at][number] = counts[at].get(number, 0) + 1
    return counts


class _Holders:
    """Which definitions a line counts for: the innermost around it, and the functions that this one is in."""

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        self._symbols = symbols
        # Methods may stand apart from their type, so the tree does not tell what is around what.
        self._order = sorted(
            range(len(symbols)), key=lambda at: (symbols[at].start_line, -symbols[at].end_line)
        )
        self._starts = [symbols[at].start_line for at in self._order]
        self._outer: list[int] = []
        open_places: list[int] = []
        for place, at in enumerate(self._order):
            while open_places and symbols[self._order[open_places[-1]]].end_line < symbols[at].start_line:
                open_places.pop()
            self._outer.append(open_places[-1] if open_places else -1)
            open_places.append(place)
        self._of_line: dict[int, list[int]] = {}

    def of(self, line: int) -> list[int]:
        """The indices of the definitions, innermost first."""
        if line not in self._of_line:
            self._of_line[line] = list(self._find(line))
        return self._of_line[line]

    def _find(self, line: int) -> Iterator[int]:
        place = bisect_right(self._starts, line) - 1
        innermost = True
        while place >= 0:
            symbol = self._symbols[self._order[place]]
            if symbol.end_line >= line:
                if not (innermost or symbol.kind in CALLABLES):
                    return
                yield self._order[place]
                innermost = False
            place = self._outer[place]
