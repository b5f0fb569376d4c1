"""Identifiers: names of code in a question."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"`([^`\n]+)`")
_IDENTIFIER = re.compile(r"(?:[^\W\d]|\$)[\w$]*(?:(?:\.|::|->)(?:[^\W\d]|\$)[\w$]*)*(?:\(\))?")
_ABBREVIATIONS = {"i.e", "e.g"}
_NAMELIKE = re.compile(r"_|\.|::|->|\(\)$|[a-z][A-Z]|^[A-Z]{2,}[a-z]|^[A-Z]{3,}$")


def identifiers(text: str) -> list[str]:
    """Names of code in a text, in order: `backticked`, CamelCase, snake_case, dotted, call()."""
    names: dict[str, None] = {}
    for quoted in _QUOTED.findall(text):
        if _IDENTIFIER.fullmatch(quoted.strip()):
            names[_plain(quoted.strip())] = None
    for match in _IDENTIFIER.findall(text):
        if _NAMELIKE.search(match) and match.lower() not in _ABBREVIATIONS:
            names[_plain(match)] = None
    return list(names)


def _plain(name: str) -> str:
    return re.sub(r"::|->", ".", name.removesuffix("()"))
