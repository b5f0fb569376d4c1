"""Regular expressions as people write them: RE2 where it can, Python's `re` where it must."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from rlm_core.context.search.literals import Literals
from rlm_core.context.search.patterns import linewise, literal
from rlm_core.context.search.prefilter import required_literals
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.search.patterns import Pattern

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ANCHORS = {"A": "^", "Z": "$", "z": "$"}
# Each text that must occur costs a scan of its own, which pays as long as there are few.
_MAX_PREFILTER = 8


@dataclass(frozen=True, slots=True)
class Expression:
    r"""A compiled regular expression.

    Attributes:
        native: compiled by RE2, which takes linear time; None for what it cannot do.
        backtracking: compiled by `re` in that case, which may take for ever.
        multiline: matches may go over line ends.
        prefilter: where none of these occurs the expression cannot match; empty when not known.
        literals: the texts that the expression stands for, if it is nothing more.
    """

    native: Pattern | None
    backtracking: re.Pattern[str] | None
    multiline: bool
    prefilter: list[Pattern]
    literals: Literals | None = None

    def spans(self, source: bytes) -> Iterator[tuple[int, int]]:
        r"""Yields start and end of the first match on each line that has one, as byte offsets.

        Args:
            source: UTF-8, with `\n` behind every line.
        """
        return self.literals.spans(source) if self.literals else self._searched_spans(source)

    def _searched_spans(self, source: bytes) -> Iterator[tuple[int, int]]:
        search = self._native_search if self.native else self._backtracking_search
        at, end = 0, len(source)
        while at < end:
            # `re` has no way to keep a match on its line other than to see nothing else.
            stop = end if self.native or self.multiline else source.find(b"\n", at)
            span = search(source, at, stop)
            if span is not None and span[0] < end:
                yield span
                at = source.find(b"\n", max(span[0], span[1] - 1)) + 1
            elif stop == end:
                return
            else:
                at = stop + 1

    def _native_search(self, source: bytes, at: int, stop: int) -> tuple[int, int] | None:
        match = self.native.search(source, at, stop) if self.native else None
        return (match.start(), match.end()) if match else None

    def _backtracking_search(self, source: bytes, at: int, stop: int) -> tuple[int, int] | None:
        # Over text, since for bytes a dot would be half a letter.
        text = source[at:stop].decode("utf-8", "surrogateescape")
        match = self.backtracking.search(text) if self.backtracking else None
        if match is None:
            return None
        start = at + len(text[: match.start()].encode("utf-8", "surrogateescape"))
        return start, start + len(match[0].encode("utf-8", "surrogateescape"))


def compile_expression(expression: str, *, ignore_case: bool, multiline: bool) -> Expression:
    """Compiles a regular expression; `^` and `$` are the ends of a line, and classes are ASCII.

    Raises:
        QueryError: it does not compile.
    """
    if not isinstance(expression, str):
        raise QueryError(f"A regular expression is a string, not {type(expression).__name__}.")
    try:
        expression.encode()
    except UnicodeEncodeError:
        raise QueryError("The regular expression holds half a surrogate pair, which no file does.") from None
    literals = None if ignore_case else Literals.of(expression)
    texts = [text.decode() for text in literals.texts] if literals else required_literals(expression)
    if not multiline:
        # Every line is searched on its own, so its ends are the ends of the text.
        expression = _ESCAPE.sub(lambda escape: _ANCHORS.get(escape[1], escape[0]), expression)
    native, backtracking = None, None
    try:
        native = linewise(expression, ignore_case=ignore_case, multiline=multiline)
    except re2.error:
        backtracking = _backtracking(expression, ignore_case=ignore_case, multiline=multiline)
    prefilter = (
        [literal(text, ignore_case=ignore_case) for text in texts] if len(texts) <= _MAX_PREFILTER else []
    )
    return Expression(native, backtracking, multiline, prefilter, literals)


def _backtracking(expression: str, *, ignore_case: bool, multiline: bool) -> re.Pattern[str]:
    flags = re.MULTILINE | re.ASCII
    flags |= (re.IGNORECASE if ignore_case else 0) | (re.DOTALL if multiline else 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about syntax that future versions may read otherwise
            return re.compile(expression, flags)
    except (re.error, ValueError, RecursionError, OverflowError) as error:
        position = getattr(error, "pos", None)
        at = "" if position is None else f" at position {position}"
        raise QueryError(
            f"The regular expression {expression[:200]!r} does not compile: "
            f"{getattr(error, 'msg', error)}{at}. To search for plain text, use re.escape()."
        ) from None
