r"""Unicode classes: what `\w`, `\s`, `\d`, `\b` and `\u` mean outside of ASCII, all that RE2 knows."""

from __future__ import annotations

import re
import unicodedata

# Letters, marks and digits of all scripts. Whole blocks, with the few other signs in them: as exact ranges
# they would be seven hundred, which RE2 takes long to compile, and less than one sign in a hundred differs.
_WORD = (
    "0-9A-Za-z_ªµºÀ-ÖØ-öø-\u1fff\u203f\u2040\u2054\u2071\u207f\u2090-\u209c\u20d0-\u20f0\u2102-\u2189"
    "\u2c00-\u2dff\u3005-\u3007\u3021-\u3035\u3038-\u303c\u3041-\ud7ff\uf900-\ufd3d\ufd50-\ufdfb\ufe20-\ufe2f"
    "\ufe33\ufe34\ufe4d-\ufe4f\ufe70-\ufefc\uff10-\uff19\uff21-\uff3a\uff3f\uff41-\uff5a\uff66-\uffdc"
    "\U00010000-\U0001cfff\U0001d400-\U0001d7ff\U0001e000-\U0001efff\U00020000-\U0003ffff\U000e0100-\U000e01ef"
)
_SPACE = r"\s\v\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_ALONE = {
    r"\w": f"[{_WORD}]",
    r"\W": f"[^{_WORD}]",
    r"\s": f"[{_SPACE}]",
    r"\S": f"[^{_SPACE}]",
    r"\d": r"\p{Nd}",
    r"\D": r"\P{Nd}",
}
_IN_SET = {r"\w": _WORD, r"\s": _SPACE, r"\d": r"\p{Nd}", r"\D": r"\P{Nd}"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# An escape or a set; a set without an end takes the rest, so that nothing is looked at twice.
_ESCAPE_OR_SET = re.compile(r"\\.|\[\^?\]?(?:\[:\^?\w{1,9}:\]|\\.|[^\]\\])*+(?:\]|\Z)", re.DOTALL)
_CHARACTER = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|N\{([^}]{1,99})\}|.)", re.DOTALL
)
# Parts that have their own idea of what a backslash means.
_QUOTED = re.compile(r"\\Q")
_RE2_ONLY = re.compile(r"\[:|\\[pPCQ]|\\x\{")
_WHOLE = (("\\s", "\\S"), ("\\w", "\\W"), ("\\d", "\\D"))
_DOT_ALL = re.compile(r"\(\?[a-zA-Z]*s[a-zA-Z]*[:)-]")


def spelled_out(expression: str) -> str:
    r"""Returns an expression with characters in the place of `\u00fc`, `\u{fc}`, `\U…` and `\N{…}`."""
    return _CHARACTER.sub(_character, expression) if "\\" in expression else expression


def with_unicode_classes(expression: str) -> str:
    r"""Returns an expression of RE2 in which `\w`, `\s` and `\d` mean what they mean to Python."""
    if "\\" not in expression or _QUOTED.search(expression):
        return expression
    return _ESCAPE_OR_SET.sub(_with_classes, expression)


def has_boundary(expression: str) -> bool:
    r"""Whether an expression has `\b` or `\B`, other than in a set, and Python reads it as RE2 does."""
    parts = (found[0] for found in _ESCAPE_OR_SET.finditer(expression))
    return any(part in {r"\b", r"\B"} for part in parts) and not _RE2_ONLY.search(expression)


def without_boundaries(expression: str) -> str:
    """Returns an expression that matches at least wherever another one does, whatever a word is."""
    return _ESCAPE_OR_SET.sub(lambda found: "(?:)" if found[0] in {r"\b", r"\B"} else found[0], expression)


def wants_line_ends(expression: str) -> bool:
    """Whether an expression is written to match line ends, as far as that can be seen."""
    if "\n" in expression or _DOT_ALL.search(expression):
        return True
    for found in _ESCAPE_OR_SET.finditer(expression):
        part = found[0]
        if part == r"\n":
            return True
        inside = {escape[0] for escape in _ESCAPE.finditer(part)} if part.startswith("[") else set()
        if not part.startswith("[^") and (r"\n" in inside or any(inside.issuperset(pair) for pair in _WHOLE)):
            return True
    return False


def _character(found: re.Match[str]) -> str:
    *digits, name = found.groups()
    try:
        letter = unicodedata.lookup(name) if name else chr(int(next(filter(None, digits)), 16))
        letter.encode()
    except (StopIteration, KeyError, ValueError, OverflowError):
        return found[0]
    return re.escape(letter)


def _with_classes(found: re.Match[str]) -> str:
    part = found[0]
    if not part.startswith("["):
        return _ALONE.get(part, part)
    return _ESCAPE.sub(lambda escape: _IN_SET.get(escape[0], escape[0]), part)
