"""Grep (`context.grep`): the lines that match a regular expression, over the whole workspace."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rlm_core.context.results import Hit, Results
from rlm_core.context.search.expressions import compile_expression
from rlm_core.context.search.unicode_classes import wants_line_ends
from rlm_core.errors import QueryError
from rlm_core.wording import comma_list, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.context.search.expressions import Expression
    from rlm_core.workspace.snapshot import Snapshot

LINE_CHARS = 300
_CAPPED_FILES = 3  # that are named
MAX_CONTEXT = 50
# Python's engine can take exponential time, so it gets a bounded amount of text.
FALLBACK_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class GrepQuery:
    """What is asked of grep.

    Attributes:
        expression: a regular expression.
        ignore_case: letters match in either case.
        multiline: matches may go over line ends.
        limit: most hits in all; where several files are searched, a quarter of them from one.
        around: lines to show before and after each hit.
    """

    expression: str
    ignore_case: bool = False
    multiline: bool = False
    limit: int = 200
    around: int = 0


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
        QueryError: the expression does not compile, or a number is out of range.
    """
    if query.limit < 1:
        raise QueryError(f"limit must be at least 1, not {query.limit}.")
    if not 0 <= query.around <= MAX_CONTEXT:
        raise QueryError(f"context must be from 0 to {MAX_CONTEXT} lines, not {query.around}.")
    expression = compile_expression(
        query.expression, ignore_case=query.ignore_case, multiline=query.multiline
    )
    notes: list[str] = []
    files = _files(snapshot, search_engine, rows, expression, notes)
    hits, capped = _collected(snapshot, search_engine, rows, files, expression, query, notes)
    if capped:
        notes.append(f"There are further hits in {comma_list(capped, _CAPPED_FILES)}: search a file alone.")
    if not query.multiline and wants_line_ends(query.expression):
        notes.append("A match stays on its line: multiline=True lets it go over line ends.")
    if any(len(hit.text) > LINE_CHARS for hit in hits):
        notes.append(f"Lines over {LINE_CHARS} characters are cut around the match.")
    return Results(hits, " ".join(notes))


def _files(
    snapshot: Snapshot,
    search_engine: SearchEngine,
    rows: Sequence[int],
    expression: Expression,
    notes: list[str],
) -> Iterator[int]:
    """The rows with a match, found as it is fastest."""
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
    return candidates if expression.native else _bounded(snapshot, candidates, notes)


def _bounded(snapshot: Snapshot, rows: Iterator[int], notes: list[str]) -> Iterator[int]:
    """Rows for Python's engine, until they hold too much text."""
    notes.append("Look-around, backreferences and large counts need Python's slower re engine.")
    left = FALLBACK_BYTES
    for row in rows:
        left -= snapshot.lengths[row]
        if left < 0:
            notes.append(
                f"It stopped after {FALLBACK_BYTES // 1_000_000} MB, before {snapshot.paths[row]}: "
                "narrow it with a glob or rewrite the expression."
            )
            return
        yield row


def _collected(
    snapshot: Snapshot,
    search_engine: SearchEngine,
    rows: Sequence[int],
    files: Iterator[int],
    expression: Expression,
    query: GrepQuery,
    notes: list[str],
) -> tuple[list[Hit], list[str]]:
    """The hits up to the limits, and the files that have more than were taken."""
    per_file = query.limit if len(rows) == 1 else max(1, query.limit // 4)
    hits: list[Hit] = []
    capped: list[str] = []
    for row in files:
        if len(hits) == query.limit:
            after = sum(1 for other in rows if other >= row)
            notes.append(
                f"Stopped at limit={query.limit}; {snapshot.paths[row]} has more, and "
                f"{pluralize(after - 1, 'file after it was', 'files after it were')} not searched."
            )
            break
        in_file = _hits(snapshot.paths[row], search_engine.source(row), expression, query.around)
        hits.extend(islice(in_file, min(per_file, query.limit - len(hits))))
        if next(in_file, None) is not None:
            capped.append(snapshot.paths[row])
    return hits, capped


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
