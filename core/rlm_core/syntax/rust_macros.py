"""Rust macros around items: `cfg_net! { pub fn … }`, `cfg_if! { if #[cfg(unix)] { … } else { … } }`.

What a macro is given is no syntax by itself, but where it begins like an item, it is one.
"""

from __future__ import annotations

import re

from rlm_core.syntax.blanks import blanked
from rlm_core.syntax.braces import closing_braces

_ITEM = (
    rb"(?:pub\b|(?:unsafe[ \t]+|async[ \t]+|const[ \t]+|extern[ \t]+(?:\"[^\"\n]*\"[ \t]+)?){0,3}fn\b"
    rb"|(?:struct|enum|union|trait|mod|impl|use|type)\b|static\b|const[ \t]+\w+[ \t]*:|macro_rules!)"
)
_SPACE = rb"(?:\s|//[^\n]*\n|#!?\[[^\n]*\]\s*\n){0,200}"
_MACRO = re.compile(
    rb"^[ \t]*(?:\w+::)?(?!macro_rules|quote|parse_quote|assert|trybuild)(\w+)!([ \t]*)\{(?="
    + _SPACE
    + _ITEM
    + rb")",
    re.MULTILINE,
)
_CFG_IF = re.compile(rb"^[ \t]*(?:\w+::)?cfg_if![ \t]*(\{)(?=\s*if[ \t]*#\[)", re.MULTILINE)
_BRANCH = re.compile(rb"\s*(?:(?:else\s+)?if[ \t]*#\[[^\n]*\]|else)[ \t]*(\{)")
_STATIC_REF = re.compile(rb"\bstatic[ \t]+(ref)(?=[ \t]+\w+[ \t]*:)")
_MAX_BRANCHES = 50
_BLANK = ord(" ")


def rust(source: bytes) -> bytes:
    """Rust with the items in macros as items; the call of the macro stays, in front of them."""
    if b"! {" not in source and b"!{" not in source:
        return source
    macros, conditions = [*_MACRO.finditer(source)], [*_CFG_IF.finditer(source)]
    closing = closing_braces(source) if macros or conditions else {}
    text = bytearray(source)
    for found in macros:
        # `name! {` becomes `name!{}`, which takes a blank.
        if found.end() - 1 in closing and found[2]:
            text[found.start(2) : found.end()] = b"{}".ljust(len(found[2]) + 1)
            text[closing[found.end() - 1]] = _BLANK
    for found in conditions:
        if found.start(1) in closing:
            _open_branches(source, text, found.start(1), closing)
    return _STATIC_REF.sub(lambda found: found[0][:-3] + b"   ", bytes(text))


def _open_branches(source: bytes, text: bytearray, opening: int, closing: dict[int, int]) -> None:
    """Takes away what stands around the items of a `cfg_if!`."""
    at = opening + 1
    for _ in range(_MAX_BRANCHES):
        branch = _BRANCH.match(source, at, closing[opening])
        if branch is None or branch.start(1) not in closing:
            break
        at = closing[branch.start(1)] + 1
        text[branch.start() : branch.end()] = blanked(branch[0])
        text[at - 1] = _BLANK
    if at > opening + 1:
        name_end = source.rindex(b"!", 0, opening) + 1
        text[name_end : opening + 1] = b"{}".ljust(opening + 1 - name_end) if opening > name_end else b";"
        text[closing[opening]] = _BLANK
