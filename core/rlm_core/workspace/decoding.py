"""From a file's bytes to UTF-8 text, or to the reason why it is none."""

from __future__ import annotations

import codecs
from itertools import pairwise

_HEAD = 8000  # what git looks at to tell binary from text (buffer_is_binary in git's xdiff-interface.c)
_SAMPLE = 64 * 1024
_MINIFIED_BYTES = 32 * 1024
_MINIFIED_LINE = 1000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ANY_BOM = tuple(bom for bom, _ in _BOMS)
_GENERATED_HEAD = 1024


class NotTextError(Exception):
    """The bytes do not belong in the context; the message is the reason, in a word or two."""


def to_utf8(raw: bytes) -> bytes:
    """Returns the text as UTF-8 without a byte order mark; line ends stay as they are.

    UTF-8 first, then a byte order mark, then detection, then Windows-1252: never an error for text.

    Raises:
        NotTextError: the content is binary or a private key.
    """
    if raw.startswith(_ANY_BOM):
        bom, encoding = next(mark for mark in _BOMS if raw.startswith(mark[0]))
        return raw[len(bom) :].decode(encoding, "replace").encode()
    if raw.find(b"\0", 0, _HEAD) >= 0:
        raise NotTextError("binary")
    if raw.startswith(b"-----BEGIN ") and raw.find(b"PRIVATE KEY-----", 0, _HEAD) >= 0:
        raise NotTextError("secret: private key")
    if raw.isascii():
        return raw
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _detected(raw)
    return raw


def made_by_machine(text: bytes) -> str:
    """Why nobody wrote or reads this text, in a few words; empty when somebody does."""
    if len(text) > _MINIFIED_BYTES:
        ends = text.count(b"\n")
        if (
            len(text) > (ends + 1) * _MINIFIED_LINE
            and len(text) > (ends + 1 + text.count(b"\r")) * _MINIFIED_LINE
        ):
            return "minified or generated: very long lines"
    return "generated: its head says so" if _says_generated(text[:_GENERATED_HEAD].lower()) else ""


def _says_generated(head: bytes) -> bool:
    """Whether a comment says what generators write there (https://go.dev/s/generatedcode and its likes).

    A line of code that prints the same words is a generator and not its output.
    """
    if b"generated" not in head:
        return False
    lines = head.split(b"\n")
    for line, after in pairwise([*lines, b""]):
        before, word, _ = line.partition(b"generated")
        start = before.lstrip()[:1]
        if word and start and not start.isalnum() and b'"' not in before and b"'" not in before:
            both = line + after
            if before.endswith(b"@") or b"do not edit" in both or b"do not modify" in both:
                return True
    return False


def _detected(raw: bytes) -> bytes:
    from charset_normalizer import from_bytes  # heavy, and most repositories are UTF-8

    best = from_bytes(raw[:_SAMPLE]).best()
    for encoding in (best.encoding if best else "cp1252", "cp1252"):
        try:
            return raw.decode(encoding).encode()
        except UnicodeError:
            continue
    return raw.decode("latin-1").encode()
