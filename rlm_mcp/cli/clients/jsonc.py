"""JSON with comments and trailing commas (JSONC), edited in place.

Both become white space, so what `json` reads of the rest stands where it stands in the text, and costs
what it costs there: a repository's file is hostile, so no part of this takes more than one look at it.
Libraries that edit such text either write it anew, start Node or want a newer Python than this package.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from rlm_mcp.cli.clients.formats import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Half a second, whatever a hostile project writes into it.
MAX_PROJECT_BYTES = 1_000_000
_DEFAULT_INDENT = "  "
_SPACE = " \t\r\n"
# Possessive, and to the end where the closing sign is missing: else each further sign would be a new try.
_STRING = r'"(?:[^"\\]++|\\.)*+"?'
_COMMENTS = re.compile(rf"{_STRING}|(?P<comment>//[^\r\n]*|/\*.*?\*/)|/\*.*", re.DOTALL)
# A comma after which something ends; but not one before which there is nothing.
_COMMAS = re.compile(rf"{_STRING}|[\[{{:,][{_SPACE}]*+,|(?P<trailing>,)(?=[{_SPACE}]*+[\]}}])", re.DOTALL)
_NO_SPACE = re.compile(rf"[^{_SPACE}]")


def parse(text: str) -> dict[str, Any]:
    """The values in the text; an empty text is an empty object.

    Raises:
        MalformedError: not JSON, even with comments and trailing commas; or no object; or too deep.
    """
    plain = _Source(text).plain
    if not plain.strip(_SPACE):
        return {}
    try:
        values = json.loads(plain, parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"{error.lineno}:{error.colno}: {error.msg[0].lower()}{error.msg[1:]}"
        ) from error
    except RecursionError as error:
        raise MalformedError("nested too deeply") from error
    except MalformedError:
        raise
    except ValueError as error:
        raise MalformedError("a number has too many digits") from error
    if not isinstance(values, dict):
        raise MalformedError("1:1: an object is wanted")
    return values


def with_value(text: str, keys: Sequence[str], value: Any) -> str:
    """The text with the value at these nested keys, written in the style of the lines around it.

    Raises:
        MalformedError: as `parse`; or one of the keys on the way has a value that is no object.
    """
    if not parse(text) and "{" not in _Source(text).plain:
        text += ("\n" if text and not text.endswith("\n") else "") + "{}\n"
    source = _Source(text)
    start = source.plain.index("{")
    for depth, key in enumerate(keys):
        if source.plain[start] != "{":
            raise MalformedError(f"{source.place(start)}: {keys[depth - 1]!r} is not an object")
        pair = source.pair(start, key)
        if pair is None:
            for missing in reversed(keys[depth + 1 :]):
                value = {missing: value}
            return _edited(text, _insertion(source, start, key, value))
        start, end = pair.value, pair.end
    return _edited(text, [(start, end, source.dump(value, source.indent_of(start)))])


def without(text: str, keys: Sequence[str]) -> str:
    """The text without the key and its value.

    Raises:
        KeyError: it is not there.
    """
    parse(text)
    source = _Source(text)
    start = source.plain.index("{")
    for key in keys[:-1]:
        start = source.known(start, key).value
    return _edited(text, _removal(source, start, source.known(start, keys[-1])))


class _Pair(NamedTuple):
    """A key and its value: where the key starts, where the value does, and where that ends."""

    key: str
    start: int
    value: int
    end: int


class _Source:
    """A text, which `parse` has understood, and where things stand in it.

    Attributes:
        uncommented: the text with white space for comments, line ends kept.
        plain: that with a space for each trailing comma as well, so that it is JSON.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._comments: list[tuple[int, int]] = []
        self.uncommented = _COMMENTS.sub(self._blank, text)
        self.plain = _COMMAS.sub(lambda found: " " if found["trailing"] else found[0], self.uncommented)
        self._decoder = json.JSONDecoder()

    def _blank(self, found: re.Match[str]) -> str:
        if found["comment"] is None:
            return found[0]
        self._comments.append(found.span())
        return _NO_SPACE.sub(" ", found[0])

    def pairs(self, start: int) -> Iterator[_Pair]:
        """The pairs of the object that starts there."""
        at = self.skip(start + 1)
        while self.plain[at] != "}":
            first = self.skip(at + 1) if self.plain[at] == "," else at
            key, end = self._decoder.raw_decode(self.plain, first)
            value = self.skip(self.skip(end) + 1)
            end = self._decoder.raw_decode(self.plain, value)[1]
            yield _Pair(key, first, value, end)
            at = self.skip(end)

    def pair(self, start: int, key: str) -> _Pair | None:
        """The pair of that name; of several, the last counts, as everywhere in JSON."""
        return next((pair for pair in reversed(list(self.pairs(start))) if pair.key == key), None)

    def known(self, start: int, key: str) -> _Pair:
        """The pair of that name; raises `KeyError`."""
        pair = self.pair(start, key)
        if pair is None:
            raise KeyError(key)
        return pair

    def closing(self, start: int) -> int:
        """Where the object that starts there has its closing brace."""
        return self._decoder.raw_decode(self.plain, start)[1] - 1

    def skip(self, at: int) -> int:
        """The first place from there on with something other than white space and comments."""
        found = _NO_SPACE.search(self.plain, at)
        return found.start() if found else len(self.plain)

    def comma(self, at: int) -> int | None:
        """Where the comma stands that comes next, be it trailing; None where something else does."""
        found = _NO_SPACE.search(self.uncommented, at)
        return found.start() if found and found[0] == "," else None

    def token_end(self, at: int) -> int:
        """Where what stands before a place ends, be it a comment."""
        solid = len(self.uncommented[:at].rstrip(_SPACE))
        return max([solid, *(end for _, end in self._comments if end <= at)])

    def comments(self, start: int, end: int) -> bool:
        """Whether there is a comment between two places."""
        return any(start <= first < end for first, _ in self._comments)

    def line_comments_end(self, at: int) -> int:
        """Where the comments end that go on in the line of a place; the place itself if there are none."""
        for first, end in self._comments:
            if first >= at:
                if self._text[at:first].strip(" \t"):
                    break
                at = end
        return at

    def starts_line(self, at: int) -> bool:
        """Whether nothing but white space stands before a place in its line."""
        return not self._text[self._line(at) : at].strip(" \t")

    def indent_of(self, at: int) -> str:
        """The white space at the start of a place's line."""
        line = self._text[self._line(at) :]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def dump(self, value: Any, indent: str) -> str:
        """A value as JSON whose first line stands in a line with this indent."""
        text = json.dumps(value, indent=self.unit, ensure_ascii=False)
        return text.replace("\n", "\n" + indent)

    @property
    def unit(self) -> str:
        """One level of indentation."""
        first = self.skip(self.plain.index("{") + 1)
        told = self.plain[first] != "}" and self.starts_line(first)
        return (self.indent_of(first) if told else "") or _DEFAULT_INDENT

    def place(self, at: int) -> str:
        """Line and column."""
        return f"{self._text.count(chr(10), 0, at) + 1}:{at - self._line(at) + 1}"

    def _line(self, at: int) -> int:
        return self._text.rfind("\n", 0, at) + 1


