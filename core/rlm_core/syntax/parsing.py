"""Parsing that ends: hostile and broken text costs bounded time.

Memory is bounded only by the process: tree-sitter has no limit of its own, and between two calls of its
progress callback a text that was made for it can take gigabytes. So text that nobody vouches for belongs
into a process that may die, such as a sandbox's worker.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import tree_sitter

from rlm_core.errors import ParseLimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.syntax.language import Language

# What `workspace.max_file_kb` lets in by default. A larger text is searched, and whoever asks for its
# definitions is told: a tree takes some fifty times as much as its text.
MAX_BYTES = 4 * 1024 * 1024
# Ordinary code parses at 5 MB/s and more. Where a grammar goes astray it gets thousands of times slower
# and takes hundreds of megabytes a second, so what falls behind this pace is given up early.
PARSE_GRACE_SECONDS = 0.25
BYTES_PER_SECOND = 300_000
MAX_SECONDS = 5.0
# Queries do not look deeper into the syntax tree than this.
MAX_NODE_DEPTH = 400
MAX_CHILDREN = 20_000
_STEP_SECONDS = 2e-6
# The binding (0.26.1) never lets go of what it is given to read, and a grammar that asks for the columns of
# its tokens reads again for each: in blocks of 64 KB, 230 KB of Perl left 1.5 GB behind.
_BLOCK = 512
# The latest tree is kept, as the definitions, uses and roles of a file are asked for one after another.
_CACHED_BYTES = 512 * 1024
_latest: tuple[Language, bytes, tree_sitter.Tree, bytes] | None = None


def parse(source: bytes, language: Language) -> tree_sitter.Tree:
    """Returns the syntax tree of a text, errors and all.

    Args:
        source: UTF-8 text as `normalized` gives it.
        language: one that is `parsable`.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    global _latest
    if _latest is not None and _latest[0] is language and _latest[1] == source:
        return _latest[2]
    original = source
    if len(source) > MAX_BYTES:
        raise ParseLimitError(f"{len(source):,} bytes are too many to parse (at most {MAX_BYTES:,}).")
    if language.preprocess is not None:
        source = language.preprocess(source)
    # Processor time of this thread, so that a busy machine does not change what is found.
    start = time.thread_time()

    def timed_out(offset: int, _has_error: bool) -> bool:
        return time.thread_time() - start > min(PARSE_GRACE_SECONDS + offset / BYTES_PER_SECOND, MAX_SECONDS)

    try:
        tree = tree_sitter.Parser(language.grammar).parse(
            lambda offset, _point: source[offset : offset + _BLOCK], progress_callback=timed_out
        )
    except ValueError:
        raise ParseLimitError(f"It is not {language.name} that can be parsed in reasonable time.") from None
    if _is_costly_to_query(tree):
        raise ParseLimitError(f"It is too broken to be parsed as {language.name}.")
    _latest = (language, original, tree, source) if len(original) <= _CACHED_BYTES else None
    return tree


def broken_lines(source: bytes, language: Language) -> list[range]:
    """Returns the lines, from 1, that are in errors of the syntax tree; of errors in errors the outer one.

    Raises:
        ParseLimitError: as for `parse`.
    """
    found: list[range] = []
    left = [parse(source, language).root_node]
    for _ in range(MAX_CHILDREN):
        if not left:
            break
        node = left.pop()
        if node.is_error:
            end = node.end_point
            found.append(range(node.start_point.row + 1, end.row + (2 if end.column else 1)))
        elif node.has_error:
            left.extend(child for child in node.children if child.has_error)
    return found


def removed_lines(source: bytes, language: Language) -> Iterator[tuple[int, int, int]]:
    """Yields the lines that a language's preprocessing takes away as a whole: start, end, number from 1."""
    if language.preprocess is None:
        return
    if _latest is not None and _latest[0] is language and _latest[1] == source:
        parsed = _latest[3]
    else:
        parsed = language.preprocess(source)
    if parsed == source:
        return
    start = 0
    for number, (line, left) in enumerate(zip(source.split(b"\n"), parsed.split(b"\n"), strict=True), 1):
        if line != left and left.isspace():
            yield start, start + len(line), number
        start += len(line) + 1


def _is_costly_to_query(tree: tree_sitter.Tree) -> bool:
    """Whether a query would take quadratic time in the children of some node.

    It does where they are bare tokens of an error, and where a grammar makes a row by nesting nodes that do
    not show: each step then goes through all of them. (Nothing stops a query: the callback that could is
    kept by the binding, 0.26.1, in memory that it has given up.)
    """
    start = time.thread_time()
    left = [(tree.root_node, 0)]
    while left:
        node, depth = left.pop()
        if node.child_count > MAX_CHILDREN and node.has_error:
            return True
        cursor = node.walk()
        more = cursor.goto_first_child()
        number = 0
        while more:
            number += 1
            _ = cursor.field_name  # takes what a step of the query takes
            if (
                not number % 1024
                and time.thread_time() - start > PARSE_GRACE_SECONDS + number * _STEP_SECONDS
            ):
                return True
            child = cursor.node
            if (
                child is not None
                and child.end_byte - child.start_byte > MAX_CHILDREN
                and depth < MAX_NODE_DEPTH
            ):
                left.append((child, depth + 1))
            more = cursor.goto_next_sibling()
    return False
