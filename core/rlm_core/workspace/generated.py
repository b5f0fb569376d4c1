"""Generated and minified files, told by their text: left out, as nobody wrote or reads them."""

from __future__ import annotations

from itertools import pairwise

_MINIFIED_BYTES = 32 * 1024
_MINIFIED_LINE = 1000
_HEAD = 1024


def why_generated(text: bytes) -> str:
    """Why nobody wrote or reads this text, in a few words; empty when somebody does."""
    if len(text) > _MINIFIED_BYTES:
        ends = text.count(b"\n")
        if (
            len(text) > (ends + 1) * _MINIFIED_LINE
            and len(text) > (ends + 1 + text.count(b"\r")) * _MINIFIED_LINE
        ):
            return "minified or generated: very long lines"
    return "generated: its head says so" if _has_generated_marker(text[:_HEAD].lower()) else ""


def _has_generated_marker(head: bytes) -> bool:
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
