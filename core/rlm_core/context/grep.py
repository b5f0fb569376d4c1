"""Grep (`context.grep`): the lines that match a regular expression, over the whole workspace."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING

from rlm_core.context.results import DEFAULT_LIMIT, Counts, Results
from rlm_core.context.rows import Hit
from rlm_core.context.search.expressions import compile_expression
from rlm_core.context.search.unicode_classes import wants_line_ends
from rlm_core.errors import QueryError
from rlm_core.wording import comma_list, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.search.expressions import Expression
    from rlm_core.workspace.snapshot import Snapshot

LINE_CHARS = 300
_CAPPED_FILES = 3  # that are named
MAX_CONTEXT = 50
# Python's engine can take exponential time, so it gets a bounded amount of text.
FALLBACK_BYTES = 50_000_000
# Where a glob says where to look, a program wants what is there, and not some of it from everywhere.
NARROW_LIMIT = 2_000
# Of so much text the hits behind a limit are counted; that takes a few milliseconds.
COUNTED_BYTES = 8_000_000
# So much text is parsed to say what hits are in, where lines around them are shown: about half a second.
NAMED_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class GrepQuery:
    """What is asked of grep.

    Attributes:
        expression: a regular expression.
        ignore_case: letters match in either case.
        multiline: matches may go over line ends.
        limit: most hits in all.
        per_file: most hits from one file.
        around: lines to show before and after each hit.
        whole: all hits are printed.
    """

    expression: str
    ignore_case: bool = False
    multiline: bool = False
    limit: int = DEFAULT_LIMIT
    per_file: int = sys.maxsize
    around: int = 0
    whole: bool = False

    @classmethod
    def asked(
        cls,
        expression: str,
        limit: int | None,
        around: int = 0,
        *,
        ignore_case: bool,
        multiline: bool,
        everywhere: bool,
    ) -> Self:
        """The query of a program; without a limit that of a list, and everywhere also one for each file.

        Raises:
            QueryError: a number is out of range.
        """
        if limit is not None and limit < 1:
            raise QueryError(f"limit must be at least 1, not {limit}.")
        if not 0 <= around <= MAX_CONTEXT:
            raise QueryError(f"context must be from 0 to {MAX_CONTEXT} lines, not {around}.")
        capped = everywhere and limit is None
        return cls(
            expression,
            ignore_case,
            multiline,
            limit or (DEFAULT_LIMIT if capped else NARROW_LIMIT),
            DEFAULT_LIMIT // 4 if capped else sys.maxsize,
            around,
            limit is not None,
        )


def grep(
    snapshot: Snapshot, search_engine: SearchEngine, rows: Sequence[int], query: GrepQuery
) -> Results[Hit]:
    """Returns the lines that match, in order of path and line.

    Args:
        snapshot: where the rows are from.
        search_engine: over the same snapshot.
        rows: which files to search, ascending.
        query: what to look for.

    Raises:
        QueryError: the expression does not compile.
    """
    expression = compile_expression(
        query.expression, ignore_case=query.ignore_case, multiline=query.multiline
    )
    notes: list[str] = []
    files = _Files(snapshot, search_engine, rows, expression)
    hits, omitted = _collected(snapshot, search_engine, rows, files, query, notes)
    if files.stopped_before:
        omitted = None
    if not query.multiline and wants_line_ends(query.expression):
        notes.append("A match stays on its line: multiline=True lets it go over line ends.")
    if any(len(hit.text) > LINE_CHARS for hit in hits):
        notes.append(f"Lines over {LINE_CHARS} characters are cut around the match.")
    return Results(hits, " ".join([*files.notes, *notes]), omitted, whole=query.whole)


def in_definitions(hits: Iterable[Hit], snapshot: Snapshot, definitions: Definitions) -> list[Hit]:
    """Returns hits with the names of what they are in, as far as finding that is cheap."""
    found: list[Hit] = []
    left = NAMED_BYTES
    for path, group in groupby(hits, key=attrgetter("path")):
        in_file = list(group)
        row = snapshot.index(path)
        left -= snapshot.lengths[row]
        if left < 0:
            found.extend(in_file)
            continue
        blocks = definitions.enclosing_blocks(row, [hit.line for hit in in_file])
        for hit, block in zip(in_file, blocks, strict=True):
            found.append(replace(hit, symbol=block.qualified_name) if block else hit)
    return found


def count(snapshot: Snapshot, search_engine: SearchEngine, rows: Sequence[int], query: GrepQuery) -> Counts:
    """Returns how many lines match in each file that has any; the limits of a query do not count."""
    expression = compile_expression(
        query.expression, ignore_case=query.ignore_case, multiline=query.multiline
    )
    files = _Files(snapshot, search_engine, rows, expression)
    counts = ((snapshot.paths[row], _matches(search_engine, row, expression)) for row in files)
    found = [(path, lines) for path, lines in counts if lines]
    return Counts(found, " ".join(files.notes))


def _matches(search_engine: SearchEngine, row: int, expression: Expression) -> int:
    return sum(1 for _ in expression.spans(search_engine.source(row)))


class _Files:
    """The rows with a match, found as it is fastest.

    Attributes:
        expression: what is looked for.
        notes: sentences about how it was.
        stopped_before: the first file that was not searched, since there was too much text for the engine.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        search_engine: SearchEngine,
        rows: Sequence[int],
        expression: Expression,
    ) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._rows = rows
        self.expression = expression
        self.notes: list[str] = []
        self.stopped_before = ""

    def __iter__(self) -> Iterator[int]:
        expression, rows, search_engine = self.expression, self._rows, self._search_engine
        if expression.prefilter:
            # Where a text is all that is looked for, its file needs no second look.
            enough = expression.literals and not expression.literals.bounded
            confirming = None if enough else expression.selecting
            candidates = search_engine.rows_with_any(expression.prefilter, rows, confirming)
        elif expression.selecting and not expression.multiline:
            candidates = search_engine.rows_with(expression.selecting, rows)
        elif expression.selecting:
            candidates = search_engine.verified(expression.selecting, rows)
        else:
            candidates = iter(rows)
        return candidates if expression.native else self._bounded(candidates)

    def _bounded(self, rows: Iterator[int]) -> Iterator[int]:
        """Rows for Python's engine, until they hold too much text."""
        self.notes.append("Look-around, backreferences and large counts need Python's slower re engine.")
        left = FALLBACK_BYTES
        for row in rows:
            left -= self._snapshot.lengths[row]
            if left < 0:
                self.stopped_before = self._snapshot.paths[row]
                self.notes.append(
                    f"It stopped after {FALLBACK_BYTES // 1_000_000} MB, before {self.stopped_before}: "
                    "narrow it with a glob or rewrite the expression."
                )
                return
            yield row


