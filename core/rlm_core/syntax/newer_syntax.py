"""Newer syntax: what grammars do not know yet, and lose a class or a file over.

It is rewritten in a form that they know; nothing moves.
"""

from __future__ import annotations

import re

from rlm_core.syntax.blanks import blanked
from rlm_core.syntax.braces import closing_braces
from rlm_core.syntax.conditional_compilation import without_directives

# Kotlin 2: `context(log: Logger)`, `is String if it.length > 2 ->`, `$$"…"`, `field = …` behind a property.
_CONTEXT = re.compile(
    rb"^[ \t]*(context[ \t]*\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\))"
    rb"(?=\s+(?:@\w+\s+)?(?:\w+[ \t]+){0,4}(?:fun|va[lr]|class|interface)\b)",
    re.MULTILINE,
)
_GUARD = re.compile(
    rb"^[ \t]*(?:!?(?:is|in)[ \t]|else\b|[A-Z\"\d][\w.\"]*)(?:(?!->)[^\n\"{]){0,200}?[ \t]?\b"
    rb"(if\b(?:(?!->)[^\n]){0,300}?)(?=[ \t]*->)",
    re.MULTILINE,
)
_DOLLARS = re.compile(rb"(?<![\w$\"])(\$+)(?=\")")
_BACKING_FIELD = re.compile(
    rb"\bval[ \t]+\w+[ \t]*:[^\n={]{0,200}\n[ \t]*(field(?:[ \t]*:[^\n=]*)?)(?=[ \t]*=)"
)
_KEYWORD_NAME = re.compile(rb"\bfun\b[^\n(=]{0,200}?[ \t.>](suspend)(?=[ \t]*\()")

# C# 14.
_EXTENSION = re.compile(
    rb"^[ \t]*extension[ \t]*(?:<[^<>\n]*>)?[ \t]*\([^()\n]*\)[^{};\n]*\s*(\{)", re.MULTILINE
)

# `func (b *Boat) Load[C any](c C)`.
_GENERIC_METHOD = re.compile(
    rb"^func[ \t]*\([^()\n]*\)[ \t]*\w+(\[[^()\[\]\n]*(?:\[[^\[\]\n]*\][^()\[\]\n]*)*\])(?=\()", re.MULTILINE
)

# `` html<Props>`…` ``.
_TYPED_TEMPLATE = re.compile(
    rb"(?<=\w)(<[A-Za-z_{\[][\w.,\s|&\[\]\"':{}]{0,200}(?:<[\w.,\s|&\[\]]{0,100}>[\w.,\s]{0,50})?>)(?=`)"
)


def kotlin(source: bytes) -> bytes:
    """Kotlin without context parameters, guards, dollars before strings and explicit backing fields."""
    for pattern in (_CONTEXT, _GUARD, _DOLLARS, _BACKING_FIELD):
        source = pattern.sub(_without_group, source)
    return _KEYWORD_NAME.sub(_renamed, source)


def c_sharp(source: bytes) -> bytes:
    """C# without directives, and with the members of `extension` blocks in the class around them."""
    source = without_directives(source)
    if b"extension" not in source:
        return source
    text = bytearray(source)
    closing = closing_braces(source)
    for found in _EXTENSION.finditer(source):
        if (end := closing.get(found.start(1))) is not None:
            text[found.start() : found.end()] = blanked(found[0])
            text[end] = ord(" ")
    return bytes(text)


def go(source: bytes) -> bytes:
    """Go without type parameters of methods."""
    return _GENERIC_METHOD.sub(_without_group, source)


def typescript(source: bytes) -> bytes:
    """TypeScript without type arguments of templates."""
    return _TYPED_TEMPLATE.sub(_without_group, source) if b">`" in source else source


def _without_group(found: re.Match[bytes]) -> bytes:
    first, last = found.start(1) - found.start(), found.end(1) - found.start()
    return found[0][:first] + blanked(found[1]) + found[0][last:]


def _renamed(found: re.Match[bytes]) -> bytes:
    return found[0][: found.start(1) - found.start()] + found[1].capitalize()
