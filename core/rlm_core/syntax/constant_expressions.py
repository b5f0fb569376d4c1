"""Constant expressions: what one consists of, in the words of no language."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.syntax.type_names import name_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    import tree_sitter

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.type_names import Parts

Value = int | float | str | bool | None
# Hostile expressions may be nested or listed without end.
_MAX_DEPTH = 60
MOST_ITEMS = 1000
_MAX_DIGITS = 300
_TEXT_CHARS = 200
_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(
    r"(0[xX][\da-fA-F_']+|0[bB][01_']+|0[oO][0-7_]+|[\d_']*\.?[\d_']+(?:[eE][+-]?\d+)?|\d[\d_']*\.)"
    r"(?:[uUlLnfFdDmM]+|_?[iuf](?:8|16|32|64|128|size))?\Z"
)
_ESCAPE = re.compile(r"\\(u\{?[\da-fA-F]{1,6}\}?|x[\da-fA-F]{2}|[\s\S])")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "\n": ""}
NAMES = frozenset({"identifier", "constant", "name", "iota"})
NAMES |= {"property_identifier", "type_identifier", "field_identifier"}
_QUALIFIED = {"member_expression", "attribute", "field_access", "selector_expression", "scoped_identifier"}
_QUALIFIED |= {"qualified_identifier", "qualified_name", "class_constant_access_expression"}
_QUALIFIED |= {"member_access_expression", "scope_resolution", "field_expression"}
_NUMBERS = ("integer", "int_literal", "float", "number", "decimal_", "hex_", "octal_", "binary_integer")
_STRINGS = {"string", "string_literal", "interpreted_string_literal", "raw_string_literal", "rune_literal"}
_STRINGS |= {"template_string", "encapsed_string", "verbatim_string_literal", "character_literal"}
_BINARY = {"binary_expression", "binary_operator", "binary", "boolean_operator"}
_UNARY = {"unary_expression", "unary_operator", "unary", "prefix_unary_expression", "not_operator"}
_INNER = {"parenthesized_expression", "parenthesized_statements", "as_expression", "satisfies_expression"}
_CASTS = {"type_cast_expression", "cast_expression", "static_cast_expression"}
_LISTS = {"tuple", "list", "array", "set", "array_literal", "initializer_list", "array_expression"}
_INTERPOLATED = {"interpolation", "template_substitution"}
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "none": None, "nil": None}
# Functions that give what they are given, as another type.
_CONVERSIONS = {
    "Go": frozenset(
        f"{name}{bits}" for name in ("int", "uint") for bits in ("", "8", "16", "32", "64", "ptr")
    )
    | {"string", "float32", "float64", "byte", "rune", "time.Duration"},
    "Python": frozenset({"int", "str", "float", "frozenset", "tuple", "list", "set"}),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A constant expression.

    Attributes:
        kind: `value`, `name`, `list`, `joined` (texts), `unknown`, an operator, or `unary` and its sign.
        text: as it is written, on one line; cut.
        value: of a value.
        parts: of a name.
        arguments: of what is made of others.
    """

    kind: str
    text: str
    value: Value = None
    parts: Parts = ()
    arguments: tuple[Expression, ...] = ()