def _collected(
    snapshot: Snapshot,
    search_engine: SearchEngine,
    rows: Sequence[int],
    files: _Files,
    query: GrepQuery,
    notes: list[str],
) -> tuple[list[Hit], int | None]:
    """The hits up to the limits, and how many more there are, if that is cheap to count."""
    hits: list[Hit] = []
    capped: list[str] = []
    omitted = 0
    found = iter(files)
    for row in found:
        if len(hits) == query.limit:
            after = [other for other in rows if other >= row]
            if sum(snapshot.lengths[other] for other in after) > COUNTED_BYTES:
                notes.append(
                    f"Stopped at limit={query.limit}; {snapshot.paths[row]} has more, and "
                    f"{pluralize(len(after) - 1, 'file after it was', 'files after it were')} not searched; "
                    "count(regex, glob) counts."
                )
                return hits, None
            omitted += sum(_matches(search_engine, other, files.expression) for other in (row, *found))
            break
        in_file = _hits(snapshot.paths[row], search_engine.source(row), files.expression, query.around)
        taken = list(islice(in_file, min(query.per_file, query.limit - len(hits))))
        hits.extend(taken)
        if next(in_file, None) is not None:
            more = _matches(search_engine, row, files.expression) - len(taken)
            capped.append(f"{snapshot.paths[row]} ({more:,})")
            omitted += more
    if omitted and len(hits) == query.limit:
        notes.append(f"{omitted:,} more than limit={query.limit}.")
    elif capped:
        notes.append(
            f"There are further hits in {comma_list(capped, _CAPPED_FILES)}: at most {query.per_file} of one "
            "file without a glob or a limit."
        )
    return hits, omitted


def _hits(path: str, source: bytes, expression: Expression, around: int) -> Iterator[Hit]:
    lines = source.split(b"\n")[:-1] if around else []
    ascii_only = source.isascii()
    number, counted = 1, 0
    for start, end in expression.spans(source):
        number += source.count(b"\n", counted, start)
        counted = start
        first = source.rfind(b"\n", 0, start) + 1
        last = source.find(b"\n", max(start, end - 1))
        column = 1 + (start - first if ascii_only else len(source[first:start].decode("utf-8", "replace")))
        text = cut_line(source[first:last], start - first)
        if around:
            before = tuple(cut_line(line, 0) for line in lines[max(0, number - 1 - around) : number - 1])
            after = tuple(cut_line(line, 0) for line in lines[number : number + around])
            yield Hit(path, number, column, text, before, after)
        else:
            yield Hit(path, number, column, text)


def cut_line(line: bytes, at: int) -> str:
    """Returns a line as text, cut to `LINE_CHARS` around a byte of it where it is longer."""
    if len(line) <= LINE_CHARS:
        return line.decode("utf-8", "replace")
    start = max(0, at - LINE_CHARS // 3)
    # A character has at most four bytes; the first and last of the window may be cut in two.
    text = line[start : start + 4 * LINE_CHARS].decode("utf-8", "ignore")
    whole = not start and start + 4 * LINE_CHARS >= len(line) and len(text) <= LINE_CHARS
    return text if whole else f"{'…' if start else ''}{text[:LINE_CHARS]}…"
