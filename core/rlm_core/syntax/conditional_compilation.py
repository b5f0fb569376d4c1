"""Conditional compilation: `#if … #else … #endif`, which grammars parse as if every branch were compiled.

Where each branch stands for itself (whole declarations or statements), that is right: all of them are found.
Where braces do not balance, or a branch is a part of a statement, one branch is kept.
"""

from __future__ import annotations

import re
from itertools import pairwise

from rlm_core.syntax.blanks import blanked

_DIRECTIVE = re.compile(
    rb"^[ \t]*#[ \t]*(?:(if(?:n?def)?)|(el(?:se|if(?:n?def)?))|(endif))\b(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE
)
_ANY_DIRECTIVE = re.compile(rb"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
_NO_CODE = re.compile(
    rb"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
    rb"|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*",
    re.MULTILINE,
)
_NEVER = re.compile(rb"[ \t]*#[ \t]*if[ \t]+(?:0|false)\b")
_CONTINUES = re.compile(rb"\s*(?:else\b|catch\b|[]}),.?:&|+<>=])")
# Each level reads its text again.
_MAX_LEVELS = 30


def one_branch(source: bytes) -> bytes:
    """Returns a text with one branch of each `#if` whose branches do not stand for themselves."""
    if b"#" not in source:
        return source
    text = bytearray(source)
    chains: list[list[tuple[int, int]]] = []  # of each `#if` that is not closed yet, its directives
    for found in _DIRECTIVE.finditer(source):
        if found[1]:
            chains.append([])
        if not chains:
            continue  # an end without a beginning
        chains[-1].append(found.span())
        if found[3]:
            directives = chains.pop()
            if len(chains) < _MAX_LEVELS:
                _resolve(text, directives)
    return bytes(text)


def without_directives(source: bytes) -> bytes:
    """Returns `one_branch` without any directive, for a grammar that knows them only between statements."""
    return (
        _ANY_DIRECTIVE.sub(lambda found: blanked(found[0]), one_branch(source)) if b"#" in source else source
    )


def _resolve(text: bytearray, directives: list[tuple[int, int]]) -> None:
    branches = [(end, start) for (_, end), (start, _) in pairwise(directives)]
    shapes = [_shape(bytes(text[start:end])) for start, end in branches]
    if all(shape == "whole" for shape in shapes):
        return
    never = _NEVER.match(bytes(text[slice(*directives[0])])) is not None
    for span in directives:
        text[slice(*span)] = blanked(bytes(text[slice(*span)]))
    if "part" in shapes:
        kept = int(never)
        for number, span in enumerate(branches):
            if number != kept:
                text[slice(*span)] = blanked(bytes(text[slice(*span)]))


def _shape(branch: bytes) -> str:
    """What a branch is: `whole` statements, `items` of a list, or a `part` of something."""
    if _may_stand(branch.strip(), b";}:"):
        return "whole"  # as it nearly always is: no need to look for comments and strings
    code = _NO_CODE.sub(b"", branch).strip()
    if _may_stand(code, b";}:"):
        return "whole"
    return "items" if _may_stand(code, b",") else "part"


def _may_stand(code: bytes, ends: bytes) -> bool:
    balanced = code.count(b"{") == code.count(b"}") and code.count(b"(") == code.count(b")")
    return balanced and code[-1:] in ends and not _CONTINUES.match(code)
