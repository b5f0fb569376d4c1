"""Regular expressions as people write them: RE2 where it can, Python's `re` where it must."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from rlm_core.context.literals import required
from rlm_core.context.scan import linewise, literal
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.scan import Pattern

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ANCHORS = {"A": "^", "Z": "$", "z": "$"}
# Each text that must occur costs a scan of its own, which pays as long as there are few.
_MAX_LITERALS = 8


@dataclass(frozen=True, slots=True)
class Expression:
    r"""A compiled regular expression.

    Attributes:
        pattern: over UTF-8 with `\n` line ends.
        native: compiled by RE2, which takes linear time; else by `re`, which may take for ever.
        multiline: matches may go over line ends.
        literals: where none of these occurs the expression cannot match; empty when not known.
    """

    pattern: Pattern
    native: bool
    multiline: bool
    literals: list[Pattern]

    def spans(self, source: bytes) -> Iterator[tuple[int, int]]:
        r"""Yields start and end of the first match on each line that has one.

        Args:
            source: UTF-8, with `\n` behind every line.
        """
        at, end = 0, len(source)
        while at < end:
            # `re` has no way to keep a match on its line other than to see nothing else.
            stop = end if self.native or self.multiline else source.find(b"\n", at)
            match = self.pattern.search(source, at, stop)
            if match is not None and match.start() < end:
                yield match.start(), match.end()
                at = source.find(b"\n", max(match.start(), match.end() - 1)) + 1
            elif stop == end:
                return
            else:
                at = stop + 1


def compiled(expression: str, *, ignore_case: bool, multiline: bool) -> Expression:
    """Compiles a regular expression; `^` and `$` are the ends of a line.

    Raises:
        QueryError: it does not compile.
    """
    if not isinstance(expression, str):
        raise QueryError(f"A regular expression is a string, not {type(expression).__name__}.")
    texts = required(expression)
    if not multiline:
        # Every line is searched on its own, so its ends are the ends of the text.
        expression = _ESCAPE.sub(lambda escape: _ANCHORS.get(escape[1], escape[0]), expression)
    try:
        pattern = linewise(expression, ignore_case=ignore_case, multiline=multiline)
        native = True
    except UnicodeEncodeError:
        raise QueryError("The regular expression holds half a surrogate pair, which no file does.") from None
    except re2.error:
        pattern = _backtracking(expression, ignore_case=ignore_case, multiline=multiline)
        native = False
    literals = [literal(text, ignore_case=ignore_case) for text in texts[: _MAX_LITERALS + 1]]
    return Expression(pattern, native, multiline, literals if len(literals) <= _MAX_LITERALS else [])


def _backtracking(expression: str, *, ignore_case: bool, multiline: bool) -> Pattern:
    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0) | (re.DOTALL if multiline else 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about syntax that future versions may read otherwise
            re.compile(expression, flags)  # for an error's position in characters
            return re.compile(expression.encode(), flags)
    except (re.error, ValueError, RecursionError, OverflowError) as error:
        position = getattr(error, "pos", None)
        at = "" if position is None else f" at position {position}"
        raise QueryError(
            f"The regular expression {expression[:200]!r} does not compile: "
            f"{getattr(error, 'msg', error)}{at}. To search for plain text, use re.escape()."
        ) from None
