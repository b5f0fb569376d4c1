"""Constant arithmetic: what operators of constant expressions give in a language, within bounds.

A value that depends on what is not known here, such as how wide a type is, is not known either.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BITS = 4096
MAX_CHARS = 20_000
SCRIPTS = frozenset({"JavaScript", "TypeScript", "TSX", "Vue", "Svelte", "Astro"})
C_FAMILY = frozenset({"C", "C++", "Objective-C"})
# Languages in which dividing whole numbers gives a whole number, towards zero.
_WHOLE = frozenset({"Go", "Rust", "Java", "C#"}) | C_FAMILY
# Those in which a number without a suffix has 32 bits, and letters are numbers.
_NARROW = frozenset({"Java", "C#"}) | C_FAMILY
_LETTERS_ARE_NUMBERS = _NARROW | {"Go"}
# Those in which what `~` gives depends on the type of what it is given.
_TYPED_INVERSION = frozenset({"Go", "Rust", "C#"}) | C_FAMILY
_JOINING = SCRIPTS | {"Java", "C#"}
_MOST_EXACT = 1 << 53
_WIDE = re.compile(r"\d[uU]?[lL]|\d[lL]{1,2}[uU]?\b")
_UNSIGNED_SUFFIX = re.compile(r"\d[lL]{0,2}[uU]")
_DIGITS = re.compile(r"[\d_]+\Z")

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "%": operator.mod, "//": operator.floordiv,
    "|": operator.or_, "&": operator.and_, "^": operator.xor, "&^": lambda left, right: left & ~right,
    "<<": operator.lshift, ">>": operator.rshift, "**": operator.pow,
}  # fmt: skip
_BITWISE = frozenset({"|", "&", "^", "&^", "<<", ">>"})
_TYPES = {
    **{f"{sign}{bits}": (bits, sign == "i") for sign in "iu" for bits in (8, 16, 32, 64, 128)},
    **{f"int{bits}{end}": (bits, True) for bits in (8, 16, 32, 64) for end in ("", "_t")},
    **{f"uint{bits}{end}": (bits, False) for bits in (8, 16, 32, 64) for end in ("", "_t")},
    "short": (16, True),
    "ushort": (16, False),
    "sbyte": (8, True),
    "int": (32, True),
    "unsigned int": (32, False),
    "unsigned": (32, False),
    "long long": (64, True),
    "unsigned long long": (64, False),
    "unsigned char": (8, False),
    "usize": (64, False),
    "isize": (64, True),
}
_BY_LANGUAGE = {
    "Java": {"long": (64, True), "byte": (8, True)},
    "C#": {"long": (64, True), "byte": (8, False), "uint": (32, False), "ulong": (64, False)},
    "Go": {"byte": (8, False), "int": (64, True), "uint": (64, False)},
}
_FLOATS = frozenset({"float", "double", "f32", "f64", "float32", "float64"})
_QUALIFIERS = re.compile(r"\b(?:const|static|constexpr|volatile|final|readonly)\b|^\s*:\s*")


class NotKnownError(Exception):
    """What an expression gives cannot be told; the message says why."""


class Letter(str):
    """A letter, which is a number in some languages."""

    __slots__ = ()


class Inverted(int):
    """What `~` has given: all bits above it are set, up to the width of its type, which is not known."""


def operated(sign: str, left: Any, right: Any, language: str, text: str) -> Any:
    """Returns what an operator gives.

    Args:
        sign: the operator.
        left: one side.
        right: the other.
        language: how it is to be understood.
        text: the expression as it is written: suffixes of numbers tell how wide they are.

    Raises:
        NotKnownError: it is none that is known, or does not fit its sides, or gives too much.
    """
    if language in _LETTERS_ARE_NUMBERS and not _is_text(left, right):
        left, right = _as_number(left), _as_number(right)
    if isinstance(left, str) or isinstance(right, str):
        return _joined(sign, left, right, language)
    if (
        isinstance(left, tuple)
        and isinstance(right, tuple)
        and sign == "+"
        and language in {"Python", "Ruby"}
    ):
        return left + right
    numbers = all(isinstance(side, int | float) for side in (left, right))
    if not numbers or (sign not in _ARITHMETIC and sign not in {"/", ">>>"}):
        raise NotKnownError(f"{sign} is not followed")
    if sign in {"<<", "**"} and (abs(right) > MAX_BITS or _bits(left) > MAX_BITS):
        raise NotKnownError("it is too large")
    if isinstance(left, Inverted) or isinstance(right, Inverted):
        return _with_inverted(sign, left, right)
    if language in SCRIPTS:
        return _of_script(sign, left, right)
    value = _calculated(sign, left, right, language)
    if language in _NARROW and isinstance(value, int) and not _fits(value, left, right, text):
        raise NotKnownError("how wide it is is not known, and it may overflow")
    return value


def _calculated(sign: str, left: Any, right: Any, language: str) -> Any:
    whole = isinstance(left, int) and isinstance(right, int)
    try:
        if sign in {"/", "%"} and whole and (language in _WHOLE or (language == "PHP" and sign == "%")):
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if sign == "/" else left - quotient * right
        if sign == "/" and whole and language == "Ruby":
            return left // right
        if sign == "/" and whole and language == "PHP" and left % right == 0:
            return left // right
        value = left / right if sign == "/" else _ARITHMETIC[sign](left, right)
    except (ArithmeticError, TypeError, ValueError, KeyError) as error:
        raise NotKnownError(_reason(error, sign)) from None
    if isinstance(value, complex) or (isinstance(value, int) and _bits(value) > MAX_BITS):
        raise NotKnownError("it is too large")
    return value


def _of_script(sign: str, left: Any, right: Any) -> Any:
    """What a number of JavaScript is: one with 53 bits, and for operators on bits one with 32."""
    if sign in _BITWISE or sign == ">>>":
        left, right = _to_int32(left), _to_int32(right)
        if sign in {"<<", ">>", ">>>"}:
            right &= 31
        if sign == ">>>":
            return (left & 0xFFFFFFFF) >> right
        return _to_int32(_ARITHMETIC[sign](left, right))
    if sign == "%":
        if not (isinstance(left, int) and isinstance(right, int) and right):
            raise NotKnownError("% is not followed")
        return left - int(abs(left) // abs(right)) * abs(right) * (-1 if left < 0 else 1)
    value = _calculated(sign, left, right, "JavaScript")
    if isinstance(value, int) and abs(value) > _MOST_EXACT:
        raise NotKnownError("it is beyond what a number holds exactly")
    return int(value) if value == value // 1 else value


def _to_int32(value: float) -> int:
    return (int(value) + 0x80000000) % 0x100000000 - 0x80000000


def _fits(value: int, left: Any, right: Any, text: str) -> bool:
    """Whether a number of 32 bits is enough, or one side has more."""
    if _UNSIGNED_SUFFIX.search(text) and value < 0:
        return False
    sides = [side for side in (left, right) if isinstance(side, int)]
    wide = any(not -(1 << 31) <= side < 1 << 31 for side in sides) or _WIDE.search(text)
    most = 1 << (63 if wide else 31)
    return -most <= value < most


def _with_inverted(sign: str, left: Any, right: Any) -> Any:
    """Bits above a mask do not count; whatever else they take part in depends on how many there are."""
    if sign not in {"&", "|", "^"} or isinstance(left, float) or isinstance(right, float):
        raise NotKnownError("how wide it is is not known")
    value = _ARITHMETIC[sign](int(left), int(right))
    return value if value >= 0 else Inverted(value)


def _is_text(*sides: Any) -> bool:
    return any(isinstance(side, str) and not isinstance(side, Letter) for side in sides)


def _as_number(value: Any) -> Any:
    return ord(value) if isinstance(value, Letter) and len(value) == 1 else value


def _joined(sign: str, left: Any, right: Any, language: str) -> Any:
    both = isinstance(left, str) and isinstance(right, str)
    if (sign == "+" and (both or language in _JOINING)) or (sign == "." and language == "PHP"):
        value = f"{spelled(left, language)}{spelled(right, language)}"
    elif sign == "*" and language in {"Python", "Ruby"} and isinstance(right, int):
        value = left * min(right, MAX_CHARS + 1)
    else:
        raise NotKnownError(f"{sign} of a text is not followed")
    if len(value) > MAX_CHARS:
        raise NotKnownError("it is too long")
    return value


def spelled(value: Any, language: str) -> str:
    """Returns a value as it is in a text of which it becomes a part.

    Raises:
        NotKnownError: that differs from language to language.
    """
    if isinstance(value, str) or language == "Python":
        return str(value)
    if isinstance(value, bool) and language in SCRIPTS | {"Java"}:
        return str(value).lower()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and "e" not in str(value) and language != "C#":
        return str(value)
    raise NotKnownError("how it looks in a text is not known")


def signed(sign: str, value: Any, language: str, text: str) -> Any:
    """Returns what a sign in front of a value gives; the text is that of the value.

    Raises:
        NotKnownError: it does not fit the value.
    """
    value = _as_number(value) if language in _LETTERS_ARE_NUMBERS else value
    if sign in {"not", "!"} and isinstance(value, bool):
        return not value
    number = isinstance(value, int | float) and not isinstance(value, Inverted)
    if number and sign in {"-", "+"}:
        return -value if sign == "-" else value
    if isinstance(value, int) and sign in {"~", "^"} | ({"!"} if language == "Rust" else set()):
        if language in SCRIPTS:
            return ~_to_int32(value)
        untyped = language == "Go" and _DIGITS.match(text)
        return Inverted(~value) if language in _TYPED_INVERSION and not untyped else ~value
    raise NotKnownError(f"{sign} is not followed")


def as_type(value: Any, written: str, language: str, *, cast: bool = False) -> Any:
    """Returns a value as one of a type.

    Args:
        value: what is given.
        written: the type as it is written; empty where there is none.
        language: whose type it is.
        cast: the value is cut to fit.

    Raises:
        NotKnownError: it does not fit, or how wide it is is not known.
    """
    name = " ".join(_QUALIFIERS.sub("", written).split())
    if isinstance(value, str | tuple) or value is None or isinstance(value, bool):
        return value
    if name in _FLOATS:
        return float(value)
    width = _BY_LANGUAGE.get(language, {}).get(name) or _TYPES.get(name)
    if width is None and cast and language in C_FAMILY and not 0 <= value < 1 << 31:
        raise NotKnownError(f"how wide {name} is is not known")
    if width is None:
        return value
    bits, has_sign = width
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if has_sign else (0, 1 << bits)
    if isinstance(value, float):
        value = int(value)
    if low <= value < high:
        return int(value)
    if not has_sign and (cast or isinstance(value, Inverted) or language in C_FAMILY):
        return int(value) & (high - 1)
    if cast and has_sign:
        return ((int(value) - low) & ((1 << bits) - 1)) + low
    raise NotKnownError(f"it does not fit {name}")


def plain(value: Any) -> Any:
    """Returns a value of a plain class.

    Raises:
        NotKnownError: how wide it is decides what it is.
    """
    if isinstance(value, Inverted):
        raise NotKnownError("how wide it is is not known")
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return str(value) if isinstance(value, Letter) else value


def _reason(error: Exception, sign: str) -> str:
    return str(error) if isinstance(error, ArithmeticError) else f"{sign} is not followed"


def _bits(value: float) -> int:
    return value.bit_length() if isinstance(value, int) else 64
