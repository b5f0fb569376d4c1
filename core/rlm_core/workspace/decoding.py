"""Decoding: from a file's bytes to UTF-8 text, or to the reason why it is none."""

from __future__ import annotations

import codecs

_HEAD = 8000  # what git looks at to tell binary from text (buffer_is_binary in git's xdiff-interface.c)
_SAMPLE = 64 * 1024
_LETTERS_FOR_ONE = 4
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ANY_BOM = tuple(bom for bom, _ in _BOMS)


class NotTextError(Exception):
    """The bytes do not belong in the context; the message is the reason, in a word or two."""


def to_utf8(raw: bytes) -> bytes:
    """Returns the text as UTF-8 without a byte order mark; line ends stay as they are.

    UTF-8 first, then a byte order mark, then UTF-8 with a few bytes that are none, then detection, then
    Windows-1252: never an error for text.

    Raises:
        NotTextError: the content is binary.
    """
    if raw.startswith(_ANY_BOM):
        bom, encoding = next(mark for mark in _BOMS if raw.startswith(mark[0]))
        return raw[len(bom) :].decode(encoding, "replace").encode()
    if raw.find(b"\0", 0, _HEAD) >= 0:
        raise NotTextError("binary")
    if raw.isascii():
        return raw
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged(raw) or _detected(raw)
    return raw


def _damaged(raw: bytes) -> bytes:
    """The text where it is UTF-8 but for some bytes, with U+FFFD for each run of these; else empty.

    Letters of another encoding are seldom UTF-8 by chance, so there must be several that are for one that
    is not.
    """
    text = raw.decode("utf-8", "replace")
    plain = len(text.encode("ascii", "ignore"))
    bad = text.count("\ufffd")
    return text.encode() if len(text) - plain - bad >= _LETTERS_FOR_ONE * bad else b""


def _detected(raw: bytes) -> bytes:
    from charset_normalizer import from_bytes  # heavy, and most repositories are UTF-8

    best = from_bytes(raw[:_SAMPLE]).best()
    for encoding in (best.encoding if best else "cp1252", "cp1252"):
        try:
            return raw.decode(encoding).encode()
        except UnicodeError:
            continue
    return raw.decode("latin-1").encode()
