"""Wire format: frames, in which the host and a worker write messages to each other.

A frame is two lengths (little-endian u32), a head in JSON, and a body. Strings that are not short
travel in the body, one after another, and the head holds `{"$text": bytes}` in their place. So the
part that must be parsed stays small however much text a frame carries, and what a hostile frame can
cost its reader is bounded: an event loop reads the largest there may be in some 20 ms.

Both parts are UTF-8: whoever sends replaces lone surrogates, and a frame that has one is none.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Iterator, KeysView, ValuesView
from json import JSONDecoder, JSONEncoder
from typing import Any

from rlm_core.well_formed import well_formed

MAX_HEAD = 1 << 20  # of a frame to a worker
MAX_HEAD_TO_HOST = 256 << 10
MAX_BODY = 8 << 20
MAX_ANSWER = 4_000_000  # bytes
MAX_CHECKPOINT = 4_000_000  # bytes, where a checkpoint travels in a frame, each as a character of one or two
MAX_DESCRIPTORS = 250  # in one packet to the zygote; the kernel's limit is 253, see unix(7)
PREFIX = struct.Struct("<II")

# Functions of the host that are behind `context.changed` and `context.diff`, not for programs.
HISTORY_CHANGES, HISTORY_TEXT = "_changes", "_text_then"

_TEXT = "$text"
_INLINE = 40  # characters of ASCII; other strings go to the body
_LISTS = (list, tuple, set, frozenset, deque, range, Iterator, KeysView, ValuesView)

# Bound now: a program may replace the functions of `json` and `re`, but not these.
_to_json = JSONEncoder(separators=(",", ":"), check_circular=False, ensure_ascii=False).encode
_surrogate = re.compile(rb"\\u[dD][89a-fA-F]").search


class FrameError(ValueError):
    """A message that can't be sent, or bytes that aren't a frame; a whole sentence."""


def encode(message: dict[str, Any], max_head: int = MAX_HEAD) -> bytes:
    """Returns a message as a frame.

    Values that JSON does not have are sent as what they are like: iterators and sets as lists, anything
    else as its `str()`. Lone surrogates are replaced (`well_formed`).

    Raises:
        FrameError: the message is too large or nested too deeply.
    """
    texts = _Texts()
    try:
        head = _to_json(_lift(message, texts)).encode()
    except RecursionError:
        raise FrameError("The values are nested too deeply to be sent.") from None
    if len(head) > max_head:
        raise _too_large(max_head, "structure")
    return b"".join((PREFIX.pack(len(head), texts.size), head, *texts))


def sizes(prefix: bytes, max_head: int = MAX_HEAD) -> tuple[int, int]:
    """Returns the lengths of head and body that a frame's first eight bytes announce.

    Raises:
        FrameError: more than a frame may have.
    """
    head, body = PREFIX.unpack(prefix)
    if head > max_head or body > MAX_BODY:
        raise FrameError(f"A frame of {head:,} + {body:,} bytes is larger than any that is allowed.")
    return head, body


def decode(head: bytes, body: bytes) -> Any:
    """Returns the message of a frame; its shape is for the caller to check.

    Raises:
        FrameError: not JSON or not UTF-8, nested too deeply, or texts that the body does not have.
    """
    start = 0

    def lower(value: dict[str, Any]) -> Any:
        nonlocal start
        if _TEXT not in value:
            return value
        length = value[_TEXT]
        if type(length) is not int or not 0 <= length <= len(body) - start:
            raise FrameError("A frame refers to text that it does not carry.")
        start += length
        return body[start - length : start].decode()

    # Into a head they only get as escapes, of which `encode` has no need; `\\ud800` is a text that says so.
    if b"\\u" in head and _surrogate(head.replace(rb"\\", b"")):
        raise FrameError("A frame is not well-formed: its head has an escaped surrogate.")
    try:
        # Objects are completed in the order in which they end, so texts are met as they were laid down.
        return JSONDecoder(object_hook=lower).decode(head.decode())
    except FrameError:
        raise
    except (ValueError, RecursionError) as error:
        raise FrameError(f"A frame is not well-formed: {error}.") from None


def message(frame: bytes) -> Any:
    """Returns the message of a whole frame, prefix included.

    Raises:
        FrameError: as `sizes` and `decode`.
    """
    start = PREFIX.size
    head, _ = sizes(frame[:start])
    return decode(frame[start : start + head], frame[start + head :])


class _Texts(list[bytes]):
    """The longer strings of a message, one after another, no more of them than a body may have.

    Attributes:
        size: of all, in bytes.
    """

    size = 0

    def add(self, value: str) -> int:
        """Adds a string and returns its length in bytes; raises `FrameError` where there is no room."""
        # Before it is encoded: one text that a list has many times takes memory only from here on.
        self._check(len(value))
        try:
            text = str.encode(value)
        except UnicodeEncodeError:
            text = well_formed(value).encode()
        self._check(len(text))
        self.append(text)
        self.size += len(text)
        return len(text)

    def _check(self, length: int) -> None:
        if self.size + length > MAX_BODY:
            raise _too_large(MAX_BODY, "text")


def _too_large(limit: int, what: str) -> FrameError:
    return FrameError(
        f"The values are too large to be sent at once: more than {limit:,} bytes of {what}, "
        "which is all that a message may have; send them in parts."
    )


def _lift(value: Any, texts: _Texts) -> Any:
    """The value as JSON has it, its longer strings moved to `texts`."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _lift_text(value, texts)
    if isinstance(value, dict):
        if _TEXT in value:
            raise FrameError(f"A dict with the key {_TEXT!r} cannot be sent; use another key.")
        return {well_formed(str(key)): _lift(item, texts) for key, item in value.items()}
    if isinstance(value, _LISTS):
        return [_lift(item, texts) for item in value]
    return _lift_text(str(value), texts)


def _lift_text(value: str, texts: _Texts) -> str | dict[str, int]:
    return value if len(value) <= _INLINE and str.isascii(value) else {_TEXT: texts.add(value)}
