"""Tree-sitter queries that a program gives: checked, compiled for a language, and bounded in what they match.

Nothing stops a query that runs (`parsing.py`), so what would take without end is refused before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tree_sitter

from rlm_core.context.suggest import close_matches, did_you_mean
from rlm_core.errors import ParseLimitError, QueryError
from rlm_core.syntax.parsing import MAX_NODE_DEPTH, parse
from rlm_core.syntax.preprocess import normalized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.query_matches import Captures

MAX_CHARS = 20_000
_MAX_NESTING = 100
# What a query goes through at each node grows with the square of what is in progress.
_MATCH_LIMIT = 64
# A repetition is matched from each of several siblings to each behind it.
_MAX_REPEATED_CHILDREN = 2_000
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|;[^\n]*|[()\[\]*+]|#[^\s()]*', re.DOTALL)
_PREDICATES = frozenset({"eq?", "not-eq?", "any-eq?", "any-not-eq?", "match?", "not-match?", "any-match?"})
_PREDICATES |= {"any-not-match?", "any-of?", "not-any-of?"}
_ERROR = re.compile(r"(.*?)(?: in pattern)? at row (\d+)(?:, column (\d+))?(?:: (.*))?\Z", re.DOTALL)


class UserQuery:
    """A query, compiled for each language that it is used in.

    Args:
        text: as tree-sitter has it.

    Raises:
        QueryError: it is empty, too long or too deep, repeats too much, or has a predicate that is not known
            or stands where it is not applied.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._queries: dict[str, tree_sitter.Query] = {}
        self._repeats = _checked(text)

    def compile(self, language: Language) -> None:
        """Compiles it for a language.

        Raises:
            QueryError: it does not fit; says where.
        """
        if language.name in self._queries:
            return
        try:
            self._queries[language.name] = tree_sitter.Query(language.grammar, self._text)
        except (tree_sitter.QueryError, ValueError) as error:
            raise QueryError(_sentence(str(error), language)) from None

    def matches(self, source: bytes, language: Language) -> tuple[list[tuple[int, Captures]], bool]:
        """Returns what it matches in a text, and whether some is missing since too much matched at once.

        Raises:
            QueryError: it does not fit the language.
            ParseLimitError: the text cannot be parsed or searched within bounds.
        """
        self.compile(language)
        root = parse(normalized(source), language).root_node
        if self._repeats and _has_long_row(root):
            raise ParseLimitError(
                f"it has more than {_MAX_REPEATED_CHILDREN:,} nodes in a row, which a query with * or + is "
                "not run over."
            )
        cursor = tree_sitter.QueryCursor(self._queries[language.name], match_limit=_MATCH_LIMIT)
        cursor.set_max_start_depth(MAX_NODE_DEPTH)
        return cursor.matches(root), cursor.did_exceed_match_limit


def _checked(text: str) -> bool:
    """Whether a query repeats something.

    Raises:
        QueryError: it is none that is run.
    """
    if not text.strip() or len(text) > MAX_CHARS:
        raise QueryError(f"query needs a tree-sitter query of 1 to {MAX_CHARS:,} characters.")
    depth = repeated = 0
    repeats = False
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "([":
            repeated = 0 if depth == 0 else repeated
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif sign in "*+":
            repeated, repeats = repeated + 1, True
        elif sign[0] == "#":
            _check_predicate(sign[1:], depth, _place(text, token.start()))
        if depth > _MAX_NESTING:
            raise QueryError(
                f"The query is nested deeper than {_MAX_NESTING} at {_place(text, token.start())}."
            )
        if repeated > 1:
            raise QueryError(
                f"The query has a second * or + in one pattern at {_place(text, token.start())}; only one is "
                "run, since two take the square of the time: capture single nodes and group them by .match, "
                "or by their lines."
            )
    return repeats


def _check_predicate(name: str, depth: int, place: str) -> None:
    if name.endswith("!"):
        return  # a note, which changes nothing
    if name not in _PREDICATES:
        known = ", ".join(f"#{each}" for each in sorted(_PREDICATES))
        raise QueryError(f"The predicate #{name} at {place} is not known; there are {known}.")
    if depth < 2:
        raise QueryError(
            f"The predicate #{name} at {place} is outside of a pattern, where it would not be applied: write "
            '((identifier) @name (#eq? @name "x")).'
        )


def _sentence(error: str, language: Language) -> str:
    """An error of tree-sitter, with its place and what may have been meant."""
    found = _ERROR.match(error)
    if found is None:
        return f"The query is not one that can be read: {error.lower()}. Are all brackets closed?"
    row, column, what = int(found[2]), int(found[3] or 0), found[4] or ""
    name = f" {what}" if what else ""
    hint = (
        did_you_mean(close_matches(what, _names(language), 4)) if found[1].startswith("Invalid node") else ""
    )
    if found[1].startswith("Impossible"):
        hint = "No such node is there in the grammar."
    if found[1].startswith("Invalid field"):
        hint = did_you_mean(close_matches(what, _fields(language), 4))
    return (
        f"The query does not fit {language.name}: {found[1].lower()}{name} at line {row + 1}, "
        f"column {column + 1}. {hint}"
    ).rstrip()


def _names(language: Language) -> Iterator[str]:
    grammar = language.grammar
    for number in range(grammar.node_kind_count):
        if grammar.node_kind_is_named(number):
            yield grammar.node_kind_for_id(number) or ""


def _fields(language: Language) -> Iterator[str]:
    grammar = language.grammar
    for number in range(1, grammar.field_count + 1):
        yield grammar.field_name_for_id(number) or ""


def _place(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"


def _has_long_row(root: tree_sitter.Node) -> bool:
    """Whether some node has very many children, each of which takes a byte at least."""
    left = [root]
    while left:
        node = left.pop()
        if node.child_count > _MAX_REPEATED_CHILDREN:
            return True
        left += [
            child for child in node.children if child.end_byte - child.start_byte > _MAX_REPEATED_CHILDREN
        ]
    return False
