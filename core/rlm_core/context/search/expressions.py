"""Regular expressions as people write them: RE2 where it can, Python's `re` where it must."""

from __future__ import annotations

import contextlib
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from rlm_core.context.search.literals import Literals
from rlm_core.context.search.patterns import literal, unicode_linewise
from rlm_core.context.search.prefilter import required_literals
from rlm_core.context.search.unicode_classes import (
    has_boundary,
    spelled_out,
    without_boundaries,
)
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.context.search.patterns import Pattern

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ANCHORS = {"A": "^", "Z": "$", "z": "$"}
# Of a text that has a line end at its end, whether its file has one or not.
_ENDS = {"Z": r"\n?\z", "z": r"\n?\z"}
_PYTHON_ENDS = {"Z": r"\n?\Z", "z": r"\n?\Z"}
# Longer lines are searched with boundaries as ASCII has them: Python's engine may take quadratic time.
_MAX_UNICODE_LINE = 4_000
# Each text that must occur costs a scan of its own, which pays as long as there are few.
_MAX_PREFILTER = 8


@dataclass(frozen=True, slots=True)
class Expression:
    r"""A compiled regular expression.

    Attributes:
        native: compiled by RE2, which takes linear time; None for what it cannot do.
        selecting: the same, or what matches in every file in which this does, wherever that begins.
        backtracking: compiled by `re`, which may take for ever: for what RE2 cannot do, and for lines in
            which a boundary may be beside a letter that is none to RE2; None where there is no need.
        multiline: matches may go over line ends.
        prefilter: where none of these occurs the expression cannot match; empty when not known.
        literals: the texts that the expression stands for, if it is nothing more.
    """

    native: Pattern | None
    selecting: Pattern | None
    backtracking: re.Pattern[str] | None
    multiline: bool
    prefilter: list[Pattern]
    literals: Literals | None = None

    def spans(self, source: bytes) -> Iterator[tuple[int, int]]:
        r"""Yields start and end of the first match on each line that has one, as byte offsets.

        Args:
            source: UTF-8, with `\n` behind every line.
        """
        if self.literals:
            return self.literals.spans(source)
        if self.multiline:
            return self._native_spans(source) if self.native else self._text_spans(source)
        if self.native and (self.backtracking is None or source.isascii()):
            return self._native_spans(source)
        return self._line_spans(source)

    def _native_spans(self, source: bytes) -> Iterator[tuple[int, int]]:
        at, end = 0, len(source)
        while self.native and at < end and (match := self.native.search(source, at, end)) is not None:
            if match.start() >= end:
                return
            yield match.start(), match.end()
            at = source.find(b"\n", max(match.start(), match.end() - 1)) + 1

    def _line_spans(self, source: bytes) -> Iterator[tuple[int, int]]:
        """The same where `re` has to look, which keeps a match on its line only if it sees nothing else."""
        at, end = 0, len(source)
        while at < end:
            if self.selecting is not None:
                match = self.selecting.search(source, at, end)
                if match is None or match.start() >= end:
                    return
                at = source.rfind(b"\n", at, match.start()) + 1 or at
            stop = source.find(b"\n", at)
            if (span := self._in_line(source, at, stop)) is not None:
                yield span
            at = stop + 1

    def _in_line(self, source: bytes, at: int, stop: int) -> tuple[int, int] | None:
        line = source[at:stop]
        if self.native and (len(line) > _MAX_UNICODE_LINE or line.isascii()):
            match = self.native.search(source, at, stop)
            return (match.start(), match.end()) if match else None
        # Over text, since for bytes a dot would be half a letter.
        text = line.decode("utf-8", "surrogateescape")
        found = self.backtracking.search(text) if self.backtracking else None
        if found is None:
            return None
        start = at + _size(text[: found.start()])
        return start, start + _size(found[0])

    def _text_spans(self, source: bytes) -> Iterator[tuple[int, int]]:
        text = source.decode("utf-8", "surrogateescape")
        at = counted = start = 0
        while self.backtracking and at < len(text) and (match := self.backtracking.search(text, at)):
            start += _size(text[counted : match.start()])
            counted = match.start()
            if start >= len(source):
                return
            yield start, start + _size(match[0])
            at = text.find("\n", max(match.start(), match.end() - 1)) + 1


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def compile_expression(expression: str, *, ignore_case: bool, multiline: bool) -> Expression:
    """Compiles a regular expression; `^` and `$` are the ends of a line, and letters are Unicode's.

    Raises:
        QueryError: it does not compile.
    """
    if not isinstance(expression, str):
        raise QueryError(f"A regular expression is a string, not {type(expression).__name__}.")
    try:
        expression.encode()
    except UnicodeEncodeError:
        raise QueryError("The regular expression holds half a surrogate pair, which no file does.") from None
    expression = spelled_out(expression)
    literals = None if ignore_case else Literals.of(expression)
    texts = [text.decode() for text in literals.texts] if literals else required_literals(expression)
    by_lines = _replaced(expression, _ANCHORS)
    # Where every line is searched on its own, its ends are the ends of the text.
    whole = _replaced(expression, _ENDS) if multiline else by_lines
    bounded = has_boundary(expression) and not multiline
    native, selecting, backtracking = None, None, None
    try:
        native = selecting = unicode_linewise(whole, ignore_case=ignore_case, multiline=multiline)
        if bounded or whole != by_lines:
            wider = without_boundaries(by_lines) if bounded else by_lines
            selecting = unicode_linewise(wider, ignore_case=ignore_case, multiline=multiline)
    except re2.error:
        native = selecting = None
        whole = _replaced(expression, _PYTHON_ENDS) if multiline else by_lines
        backtracking = _backtracking(whole, ignore_case=ignore_case, multiline=multiline)
    if native and bounded and not literals:
        with contextlib.suppress(QueryError):  # what only RE2 reads has its boundaries
            backtracking = _backtracking(by_lines, ignore_case=ignore_case, multiline=False)
    prefilter = (
        [literal(text, ignore_case=ignore_case) for text in texts] if len(texts) <= _MAX_PREFILTER else []
    )
    return Expression(native, selecting, backtracking, multiline, prefilter, literals)


def _replaced(expression: str, escapes: dict[str, str]) -> str:
    return _ESCAPE.sub(lambda escape: escapes.get(escape[1], escape[0]), expression)


def _backtracking(expression: str, *, ignore_case: bool, multiline: bool) -> re.Pattern[str]:
    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0) | (re.DOTALL if multiline else 0)
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
