"""Parsing that ends: hostile and broken text costs bounded time.

Memory is bounded only by the process: tree-sitter has no limit of its own, and between two calls of its
progress callback a text that was made for it can take gigabytes. So text that nobody vouches for belongs
into a process that may die, such as a sandbox's worker.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import tree_sitter

from rlm_core.errors import QueryError
from rlm_core.workspace.lines import unix_lines

if TYPE_CHECKING:
    from rlm_core.syntax.languages import Language

MAX_BYTES = 4 * 1024 * 1024
# Ordinary code parses at 5 MB/s and more. Where a grammar goes astray it gets thousands of times slower
# and takes hundreds of megabytes a second, so what falls behind this pace is given up early.
GRACE_SECONDS = 0.25
BYTES_PER_SECOND = 300_000
MAX_SECONDS = 5.0
# A query takes quadratic time in the children of a node that are bare tokens. Only errors have many.
MAX_ERROR_CHILDREN = 20_000
_BLOCK = 64 * 1024


class TangledError(QueryError):
    """A text that is too large or too broken to be parsed within bounds."""


def parse(source: bytes, language: Language) -> tree_sitter.Tree:
    """Returns the syntax tree of a text, errors and all.

    Args:
        source: UTF-8 text as `prepared` gives it.
        language: one that is `parsable`.

    Raises:
        TangledError: the text cannot be parsed within bounds.
    """
    if len(source) > MAX_BYTES:
        raise TangledError(f"{len(source):,} bytes are too many to parse (at most {MAX_BYTES:,}).")
    if language.noise is not None:
        source = language.noise.sub(lambda found: b" " * len(found[0]), source)
    # Processor time of this thread, so that a busy machine does not change what is found.
    start = time.thread_time()

    def late(offset: int, _has_error: bool) -> bool:
        return time.thread_time() - start > min(GRACE_SECONDS + offset / BYTES_PER_SECOND, MAX_SECONDS)

    try:
        tree = tree_sitter.Parser(language.grammar).parse(
            lambda offset, _point: source[offset : offset + _BLOCK], progress_callback=late
        )
    except ValueError:
        raise TangledError(f"It is not {language.name} that can be parsed in reasonable time.") from None
    if tree.root_node.has_error and _widest_error(tree) > MAX_ERROR_CHILDREN:
        raise TangledError(f"It is too broken to be parsed as {language.name}.")
    return tree


def prepared(source: bytes) -> bytes:
    r"""Returns the text in the form that is parsed: `\n` line ends and no NULs.

    Some scanners take exponential time or memory over NULs.
    """
    return unix_lines(source).replace(b"\0", b" ")


def _widest_error(tree: tree_sitter.Tree) -> int:
    """The largest number of children of any node on the way to an error."""
    cursor = tree.walk()
    widest = 0
    while True:
        node = cursor.node
        if node is not None and node.has_error:
            widest = max(widest, node.child_count)
            if cursor.goto_first_child():
                continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return widest
