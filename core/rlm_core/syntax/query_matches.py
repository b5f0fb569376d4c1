"""Query matches: what a tree-sitter query finds in a syntax tree, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tree_sitter

from rlm_core.errors import ParseLimitError
from rlm_core.syntax.parsing import MAX_NODE_DEPTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.syntax.language import Language

Captures = dict[str, list[tree_sitter.Node]]
# Our queries have some ten matches in progress at a time, and a few more for each level of nesting. What a
# query goes through at each node grows with their square where they are of one pattern.
MATCH_LIMIT = 256
# The cursor goes down from the root for each span; for more of them it goes through the whole tree once.
_MAX_SPANS = 32
_EVERYTHING = (0, 2**32 - 1)

Span = tuple[int, int]


def query_matches(
    query: tree_sitter.Query, tree: tree_sitter.Tree, language: Language, spans: Sequence[Span] | None = None
) -> list[tuple[int, Captures]]:
    """Returns what a query matches: the pattern's number and its captures.

    Args:
        query: of the language.
        tree: in which.
        language: for the error.
        spans: if only matches whose first node reaches into one of them are wanted, start and end as byte
            offsets. A match may come once for each; where there are many spans, all matches come.

    Raises:
        ParseLimitError: more matches were in progress at once than any ordinary text has; some were dropped.
    """
    cursor = tree_sitter.QueryCursor(query, match_limit=MATCH_LIMIT)
    cursor.set_max_start_depth(MAX_NODE_DEPTH)
    found: list[tuple[int, Captures]] = []
    for start, end in [_EVERYTHING] if spans is None or len(spans) > _MAX_SPANS else spans:
        cursor.set_byte_range(start, end)
        found += cursor.matches(tree.root_node)
        if cursor.did_exceed_match_limit:
            raise ParseLimitError(f"It is too entangled to be read as {language.name}.")
    return found
