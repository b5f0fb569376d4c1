"""JSON with comments and trailing commas, edited in place.

`json` neither reads nor keeps comments, and the libraries that edit such text either write it anew or
start Node. But it is a part of JavaScript, whose grammar is installed with this package anyway and gives
the place of every key, value, comma and comment. What is not JSON (a bare key, a call) is refused.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from rlm_mcp.cli.clients.formats import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node, Parser

_DEFAULT_INDENT = "  "
# An expression in parentheses, so that `{` opens an object and not a block. The line feed ends a comment.
_BEFORE, _AFTER = b"(", b"\n)"


def parse(text: str) -> dict[str, Any]:
    """The values in the text; an empty text is an empty object.

    Raises:
        MalformedError: not JSON, even with comments and trailing commas; or no object.
    """
    value: dict[str, Any] = _value(_root(text))
    return value


def with_value(text: str, keys: Sequence[str], value: Any) -> str:
    """The text with the value at these nested keys, written in the style of the lines around it."""
    if _blank(text):
        text += ("\n" if text and not text.endswith("\n") else "") + "{}\n"
    style = _Style(text)
    node = _root(text)
    for depth, key in enumerate(keys):
        if node.type != "object":
            raise MalformedError(f"{_place(node)}: {keys[depth - 1]!r} is not an object")
        pair = _pair(node, key)
        if pair is None:
            for missing in reversed(keys[depth + 1 :]):
                value = {missing: value}
            return _edited(text, _insertion(node, key, value, style))
        node = _field(pair, "value")
    return _edited(text, [(node.start_byte, node.end_byte, style.dump(value, style.indent_of(node)))])


def without(text: str, keys: Sequence[str]) -> str:
    """The text without the key and its value.

    Raises:
        KeyError: it is not there.
    """
    target = _root(text)
    for key in keys[:-1]:
        target = _field(_known(target, key), "value")
    return _edited(text, _removal(target, _known(target, keys[-1])))


class _Style:
    """How the text is laid out."""

    def __init__(self, text: str) -> None:
        self._lines = (_BEFORE + text.encode() + _AFTER).split(b"\n")
        pairs = list(_pairs(_root(text)))
        self.unit = (
            self.indent_of(pairs[0]) if pairs and self.starts_line(pairs[0]) else ""
        ) or _DEFAULT_INDENT

    def indent_of(self, node: Node) -> str:
        """The white space at the start of the line where a node starts."""
        line = self._lines[node.start_point.row].removeprefix(_BEFORE if node.start_point.row == 0 else b"")
        return line[: len(line) - len(line.lstrip(b" \t"))].decode()

    def starts_line(self, node: Node) -> bool:
        """Whether nothing but white space stands before a node on its line."""
        return not self._lines[node.start_point.row][: node.start_point.column].strip(b" \t")

    def dump(self, value: Any, indent: str) -> str:
        """A value as JSON whose first line stands on a line with this indent."""
        text = json.dumps(value, indent=self.unit, ensure_ascii=False)
        return text.replace("\n", "\n" + indent)


_Edit = tuple[int, int, str]


def _insertion(target: Node, key: str, value: Any, style: _Style) -> list[_Edit]:
    """Puts a pair last into an object, after a comment that ends the line of the pair before it."""
    *_, last, closing = target.children
    pairs = list(_pairs(target))
    outer = style.indent_of(target)
    inner = style.indent_of(pairs[-1]) if pairs and style.starts_line(pairs[-1]) else outer + style.unit
    entry = f"\n{inner}{json.dumps(key)}: {style.dump(value, inner)}"
    end = "\n" + outer if closing.start_point.row == last.end_point.row else ""
    if not pairs:
        return [(last.end_byte, last.end_byte, entry + end)]
    following = target.children[target.children.index(pairs[-1]) + 1 :]
    comma = next((node for node in following if node.type == ","), None)
    anchor = comma or pairs[-1]
    for node in following:
        if node.type == "comment" and node.start_point.row == anchor.end_point.row:
            anchor = node
    if comma is not None:  # the style of this file: one after the last pair too
        return [(anchor.end_byte, anchor.end_byte, entry + "," + end)]
    if anchor is pairs[-1]:
        return [(anchor.end_byte, anchor.end_byte, "," + entry + end)]
    return [(pairs[-1].end_byte, pairs[-1].end_byte, ","), (anchor.end_byte, anchor.end_byte, entry + end)]


def _removal(target: Node, pair: Node) -> list[_Edit]:
    if len(list(_pairs(target))) == 1 and not any(node.type == "comment" for node in target.children):
        return [(target.start_byte, target.end_byte, "{}")]
    index = target.children.index(pair)
    before, after = target.children[:index], target.children[index + 1 :]
    if after[0].type == ",":
        return [(before[-1].end_byte, after[0].end_byte, "")]
    commas = [node for node in before if node.type == ","]  # the last pair: the comma before it goes too
    edits: list[_Edit] = [(commas[-1].start_byte, commas[-1].end_byte, "")] if commas else []
    return [*edits, (before[-1].end_byte, pair.end_byte, "")]


def _edited(text: str, edits: list[_Edit]) -> str:
    source = _BEFORE + text.encode() + _AFTER
    for start, end, replacement in sorted(edits, reverse=True):
        source = source[:start] + replacement.encode() + source[end:]
    return source[len(_BEFORE) : -len(_AFTER)].decode()


@cache
def _parser() -> Parser:
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_javascript.language()))


def _blank(text: str) -> bool:
    """Whether there is nothing but white space and comments."""
    return all(node.type == "comment" for node in _parser().parse(text.encode()).root_node.children)


def _root(text: str) -> Node:
    if _blank(text):
        text = "{}"
    root = _parser().parse(_BEFORE + text.encode() + _AFTER).root_node
    broken = _first_error(root)
    if broken is not None:
        raise MalformedError(f"{_place(broken)}: syntax error")
    values = [
        node for node in root.named_children[0].named_children[0].named_children if node.type != "comment"
    ]
    if len(values) != 1 or values[0].type != "object":
        raise MalformedError("1:1: an object is wanted")
    _value(values[0])
    return values[0]


def _first_error(node: Node) -> Node | None:
    if not node.has_error:
        return None
    if node.is_error or node.is_missing:
        return node
    return next((found for child in node.children if (found := _first_error(child))), node)


def _value(node: Node) -> Any:
    if node.type == "object":
        items = [child for child in node.named_children if child.type != "comment"]
        for child in items:
            if child.type != "pair":
                raise MalformedError(f"{_place(child)}: a key and a value are wanted")
        return {_key(pair): _value(_field(pair, "value")) for pair in items}
    if node.type == "array":
        return [_value(child) for child in node.named_children if child.type != "comment"]
    try:
        # The text of a string, number, true, false or null is JSON; of anything else that parsed, it is not.
        return json.loads(node.text or b"")
    except ValueError as error:
        raise MalformedError(f"{_place(node)}: this is not a JSON value") from error


def _key(pair: Node) -> str:
    key = _value(_field(pair, "key"))
    if not isinstance(key, str):
        raise MalformedError(f"{_place(pair)}: a key is a string in double quotes")
    return key


def _pairs(target: Node) -> Iterator[Node]:
    return (node for node in target.named_children if node.type == "pair")


def _pair(target: Node, key: str) -> Node | None:
    """The pair of that name; of several, the last counts, as everywhere in JSON."""
    return next((pair for pair in reversed(list(_pairs(target))) if _key(pair) == key), None)


def _known(target: Node, key: str) -> Node:
    pair = _pair(target, key)
    if pair is None:
        raise KeyError(key)
    return pair


def _field(pair: Node, name: str) -> Node:
    """The `key` or `value` of a pair; both are there in a text without errors."""
    return cast("Node", pair.child_by_field_name(name))


def _place(node: Node) -> str:
    row, column = node.start_point
    return f"{row + 1}:{column + 1 - (len(_BEFORE) if row == 0 else 0)}"
