"""Secret masking: credentials in a text give way to a mask of the same length.

A mask says what it stands for, `[secret: GitHub token]*****`, where there is room, and has as many bytes and
characters as what it covers; line ends stay. So lines, columns and offsets are those of the file, in whatever
encoding somebody counts them.

Keywords of all formats are looked for at once (aho-corasick, vectorized: two thirds of the time of one
expression in RE2); nearly every text has none.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import ahocorasick_rs

from rlm_core.workspace.secret_formats import FORMATS, SecretFormat, compiled
from rlm_core.workspace.secret_values import Span, credential_spans, kubernetes_spans
from rlm_core.workspace.secrets import credentials_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_KUBERNETES = b"kind: Secret"
_OWNERS: dict[bytes, list[SecretFormat]] = {_KUBERNETES: []}
for _format in FORMATS:
    for _keyword in _format.keywords:
        _OWNERS.setdefault(_keyword, []).append(_format)
_KEYWORDS = tuple(sorted(_OWNERS, key=len))  # finders of short ones, and of long ones, are quicker than mixed
# Vectorized for this kind of match, and for so many keywords: with a few more it takes ten times as long.
_MOST_KEYWORDS = 52
_FINDERS = [
    (keywords, ahocorasick_rs.BytesAhoCorasick(keywords, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst))
    for start in range(0, len(_KEYWORDS), _MOST_KEYWORDS)
    for keywords in [_KEYWORDS[start : start + _MOST_KEYWORDS]]
]
# What touches a secret is only seen for one once that is masked; more rounds than these, nobody needs.
_ROUNDS = 4
# Matches are listed by the finder, so a text of nothing but keywords is looked at piece by piece.
_PIECE = 256 * 1024
_OVERLAP = max(map(len, _KEYWORDS)) - 1


class MaskedText(NamedTuple):
    """A text without its secrets.

    Attributes:
        text: as UTF-8.
        counts: how many secrets of each kind were masked, by kind.
    """

    text: bytes
    counts: tuple[tuple[str, int], ...] = ()


def mask(text: bytes, path: str) -> MaskedText:
    """Masks what looks like a credential in a text (UTF-8) of a file with this path.

    Linear in the text, whatever it says. What has been masked is left as it is.
    """
    credentials = credentials_in(path)
    counts: Counter[str] = Counter()
    for _ in range(_ROUNDS):
        keywords = _keywords_in(text)
        if not keywords and credentials == "none":
            break
        spans = list(_spans(text, keywords, credentials))
        if not spans:
            break
        masked = bytearray(text)
        for start, end, kind, continues in _merged(spans):
            masked[start:end] = _mask(text[start:end], kind)
            counts[kind] += not continues
        text = bytes(masked)
    return MaskedText(text, tuple(sorted(counts.items())))


def _spans(
    text: bytes, keywords: set[bytes], credentials: Literal["none", "keys", "values"]
) -> Iterator[Span]:
    formats = dict.fromkeys(each for keyword in keywords for each in _OWNERS[keyword])
    for secret_format in formats:
        yield from _matches(secret_format, text)
    if _KUBERNETES in keywords:
        yield from kubernetes_spans(text)
    if credentials != "none":
        yield from credential_spans(text, any_key=credentials == "values")


def _keywords_in(text: bytes) -> set[bytes]:
    if len(text) <= _PIECE:
        return _found(text)
    found: set[bytes] = set()
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE + _OVERLAP]
        found |= _found(piece)
    return found


def _found(text: bytes) -> set[bytes]:
    return {
        keywords[index]
        for keywords, finder in _FINDERS
        for index, _, _ in finder.find_matches_as_indexes(text)
    }


def _matches(secret_format: SecretFormat, text: bytes) -> Iterator[Span]:
    kind, _, expression, inner, placeholder = secret_format
    pattern = compiled(expression)
    for match in pattern.finditer(text):
        groups = (match.span(group) for group in range(1, pattern.groups + 1))
        start, end = next((span for span in groups if span[0] >= 0), match.span())
        if placeholder and compiled(placeholder).fullmatch(text[start:end]):
            continue
        if not inner:
            yield Span(start, end, kind)
            continue
        # A block of lines is one secret.
        parts = [part.span(1) for part in compiled(inner).finditer(text[start:end]) if part.group(1)]
        for number, (first, behind) in enumerate(parts):
            yield Span(start + first, start + behind, kind, continues=number > 0)


def _merged(spans: list[Span]) -> Iterator[Span]:
    """The spans in order, those that overlap as one."""
    spans.sort()
    merged = spans[0]
    for span in spans[1:]:
        if span.start < merged.end:
            merged = merged._replace(
                end=max(merged.end, span.end), continues=merged.continues and span.continues
            )
        else:
            yield merged
            merged = span
    yield merged


def _mask(secret: bytes, kind: str) -> bytes:
    """A mask as long as a secret, in bytes and in characters."""
    if not secret.isascii():
        return "".join(map(_sign_like, secret.decode())).encode()
    for label in (f"[secret: {kind}]", "[secret]"):
        if len(label) <= len(secret):
            return label.encode().ljust(len(secret), b"*")
    return b"*" * len(secret)


def _sign_like(character: str) -> str:
    """A sign that is as long as a character in UTF-8, in UTF-16 and on its own."""
    return "*\u00d7\u203b\U00010102"[len(character.encode()) - 1]
