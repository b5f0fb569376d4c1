"""Constant arithmetic: what operators of constant expressions give, within bounds."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BITS = 4096
MAX_CHARS = 20_000
# Languages in which dividing whole numbers gives a whole number, towards zero.
_WHOLE = frozenset({"Go", "Rust", "Java", "C", "C++", "C#"})
_UNSIGNED = re.compile(r"\b(?:u(?:int)?_?(8|16|32|64|128)(?:_t)?|(byte|uchar)|(usize|ulong|uint))\b")

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "%": operator.mod, "//": operator.floordiv,
    "|": operator.or_, "&": operator.and_, "^": operator.xor, "&^": lambda left, right: left & ~right,
    "<<": operator.lshift, ">>": operator.rshift, "**": operator.pow,
}  # fmt: skip


class NotKnownError(Exception):
    """What an expression gives cannot be told; the message says why."""


def operated(sign: str, left: Any, right: Any, language: str) -> Any:
    """Returns what an operator gives.

    Raises:
        NotKnownError: it is none that is known, or does not fit its sides, or gives too much.
    """
    numbers = all(isinstance(side, int | float) for side in (left, right))
    if isinstance(left, str) or isinstance(right, str):
        return _text(sign, left, right, language)
    if isinstance(left, tuple) and isinstance(right, tuple) and sign == "+":
        return left + right
    if not numbers or (sign not in _ARITHMETIC and sign != "/"):
        raise NotKnownError(f"{sign} is not followed")
    if sign in {"<<", "**"} and (abs(right) > MAX_BITS or _bits(left) > MAX_BITS):
        raise NotKnownError("it is too large")
    try:
        if sign in {"/", "%"} and language in _WHOLE and isinstance(left, int) and isinstance(right, int):
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if sign == "/" else left - quotient * right
        value = left / right if sign == "/" else _ARITHMETIC[sign](left, right)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise NotKnownError(str(error)) from None
    if isinstance(value, complex) or (isinstance(value, int) and _bits(value) > MAX_BITS):
        raise NotKnownError("it is too large")
    if sign == "/" and language in {"JavaScript", "TypeScript", "TSX"} and value == int(value):
        return int(value)
    return value


def _text(sign: str, left: Any, right: Any, language: str) -> Any:
    both = isinstance(left, str) and isinstance(right, str)
    one_of_them = language in {"JavaScript", "TypeScript", "TSX", "Java", "C#"}
    if (sign == "+" and (both or one_of_them)) or (sign == "." and language == "PHP"):
        value = f"{left}{right}"
    elif sign == "%" or not (sign == "*" and language == "Python" and isinstance(right, int)):
        raise NotKnownError(f"{sign} of a text is not followed")
    else:
        value = left * min(right, MAX_CHARS + 1)
    if len(value) > MAX_CHARS:
        raise NotKnownError("it is too long")
    return value


def signed(sign: str, value: Any) -> Any:
    """Returns what a sign in front of a value gives; `~` as of a whole number without a width.

    Raises:
        NotKnownError: it does not fit the value.
    """
    if sign in {"not", "!"} and isinstance(value, bool):
        return not value
    if isinstance(value, int | float) and sign in {"-", "+"}:
        return -value if sign == "-" else value
    if isinstance(value, int) and sign in {"~", "!", "^"}:
        return ~value
    raise NotKnownError(f"{sign} is not followed")


def as_type(value: Any, written: str) -> Any:
    """Returns a value as one of a type without a sign; others are as they are."""
    found = _UNSIGNED.search(written)
    if found is None or not isinstance(value, int) or isinstance(value, bool) or value >= 0:
        return value
    bits = int(found[1]) if found[1] else 8 if found[2] else 64 if found[3] != "uint" else 32
    return value & ((1 << bits) - 1)


def _bits(value: float) -> int:
    return value.bit_length() if isinstance(value, int) else 64