_Edit = tuple[int, int, str]  # from, to, replacement; of several, those further back in the text come first


def _insertion(source: _Source, start: int, key: str, value: Any) -> list[_Edit]:
    """Puts a pair last into an object, after comments that end the line of the pair before it."""
    pairs, closing = list(source.pairs(start)), source.closing(start)
    outer = source.indent_of(start)
    beside = pairs[-1].start if pairs and source.starts_line(pairs[-1].start) else None
    inner = outer + source.unit if beside is None else source.indent_of(beside)
    entry = f"\n{inner}{json.dumps(key)}: {source.dump(value, inner)}"
    last = source.token_end(closing)
    end = "" if source.starts_line(closing) else "\n" + outer
    if not pairs:
        return [(last, last, entry + end)]
    comma = source.comma(pairs[-1].end)
    if comma is not None:  # the style of this file: one after the last pair too
        anchor = source.line_comments_end(comma + 1)
        return [(anchor, anchor, entry + "," + end)]
    anchor = source.line_comments_end(pairs[-1].end)
    return [(anchor, anchor, entry + end), (pairs[-1].end, pairs[-1].end, ",")]


def _removal(source: _Source, start: int, pair: _Pair) -> list[_Edit]:
    pairs, closing = list(source.pairs(start)), source.closing(start)
    around = source.comments(start, pair.start) or source.comments(pair.end, closing)
    if len(pairs) == 1 and not around:
        return [(start, closing + 1, "{}")]
    before, comma = source.token_end(pair.start), source.comma(pair.end)
    if comma is not None:
        gap = comma if source.comments(pair.end, comma) else pair.end
        return [(gap, comma + 1, ""), (before, pair.end, "")]
    earlier = (
        source.comma(pairs[-2].end) if len(pairs) > 1 else None
    )  # the last pair: that before it goes too
    return [(before, pair.end, ""), *([] if earlier is None else [(earlier, earlier + 1, "")])]


def _edited(text: str, edits: list[_Edit]) -> str:
    for start, end, replacement in edits:
        text = text[:start] + replacement + text[end:]
    return text


def _refused(constant: str) -> Any:
    raise MalformedError(f"{constant} is not a JSON value")
