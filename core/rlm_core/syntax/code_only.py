"""Code alone: a text of equal length in which comments and what strings say are blanks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import tree_sitter

from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.query_matches import query_matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.syntax.language import Language

_COMMENT = re.compile(r"comment|haddock\Z")
_STRING = re.compile(
    r"(?:(?!concatenated|unquoted|keyword)[a-z]+_)*"
    r"(?:string|heredoc_body|heredoc_content|character|char|rune|regex|regexp)(?:_literal|_expression|_lit)?\Z"
    r"|jsx_text\Z|charlist\Z|quoted_content\Z|nowdoc_body\Z|verbatim_(?:here_)?string_characters\Z"
    r"|quoted_template\Z|heredoc_template\Z|string_value\Z|(?:single|double)_quote_scalar\Z|literal\Z"
)
# Kinds that are also something else, and one in which these bytes do not come first is that.
_UNSURE = frozenset({"char", "literal"})
_FIRST_BYTES = b"'\"?`"
# What a string has in it that is no code.
_NO_CODE = re.compile(
    r"content|fragment|escape|start|end\Z|text|delimiter|flags|pattern|character|quote|template_literal"
)
_QUOTES = re.compile(rb"""[A-Za-z@$]{0,3}#*(\"\"\"|'''|["'`])""")
_NOT_BLANK = re.compile(rb"[^\s\x80-\xbf]")
_CONTINUED = bytes(range(0x80, 0xC0))  # all bytes of a letter but the first


def code_only(source: bytes, language: Language) -> tuple[bytes, int]:
    r"""Returns a text with blanks for comments and for what strings say; their quotes and all lines stay.

    The number is that of the first line that could not be parsed, 0 if all could: behind it some may be left.

    What is interpolated into a string is code. A letter of several bytes becomes one blank, so that every
    place keeps its line and its column in characters.

    Args:
        source: UTF-8 text with `\n` line ends.
        language: one that is `parsable`.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    query = _query(language)
    tree = parse(normalized(source), language)
    if query is None:
        return source, 0
    spans = sorted(
        span
        for _, captures in query_matches(query, tree, language)
        for capture, nodes in captures.items()
        for span in (_said(source, nodes[0]) if capture == "string" else [nodes[0].byte_range])
    )
    pieces: list[bytes] = []
    at = 0
    for start, end in spans:
        if end > at:
            begin = max(start, at)
            blanks = _NOT_BLANK.sub(b" ", source[begin:end]).translate(None, _CONTINUED)
            pieces += [source[at:begin], blanks]
            at = end
    return b"".join([*pieces, source[at:]]), _first_error(tree.root_node)


def _first_error(node: tree_sitter.Node) -> int:
    """The line of the first error below a node, from 1; 0 if there is none."""
    while node.has_error and not (node.is_error or node.is_missing):
        below = next((child for child in node.children if child.has_error or child.is_missing), None)
        if below is None:
            break
        node = below
    return node.start_point.row + 1 if node.has_error or node.is_missing else 0


def _said(source: bytes, node: tree_sitter.Node) -> Iterator[tuple[int, int]]:
    """What a string says: not its quotes, and no code in it."""
    start, end = node.byte_range
    if node.type in _UNSURE and source[start] not in _FIRST_BYTES:
        return
    if any(child.type == "interpolated_string" for child in node.named_children):
        return  # which is a string itself
    quotes = _QUOTES.match(source, start, end)
    if quotes is not None:
        close = source.rfind(quotes[1], quotes.end(), end)
        start, end = quotes.end(), close if close >= 0 else end
    for child in node.named_children:
        if not _NO_CODE.search(child.type) and child.start_byte >= start:
            yield start, child.start_byte
            start = child.end_byte
    yield start, max(start, end)


@lru_cache(maxsize=64)
def _query(language: Language) -> tree_sitter.Query | None:
    """All kinds of comments and strings that a grammar has."""
    grammar = language.grammar
    named = (number for number in range(grammar.node_kind_count) if grammar.node_kind_is_named(number))
    kinds = sorted({grammar.node_kind_for_id(number) or "" for number in named})
    visible = [kind for kind in kinds if kind and not kind.startswith("_")]
    lines = [f"({kind}) @comment" for kind in visible if _COMMENT.search(kind)]
    lines += [f"({kind}) @string" for kind in visible if _STRING.match(kind)]
    return tree_sitter.Query(grammar, "\n".join(lines)) if lines else None
