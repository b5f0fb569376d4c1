"""Patterns compiled by RE2, over bytes: literals, and expressions that search line by line."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import re2

from rlm_core.context.search.unicode_classes import with_unicode_classes

if TYPE_CHECKING:
    import mmap


class Match(Protocol):
    """What both `re` and `re2` give."""

    def start(self) -> int:
        """First byte."""
        ...

    def end(self) -> int:
        """Behind the last byte."""
        ...


class Pattern(Protocol):
    """A compiled expression over bytes, of `re` or `re2`."""

    def search(self, text: bytes | mmap.mmap, pos: int, endpos: int, /) -> Match | None:
        """The first match between two positions."""
        ...


class _LiteralMatch(NamedTuple):
    """A match of a literal that RE2 has not found alone."""

    first: int
    behind: int

    def start(self) -> int:
        return self.first

    def end(self) -> int:
        return self.behind


class _RareTail:
    """A literal that is searched by its end, from a rare byte on.

    RE2 looks for the first byte with memchr(3) and stops at each, so `schedule` is found in half the
    time by way of `hedule`.
    """

    def __init__(self, head: bytes, tail: Pattern) -> None:
        self._head = head
        self._tail = tail

    def search(self, text: bytes | mmap.mmap, pos: int, endpos: int, /) -> _LiteralMatch | None:
        head = self._head
        at = pos + len(head)
        while at < endpos and (match := self._tail.search(text, at, endpos)) is not None:
            start = match.start() - len(head)
            if text[start : match.start()] == head:
                return _LiteralMatch(start, match.end())
            at = match.start() + 1
        return None


# From the most frequent byte in code on; what is not listed is rarer than these.
_RARITY = {byte: rank for rank, byte in enumerate(b" et_rsinaolcdpumfhgbyvxkw")}
_MIN_TAIL = 5


@lru_cache(maxsize=256)
def literal(text: str, *, ignore_case: bool = False) -> Pattern:
    """Returns a pattern for exactly this text."""
    options = re2.Options()
    options.log_errors = False
    options.literal = True
    options.case_sensitive = not ignore_case
    encoded = text.encode()
    if ignore_case and encoded.isascii():
        # Outside of ASCII there are a long s and a sign for kelvin, and RE2 is four times slower with them.
        options.encoding = re2.Options.Encoding.LATIN1
        folded: Pattern = re2.compile(encoded, options)
        return folded
    starts = range(max(1, len(encoded) - _MIN_TAIL + 1))
    rarest = max(starts, key=lambda at: (_RARITY.get(encoded[at], len(_RARITY)), -at))
    if ignore_case or not rarest or not encoded.isascii():
        pattern: Pattern = re2.compile(text, options)
        return pattern
    return _RareTail(encoded[:rarest], re2.compile(text[rarest:], options))


@lru_cache(maxsize=256)
def linewise(expression: str, *, ignore_case: bool = False, multiline: bool = False) -> Pattern:
    """Returns a compiled RE2 expression in which `^` and `$` are the ends of a line.

    Args:
        expression: RE2 syntax.
        ignore_case: letters match in either case.
        multiline: a match may go over line ends, and `.` matches them.

    Raises:
        re2.error: the expression does not compile.
    """
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    options.never_nl = not multiline
    options.dot_nl = multiline
    pattern: Pattern = re2.compile(f"(?m:{expression})", options)
    return pattern


def unicode_linewise(expression: str, *, ignore_case: bool = False, multiline: bool = False) -> Pattern:
    """Returns the same with classes as Unicode has them, unless these are too large for RE2."""
    try:
        return linewise(with_unicode_classes(expression), ignore_case=ignore_case, multiline=multiline)
    except re2.error:
        return linewise(expression, ignore_case=ignore_case, multiline=multiline)
