"""Syntax queries (`context.query`): a program's own tree-sitter query over files."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

from rlm_core.context.results import Results
from rlm_core.context.rows import Captured
from rlm_core.context.user_query import UserQuery
from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.registry import of_source
from rlm_core.wording import comma_list, pluralize, truncate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import tree_sitter

    from rlm_core.context.definitions import Definitions
    from rlm_core.context.search.engine import SearchEngine
    from rlm_core.syntax.language import Language
    from rlm_core.syntax.query_matches import Captures
    from rlm_core.workspace.snapshot import Snapshot

# Most captures where no limit is given.
CAPTURES = 1000
# About four seconds of parsing.
PARSED_BYTES = 20_000_000
MAX_SECONDS = 20.0
_TEXT_CHARS = 2000
_LISTED = 6


class SyntaxQueries:
    """Runs queries over one snapshot."""

    def __init__(self, snapshot: Snapshot, search_engine: SearchEngine, definitions: Definitions) -> None:
        self._snapshot = snapshot
        self._search_engine = search_engine
        self._definitions = definitions

    def query(self, rows: Sequence[int], text: str, limit: int) -> Results[Captured]:
        """Returns what a query captures, in order of path and place.

        Args:
            rows: which files, ascending; those of languages that do not have the query's nodes are left out.
            text: the query, as tree-sitter has it.
            limit: most captures.

        Raises:
            QueryError: the query is none, fits no language of the files, or the limit is below 1.
        """
        if limit < 1:
            raise QueryError("query needs a limit of at least 1.")
        run = _Run(UserQuery(text))
        found: list[Captured] = []
        omitted: int | None = 0
        stop = time.thread_time() + MAX_SECONDS
        left = PARSED_BYTES
        for number, row in enumerate(rows):
            path = self._snapshot.paths[row]
            left -= self._snapshot.lengths[row]
            if left < 0 or time.thread_time() > stop or len(found) > limit:
                omitted = None
                rest = pluralize(len(rows) - number, "file")
                why = f"limit={limit}" if len(found) > limit else "what one call parses"
                run.notes.append(f"Stopped at {why}: {path} and what follows ({rest}) not queried.")
                break
            found += self._captured(row, run)
        run.raise_if_unfit()
        if omitted is not None:
            omitted = max(0, len(found) - limit)
            run.notes += [f"{omitted:,} more than limit={limit}."] if omitted else []
        return Results(found[:limit], " ".join(run.told()), omitted)

    def _captured(self, row: int, run: _Run) -> Iterator[Captured]:
        path, source = self._snapshot.paths[row], self._search_engine.source(row)
        for number, captures in run.over(path, source, of_source(path, source)):
            places = [(node.start_byte, name, node) for name, nodes in captures.items() for node in nodes]
            for _, name, node in sorted(places, key=lambda place: place[:2]):
                block = self._definitions.enclosing_block(row, node.start_point.row + 1)
                symbol = block.qualified_name if block else ""
                yield _captured(path, source, name, node, number, symbol)


class _Run:
    """One query over files of several languages, and what is to be said of it.

    Attributes:
        notes: sentences.
    """

    def __init__(self, query: UserQuery) -> None:
        self._query = query
        self._fits: set[str] = set()
        self._unfit: dict[str, str] = {}
        self._unparsed: defaultdict[str, int] = defaultdict(int)
        self._failed: list[str] = []
        self._number = 0
        self.notes: list[str] = []

    def over(self, path: str, source: bytes, language: Language | None) -> Iterator[tuple[int, Captures]]:
        """Yields the matches in a file, numbered through all files, in order of place."""
        if language is None or not language.parsable:
            self._unparsed[language.name if language else "unknown kinds"] += 1
            return
        if language.name in self._unfit:
            return
        try:
            matches, cut = self._query.matches(source, language)
        except ParseLimitError as error:
            self._failed.append(f"{path}: {error}")
            return
        except QueryError as error:
            self._unfit[language.name] = str(error)
            return
        self._fits.add(language.name)
        if cut:
            self._failed.append(f"{path}: some matches are missing, since too many were under way at once.")
        for captures in sorted((captures for _, captures in matches if captures), key=_start):
            self._number += 1
            yield self._number, captures

    def raise_if_unfit(self) -> None:
        """Raises QueryError where the query fits none of the files' languages."""
        if not self._fits and self._unfit:
            raise QueryError(" ".join(list(dict.fromkeys(self._unfit.values()))[:2]))

    def told(self) -> Iterator[str]:
        """Sentences on what was left out."""
        yield from self.notes
        if self._unfit:
            names = comma_list(sorted(self._unfit), _LISTED)
            yield f"{names} left out, since the query does not fit: {next(iter(self._unfit.values()))}"
        if self._unparsed:
            kinds = [f"{name} ({count})" for name, count in sorted(self._unparsed.items())]
            yield f"Files of these kinds are not parsed: {comma_list(kinds, _LISTED)}."
        if self._failed:
            more = pluralize(len(self._failed) - 1, "other file")
            yield self._failed[0] + (f" So it is with {more}." if self._failed[1:] else "")


def _start(captures: Captures) -> int:
    return min(node.start_byte for nodes in captures.values() for node in nodes)


def _captured(
    path: str, source: bytes, name: str, node: tree_sitter.Node, match: int, symbol: str
) -> Captured:
    first = source.rfind(b"\n", 0, node.start_byte) + 1
    column = len(source[first : node.start_byte].decode("utf-8", "replace")) + 1
    end = min(node.end_byte, node.start_byte + 4 * _TEXT_CHARS)
    text = truncate(source[node.start_byte : end].decode("utf-8", "ignore"), _TEXT_CHARS)
    # A node that takes its line's end does not reach into the next line.
    last = node.end_point.row + (node.end_point.column > 0)
    line = node.start_point.row + 1
    return Captured(path, line, column, max(last, line), name, text, node.type, match, symbol)
