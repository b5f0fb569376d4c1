"""Syntactic roles: what a place in a text is: code, a comment, a string, or text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.syntax.language import Language

Role = Literal["code", "comment", "string", "text"]
_STRINGS = ("string", "char_literal", "character", "heredoc", "jsx_text", "text")


def roles(source: bytes, language: Language, places: Sequence[tuple[int, int]]) -> list[Role]:
    r"""Returns the role of each place; what is interpolated into a string is code.

    Args:
        source: UTF-8 text with `\n` line ends.
        language: one that is `parsable`.
        places: start and end as byte offsets.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    if language.content == "prose":
        return ["text"] * len(places)
    root = parse(normalized(source), language).root_node
    found: list[Role] = []
    for start, end in places:
        node = root.descendant_for_byte_range(start, end)
        kind = node.type if node is not None else ""
        if "comment" in kind:
            found.append("comment")
        else:
            found.append("string" if kind.startswith(_STRINGS) else "code")
    return found
