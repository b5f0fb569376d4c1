"""Occurrences: where a word of a query stands in a text, however code joins and capitalises it."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

from rlm_core.context.search.words import is_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.query_words import Word

_LINE_END = re.compile(rb"\n")


def forms(stem: str) -> list[str]:
    """How a stem looks at the start of a word or of a part of one: `_cache`, `getCache`, `CACHE`."""
    encodable = stem.encode("utf-8", "ignore").decode()
    return list(dict.fromkeys((encodable, encodable[:1].upper() + encodable[1:], encodable.upper())))


class Source:
    """A text in which words are looked for.

    Args:
        text: as UTF-8.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._lower = text.lower()

    @cached_property
    def line_ends(self) -> list[int]:
        """The byte offset of each line end."""
        return [match.start() for match in _LINE_END.finditer(self._text)]

    def line(self, offset: int) -> int:
        """Returns the line of a byte offset, from 1."""
        return bisect_left(self.line_ends, offset) + 1

    def lines(self, first: int, last: int) -> bytes:
        """Returns some lines, from 1, with their ends; the last must be ended."""
        start = self.line_ends[first - 2] + 1 if first > 1 else 0
        return self._text[start : self.line_ends[last - 1] + 1]

    def occurrences(self, word: Word) -> Iterator[int]:
        """Yields the byte offsets at which a word starts; in order, if it is ASCII."""
        if word.exact:
            return self._exact(word.text.encode("utf-8", "ignore"))
        if word.text.isascii():
            return self._starts(self._lower, word.text.encode())
        return (at for form in forms(word.text) for at in self._starts(self._text, form.encode()))

    def _exact(self, name: bytes) -> Iterator[int]:
        text = self._text
        at = text.find(name)
        while at >= 0:
            if is_word(text, at, at + len(name)):
                yield at
            at = text.find(name, at + len(name))

    def _starts(self, text: bytes, stem: bytes) -> Iterator[int]:
        written = self._text
        at = text.find(stem)
        while at >= 0:
            # `rank` is no part of `frank`; `Rank` is one of `pageRank`.
            if not (written[at : at + 1].islower() and at and written[at - 1 : at].islower()):
                yield at
            at = text.find(stem, at + len(stem))
