"""Wire format: frames, in which the host and a worker write messages to each other.

A frame is two lengths (little-endian u32), a head in JSON, and a body. Strings that are not short
travel in the body, one after another, and the head holds `{"$text": bytes}` in their place. So the
part that must be parsed stays small however much text a frame carries, and what a hostile frame can
cost its reader is bounded: an event loop reads the largest there may be in some 20 ms.

A call, and a reply to one, may have more texts than a frame takes. Then frames with texts go ahead of it,
which name the call's id, and its head holds `{"$sent": id}` for each of these, in the same order.

Both halves of a frame are UTF-8: whoever sends replaces lone surrogates, and a frame that has one is none.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Iterator, KeysView, Mapping, ValuesView
from json import JSONDecoder, JSONEncoder
from typing import Any

from rlm_core.well_formed import well_formed

MAX_HEAD = 1 << 20  # of a frame to a worker
MAX_HEAD_TO_HOST = 256 << 10
MAX_BODY = 8 << 20
MAX_TEXTS = 32 << 20  # bytes of text in a call or a reply, with what is sent ahead of it
MAX_ANSWER = 4_000_000  # bytes
PRINTED = "PRINTED"  # the variable that has what a cell has printed, up to so many characters, if it was cut
KEPT_CHARS = 1_000_000
UNKNOWN = "?"  # among names that a cell lacks: whatever it reads may be lacking
MAX_SENTENCES, MAX_SENTENCE = 20, 400  # what a worker says about a cell, in characters each
MAX_TOLD = {"cuts": MAX_SENTENCES, "loaded": 200, "stubbed": 200, "looked": 2}  # how many of a kind
MAX_CHECKPOINT = 4_000_000  # bytes, where a checkpoint travels in a frame, each as a character of one or two
MAX_DESCRIPTORS = 250  # in one packet to the zygote; the kernel's limit is 253, see unix(7)
PREFIX = struct.Struct("<II")

# Functions of the host that are behind `context.changed`, `diff`, `log` and `blame`, not for programs.
HISTORY_CHANGES, HISTORY_TEXT, HISTORY_LOG, HISTORY_BLAME = "_changes", "_text_then", "_log", "_blame"

_TEXT, _SENT = "$text", "$sent"
_PART = 1 << 20  # bytes of text in a frame that is one of several
_INLINE = 24  # characters of ASCII, so few that 5,000 fit into a head however escaped; others go to the body
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
    return next(_frames(message, max_head, MAX_BODY, MAX_BODY))


def encode_in_parts(message: dict[str, Any], max_head: int = MAX_HEAD) -> Iterator[bytes]:
    """Returns a message with an id as one frame or more, each encoded when it is asked for.

    Raises:
        FrameError: as `encode`; also when some frames have been asked for.
    """
    return _frames(message, max_head, _PART, MAX_TEXTS)


def sizes(prefix: bytes, max_head: int = MAX_HEAD) -> tuple[int, int]:
    """Returns the lengths of head and body that a frame's first eight bytes announce.

    Raises:
        FrameError: more than a frame may have.
    """
    head, body = PREFIX.unpack(prefix)
    if head > max_head or body > MAX_BODY:
        raise FrameError(f"A frame of {head:,} + {body:,} bytes is larger than any that is allowed.")
    return head, body


def decode(head: bytes, body: bytes, sent: Mapping[int, deque[str]] | None = None) -> Any:
    """Returns the message of a frame; its shape is for the caller to check.

    Args:
        head: what must be parsed.
        body: its longer strings.
        sent: the texts that were sent ahead, by id, from which they are taken; None where they do not
            matter, and empty ones may stand in for them.

    Raises:
        FrameError: not JSON or not UTF-8, nested too deeply, or texts that the body does not have.
    """
    start = 0

    def lower(value: dict[str, Any]) -> Any:
        nonlocal start
        if _SENT in value:
            return "" if sent is None else _taken(sent, value[_SENT])
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
    return decode(*split(frame))


class Joined:
    """Messages of a peer that is trusted, put together again where texts were sent ahead of them."""

    def __init__(self) -> None:
        self._sent: dict[int, deque[str]] = {}

    def message(self, head: bytes, body: bytes) -> dict[str, Any] | None:
        """The message that a frame completes; None where more are to come."""
        message: dict[str, Any] = decode(head, body, self._sent)
        if message["op"] == "texts":
            self._sent.setdefault(message["id"], deque()).extend(message["texts"])
            return None
        if message["op"] == "reply":
            self._sent.pop(message["id"], None)
        return message


def split(frame: bytes) -> tuple[bytes, bytes]:
    """Returns head and body of a whole frame, prefix included; raises `FrameError` as `sizes` does."""
    start = PREFIX.size
    head, _ = sizes(frame[:start])
    return frame[start : start + head], frame[start + head :]


def _taken(sent: Mapping[int, deque[str]], number: Any) -> str:
    try:
        return sent[number].popleft()
    except (LookupError, TypeError):
        raise FrameError("A frame refers to text that was not sent ahead of it.") from None


def _frames(message: dict[str, Any], max_head: int, part: int, most: int) -> Iterator[bytes]:
    """The frames of a message: those with texts have `part` bytes of them at most, all together `most`."""
    texts = _Texts(most)
    try:
        lifted = _lift(message, texts)
    except RecursionError:
        raise FrameError("The values are nested too deeply to be sent.") from None
    body: list[bytes] = []
    references: list[dict[str, int]] = []
    size = total = 0
    for text, reference in texts:
        data = _utf8(text)
        total += len(data)
        _check_text(len(data), total, most)
        if body and size + len(data) > part:
            ahead = {"op": "texts", "id": message["id"], "texts": references}
            yield _frame(ahead, body, max_head)
            for before in references:
                before.clear()
                before[_SENT] = message["id"]
            body, references, size = [], [], 0
        reference[_TEXT] = len(data)
        references.append(reference)
        body.append(data)
        size += len(data)
    yield _frame(lifted, body, max_head)


def _frame(message: Any, body: list[bytes], max_head: int) -> bytes:
    try:
        head = _to_json(message).encode()
    except RecursionError:
        raise FrameError("The values are nested too deeply to be sent.") from None
    if len(head) > max_head:
        raise _too_large(max_head, "structure")
    return b"".join((PREFIX.pack(len(head), sum(map(len, body))), head, *body))


class _Texts(list[tuple[str, dict[str, int]]]):
    """The longer strings of a message, each with what stands for it in the head; no more than it may have.

    Args:
        most: bytes of all.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._chars = 0

    def add(self, value: str) -> dict[str, int]:
        """Adds a string and returns what stands for it; raises `FrameError` where there is no room."""
        # Before it is encoded: one text that a list has many times takes memory only from there on.
        self._chars += len(value)
        _check_text(len(value), self._chars, self._most)
        reference: dict[str, int] = {}
        self.append((value, reference))
        return reference


def _check_text(size: int, total: int, most: int) -> None:
    if total > most:
        raise _too_large(most, "text")
    if size > MAX_BODY:
        raise _too_large(MAX_BODY, "text in one string")


def _utf8(text: str) -> bytes:
    try:
        return str.encode(text)
    except UnicodeEncodeError:
        return well_formed(text).encode()


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
        for key in (_TEXT, _SENT):
            if key in value:
                raise FrameError(f"A dict with the key {key!r} cannot be sent; use another key.")
        return {well_formed(str(key)): _lift(item, texts) for key, item in value.items()}
    if isinstance(value, _LISTS):
        return [_lift(item, texts) for item in value]
    return _lift_text(str(value), texts)


def _lift_text(value: str, texts: _Texts) -> str | dict[str, int]:
    return value if len(value) <= _INLINE and str.isascii(value) else texts.add(value)
