"""Message bounds: how large a client's message may be, and how much structure it may have.

Its size says little: of a text the SDK's parser makes one object, of a list with as many bytes a million, and
it tries several types on them, on the event loop. So the values are counted before anything is parsed, by
passes that cost about as much as one over a text does.
"""

from __future__ import annotations

from rlm_core.wording import pluralize

# A batch of 5,000 prompts has as many replies; nothing else that a client sends has nearly so much.
MAX_VALUES = 10_000
# Over stdio, where a message is a line: the longest is one with a batch's replies.
MAX_LINE_BYTES = 32 << 20


def excess(message: bytes) -> str:
    """What a message has too much of, or what keeps it from being looked at, in a sentence; empty if nothing.

    Args:
        message: JSON in UTF-8, or whatever else a client has sent.
    """
    if b"\0" in message:  # never in JSON, but in any JSON of UTF-16 and UTF-32, which parsers take as well
        return "The message is no JSON in UTF-8: it holds a zero byte."
    if _starts(message) < MAX_VALUES:  # however many of them are in texts
        return ""
    plain = message.replace(b"\\\\", b"").replace(rb"\"", b"")
    # A value has two texts at most, a key's and its own.
    many = plain.count(b'"') > 4 * MAX_VALUES or _starts(b"".join(plain.split(b'"')[::2])) >= MAX_VALUES
    return f"The message has more than {MAX_VALUES:,} values, which is the limit." if many else ""


def too_long(limit: int) -> str:
    """The sentence for a message of more than so many bytes."""
    return f"The message has more than {pluralize(limit, 'byte')}, which is the limit: send less at once."


def _starts(text: bytes) -> int:
    """The places where a value begins: no fewer than there are values, but for the outermost."""
    return text.count(b",") + text.count(b"[") + text.count(b"{")
