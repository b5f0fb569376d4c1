"""Braces: which one closes which, past strings, characters and comments."""

from __future__ import annotations

import re

# What has no end reaches to the end of the text, so that no text is read twice.
_TOKEN = re.compile(
    rb"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|r(#{1,5})\"(?:[^\"]|\"(?!\1))*(?:\"\1|\Z)"
    rb"|\"(?:[^\"\\]|\\.)*(?:\"|\Z)|'(?:[^'\\\n]|\\[^\n][^'\n]{0,10})'|[{}]",
    re.DOTALL,
)


def closing_braces(source: bytes) -> dict[int, int]:
    """Returns the place of the closing brace for the place of each opening one that has one."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for token in _TOKEN.finditer(source):
        if token[0] == b"{":
            opened.append(token.start())
        elif token[0] == b"}" and opened:
            found[opened.pop()] = token.start()
    return found
