"""Words: where one begins and ends in a text of bytes, whatever letters it has."""

from __future__ import annotations

_MAX_BYTES = 4  # of one character in UTF-8
_NOT_ASCII = 2
# For each byte 1 if it is of a word, 2 if that takes more than the byte to tell.
_KINDS = bytes(_NOT_ASCII if byte > 0x7F else chr(byte).isalnum() or byte == 0x5F for byte in range(256))


def is_word(source: bytes, start: int, end: int) -> bool:
    r"""Whether there is a boundary (`\b`) on both sides of a place, which is not empty."""
    first, last = _KINDS[source[start]], _KINDS[source[end - 1]]
    left = _KINDS[source[start - 1]] if start else 0
    right = _KINDS[source[end]] if end < len(source) else 0
    if left | first | last | right < _NOT_ASCII:
        return left != first and right != last
    return before(source, start) != after(source, start) and before(source, end) != after(source, end)


def before(source: bytes, at: int) -> bool:
    """Whether the character before a place is one of a word."""
    if at <= 0:
        return False
    if source[at - 1] < 0x80:
        return _is_of_word(source[at - 1 : at])
    first = at - 1
    while first > 0 and at - first < _MAX_BYTES and source[first] & 0xC0 == 0x80:
        first -= 1
    return _is_of_word(source[first:at])


def after(source: bytes, at: int) -> bool:
    """Whether the character behind a place is one of a word."""
    if at >= len(source):
        return False
    if source[at] < 0x80:
        return _is_of_word(source[at : at + 1])
    last = at + 1
    while last < len(source) and last - at < _MAX_BYTES and source[last] & 0xC0 == 0x80:
        last += 1
    return _is_of_word(source[at:last])


def _is_of_word(character: bytes) -> bool:
    text = character.decode("utf-8", "ignore")
    return text.isalnum() or text == "_"
