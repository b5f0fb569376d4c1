"""Query analysis: the words and names of a question or a bug report, and how much it is about each.

The title of a report is a field of its own, as in structured retrieval (Saha et al., "Improving bug
localization using structured information retrieval", 2013), and counts more than what follows; code that it
quotes counts less.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.context import stemming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What a report is about is said at its beginning; a log behind that could be of any length.
_MAX_CHARS = 20_000
_MAX_WORDS, _MAX_NAMES = 48, 16
_TITLE, _QUOTED_CODE = 2.0, 0.5
# More mentions hardly make a query more about a word (k3 of BM25).
_K3 = 2.0
_CHAIN = re.compile(r"[^\W\d]\w*(?:(?:\.|::|->|/)[^\W\d]\w*)*|\b\d{2,}\b")
_JOINT = re.compile(r"\.|::|->|/")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
# Of two words or more, or private by its underscore.
_COMPOUND = re.compile(r"[a-z0-9][A-Z]|[A-Z][A-Z][a-z]|_+[^\W_]")
# What forms for reports ask for, which says nothing about this one.
_FORM = """
actual actually additional behavior behaviour bug context description environment error example expected
information issue message operating output problem python reproduce reproduction result results snippet steps
summary system traceback version
"""
_FORM_WORDS = frozenset(_FORM.split())


class Word(NamedTuple):
    """A word of a query.

    Attributes:
        text: its stem; a name as it is written, where `exact`.
        weight: how much the query is about it: 1 for what stands in it once.
        exact: whether it is a name of several words, found whole and in this case only.
        capital: whether the query has it in capitals, as constants and acronyms are.
    """

    text: str
    weight: float
    exact: bool = False
    capital: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What a query is about.

    Attributes:
        words: stems, and then names of several words, of each the most telling first.
        names: what can only be names, as they are written: of several words, called, quoted, or in a chain.
        title: its first line.
    """

    words: list[Word]
    names: frozenset[str]
    title: str

    @property
    def stems(self) -> list[str]:
        """The words that are not names of several."""
        return [word.text for word in self.words if not word.exact]


class _Name(NamedTuple):
    """A name or a word, where it stands; `sure` if it can only be a name."""

    text: str
    weight: float
    sure: bool


def analyze(text: str) -> Query:
    """Returns what a query is about; words that every question has are dropped, unless all are such words."""
    text = text[:_MAX_CHARS].strip()
    title, _, rest = text.partition("\n")
    dropped = stemming.STOP_WORDS | _FORM_WORDS if rest else stemming.STOP_WORDS
    telling: defaultdict[str, float] = defaultdict(float)
    every: defaultdict[str, float] = defaultdict(float)
    names: defaultdict[str, float] = defaultdict(float)
    capitals: set[str] = set()
    for name, weight, sure in _names(text, len(title) if rest else 0):
        if sure:
            names[name] += weight
        for part in stemming.split_by_case(name):
            stem = stemming.stem(part.lower())
            every[stem] += weight
            if len(part) > 1 and part.isupper():
                capitals.add(stem)
            if len(part) > 1 and part.lower() not in dropped:
                telling[stem] += weight
    words = [Word(*found, capital=found[0] in capitals) for found in _most(telling or every, _MAX_WORDS)]
    compound = {name: weight for name, weight in names.items() if _COMPOUND.search(name)}
    words += [Word(*found, exact=True) for found in _most(compound, _MAX_NAMES)]
    return Query(words, frozenset(names), title)


def _names(text: str, title_chars: int) -> Iterator[_Name]:
    fences = [match.start() for match in _FENCE.finditer(text)]
    for match in _CHAIN.finditer(text):
        start, end = match.span()
        quoted_code = bisect_right(fences, start) % 2 == 1
        weight = _QUOTED_CODE if quoted_code else _TITLE if start < title_chars else 1.0
        parts = _JOINT.split(match[0])
        joined = len(parts) > 1 and "/" not in match[0]
        marked = joined or text[end : end + 1] == "(" or text[max(0, start - 1) : start] == "`"
        for part in parts:
            yield _Name(part, weight, marked or _COMPOUND.search(part) is not None)


def _most(weights: Mapping[str, float], count: int) -> list[tuple[str, float]]:
    """The texts with the greatest weights; of equal ones those that the query has first."""
    texts = sorted(weights, key=weights.__getitem__, reverse=True)[:count]
    return [(text, weights[text] * (_K3 + 1) / (weights[text] + _K3)) for text in texts]