class ExpressionReader:
    """Reads expressions of one text.

    Args:
        source: the text, as it is parsed.
        language: what it is in.
    """

    def __init__(self, source: bytes, language: Language) -> None:
        self._source = source
        self._language = language

    def text(self, node: tree_sitter.Node) -> str:
        """Returns the text of a node on one line, cut."""
        end = min(node.end_byte, node.start_byte + 4 * _TEXT_CHARS)
        return _SPACES.sub(" ", self._source[node.start_byte : end].decode("utf-8", "ignore"))[:_TEXT_CHARS]

    def read(self, node: tree_sitter.Node | None, depth: int = 0, iota: int | None = None) -> Expression:
        """Returns what an expression consists of.

        Args:
            node: the expression.
            depth: how deep it is in others.
            iota: what Go's `iota` is in it.
        """
        if node is None or depth > _MAX_DEPTH:
            return Expression("unknown", self.text(node) if node else "nothing")
        text, kind = self.text(node), node.type
        if text.lower() in _WORDS:
            return Expression("value", text, _WORDS[text.lower()])
        if kind.startswith(_NUMBERS) or (kind.endswith("_literal") and text[:1].isdigit()):
            return _number(text)
        if kind in _STRINGS or kind == "concatenated_string":
            return self._string(node, depth, iota)
        inner = self._inner(node)
        if inner is not None:
            return self.read(inner, depth + 1, iota)
        if kind == "iota" and iota is not None:
            return Expression("value", text, iota)
        if kind in NAMES or kind in _QUALIFIED:
            parts = name_parts(text)
            return Expression("name" if parts else "unknown", text, parts=parts)
        return self._operation(node, depth, iota)

    def _inner(self, node: tree_sitter.Node) -> tree_sitter.Node | None:
        """What an expression only puts into brackets, or gives another type."""
        if node.type in _INNER or (node.type == "expression_list" and node.named_child_count == 1):
            return node.named_children[0] if node.named_children else None
        if node.type in _CASTS:
            return node.child_by_field_name("value")
        receiver, method = node.child_by_field_name("receiver"), node.child_by_field_name("method")
        if receiver is not None and method is not None and self.text(method) == "freeze":
            return receiver
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        conversions = _CONVERSIONS.get(self._language.name, frozenset())
        if function is None or arguments is None or self.text(function) not in conversions:
            return None
        return arguments.named_children[0] if arguments.named_child_count == 1 else None

    def _operation(self, node: tree_sitter.Node, depth: int, iota: int | None) -> Expression:
        text, kind = self.text(node), node.type
        if kind in _BINARY and node.child_count > 2:
            sign = node.child_by_field_name("operator") or node.children[1]
            sides = node.child_by_field_name("left"), node.child_by_field_name("right")
            arguments = self._all(sides, depth, iota)
            return Expression(self.text(sign), text, arguments=arguments)
        if kind in _UNARY and node.named_children:
            arguments = self._all(node.named_children[-1:], depth, iota)
            return Expression(f"unary {self.text(node.children[0])}", text, arguments=arguments)
        if kind in _LISTS and node.named_child_count <= MOST_ITEMS:
            items = (child for child in node.named_children if "comment" not in child.type)
            return Expression("list", text, arguments=self._all(items, depth, iota))
        return Expression("unknown", text)

    def _all(
        self, nodes: Iterable[tree_sitter.Node | None], depth: int, iota: int | None
    ) -> tuple[Expression, ...]:
        return tuple(self.read(node, depth + 1, iota) for node in nodes)

    def _string(self, node: tree_sitter.Node, depth: int, iota: int | None) -> Expression:
        text, pieces = self.text(node), node.named_children[:MOST_ITEMS]
        if node.type == "concatenated_string":
            return Expression("joined", text, arguments=self._all(pieces, depth, iota))
        if any(child.type in _INTERPOLATED for child in pieces):
            parts = (child for child in pieces if child.type not in {"string_start", "string_end"})
            return Expression(
                "joined", text, arguments=tuple(self._piece(part, depth, iota) for part in parts)
            )
        written = self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        value = _of_python(written) if self._language.name == "Python" else _unquoted(written, node.type)
        return Expression("unknown", text) if value is None else Expression("value", text, value)

    def _piece(self, node: tree_sitter.Node, depth: int, iota: int | None) -> Expression:
        """A part of a string with expressions in it; one with a format is not known."""
        if node.type not in _INTERPOLATED:
            written = self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")
            return Expression("value", self.text(node), _unescaped(written))
        return self.read(node.named_children[0] if node.named_child_count == 1 else None, depth + 1, iota)


def _number(text: str) -> Expression:
    match = _NUMBER.match(text)
    if match is None or len(text) > _MAX_DIGITS:
        return Expression("unknown", text)
    plain = match[1].replace("_", "").replace("'", "")
    try:
        if plain[:2].lower() in {"0x", "0b", "0o"}:
            return Expression("value", text, int(plain, 0))
        if plain.isdigit():
            octal = len(plain) > 1 and plain[0] == "0" and set(plain) <= set("01234567")
            return Expression("value", text, int(plain, 8 if octal else 10))
        return Expression("value", text, float(plain))
    except ValueError:
        return Expression("unknown", text)


def _of_python(written: str) -> str | None:
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _unquoted(written: str, kind: str) -> str:
    if kind == "verbatim_string_literal":
        return written.removeprefix("@")[1:-1].replace('""', '"')
    if kind == "raw_string_literal":
        plain = written.lstrip("bR").removeprefix("r").strip("#")[1:-1]
        return plain[1:-1] if written.startswith("R") else plain
    return _unescaped(written.lstrip("LuUb8")[1:-1])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux" and len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0x110000 else match[0]
    return _ESCAPES.get(code, code)
