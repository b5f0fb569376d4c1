"""Constant expressions: what one consists of, in the words of no language."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.syntax.constant_arithmetic import C_FAMILY, SCRIPTS, Letter
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
    r"[-+]?(0[xX][\da-fA-F_']+|0[bB][01_']+|0[oO][0-7_]+|[\d_']*\.?[\d_']+(?:[eE][+-]?\d+)?|\d[\d_']*\.)"
    r"([uUlLnfFdDmM]+|_?[iuf](?:8|16|32|64|128|size))?\Z"
)
_ESCAPE = re.compile(
    r"\\(u\{[\da-fA-F]{1,6}\}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|x[\da-fA-F]{1,2}|[0-7]{1,3}|[\s\S])"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\n": ""}
_QUOTED = re.compile(r"\\([\\'])")  # all that Ruby and PHP know of in single quotes
NAMES = frozenset({"identifier", "constant", "name", "iota"})
NAMES |= {"property_identifier", "type_identifier", "field_identifier"}
_QUALIFIED = {"member_expression", "attribute", "field_access", "selector_expression", "scoped_identifier"}
_QUALIFIED |= {"qualified_identifier", "qualified_name", "class_constant_access_expression"}
_QUALIFIED |= {"member_access_expression", "scope_resolution", "field_expression"}
_NUMBERS = ("integer", "int_literal", "float", "number", "decimal_", "hex_", "octal_", "binary_integer")
_STRINGS = {"string", "string_literal", "interpreted_string_literal", "raw_string_literal", "rune_literal"}
_STRINGS |= {"template_string", "encapsed_string", "verbatim_string_literal", "character_literal"}
_STRINGS |= {"char_literal"}
_LETTERS = {"char_literal", "character_literal", "rune_literal"}
_BINARY = {"binary_expression", "binary_operator", "binary", "boolean_operator"}
_UNARY = {"unary_expression", "unary_operator", "unary", "prefix_unary_expression", "not_operator"}
_UNARY |= {"unary_op_expression"}
_BRACKETS = {"parenthesized_expression", "parenthesized_statements"}
_INNER = _BRACKETS | {"as_expression", "satisfies_expression", "non_null_expression"}
_CASTS = {"type_cast_expression", "cast_expression", "static_cast_expression"}
_LISTS = {"tuple", "list", "array", "set", "array_literal", "initializer_list", "array_expression"}
_LISTS |= {"tuple_expression"}
# What stands in a string that says nothing but its own text.
_PLAIN_PIECE = re.compile(r"content|escape|fragment|start|end|text|literal|character|prefix")
_INTERPOLATED = {"interpolation", "template_substitution"}
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "nil": None, "nullptr": None}
_OWN_WORDS: dict[str, dict[str, Value]] = {
    "Python": {"True": True, "False": False, "None": None},
    "Rust": {"true": True, "false": False, "None": None},
    **{name: {**_WORDS, "NULL": None} for name in C_FAMILY},
}
_DECIMAL_ZEROS = frozenset({"Rust", "C#"})
# Functions that give what they are given, as another type.
_GO_TYPES = frozenset(f"{name}{bits}" for name in ("int", "uint") for bits in ("", "8", "16", "32", "64"))
_GO_TYPES |= {"float32", "float64", "byte", "time.Duration"}
_COLLECTIONS = frozenset({"frozenset", "tuple", "list", "set"})
# Of Go's library, in nanoseconds.
_GO_UNITS = {
    "time.Nanosecond": 1, "time.Microsecond": 10**3, "time.Millisecond": 10**6, "time.Second": 10**9,
    "time.Minute": 60 * 10**9, "time.Hour": 3600 * 10**9,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expression:
    """A constant expression.

    Attributes:
        kind: `value`, `name`, `bracketed`, `list`, `set`, `joined` (texts), `unknown`, an operator,
            `unary` and its sign, or `as` and a type.
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
        words = _OWN_WORDS.get(self._language.name, _WORDS)
        word = text.lower() if self._language.name == "PHP" else text
        if word in words:
            return Expression("value", text, words[word])
        if self._language.name == "Go" and text in _GO_UNITS:
            return Expression("value", text, _GO_UNITS[text])
        if kind.startswith(_NUMBERS) or (kind.endswith("_literal") and text[:1].isdigit()):
            return _number(text, self._language.name)
        if kind in _STRINGS or kind == "concatenated_string":
            return self._string(node, depth, iota)
        inner = self._inner(node)
        if inner is not None:
            read = self.read(inner, depth + 1, iota)
            bracketed = kind in _BRACKETS and read.kind != "value"
            return Expression("bracketed", text, arguments=(read,)) if bracketed else read
        if kind == "iota" and iota is not None:
            return Expression("value", text, iota)
        if kind in NAMES or kind in _QUALIFIED:
            parts = name_parts(text)
            return Expression("name" if parts else "unknown", text, parts=parts)
        return self._converted(node, depth, iota) or self._operation(node, depth, iota)

    def _inner(self, node: tree_sitter.Node) -> tree_sitter.Node | None:
        """What an expression only puts into brackets, or says more of."""
        if node.type in _INNER or (node.type == "expression_list" and node.named_child_count == 1):
            return node.named_children[0] if node.named_children else None
        receiver, method = node.child_by_field_name("receiver"), node.child_by_field_name("method")
        if receiver is not None and method is not None and self.text(method) == "freeze":
            return receiver
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None or arguments.named_child_count != 1:
            return None
        given = arguments.named_children[0]
        collected = self._language.name == "Python" and self.text(function) in _COLLECTIONS
        return given if collected and given.type in _LISTS else None

    def _converted(self, node: tree_sitter.Node, depth: int, iota: int | None) -> Expression | None:
        """What is given another type."""
        value, to = node.child_by_field_name("value"), node.child_by_field_name("type")
        if node.type not in _CASTS:
            arguments = node.child_by_field_name("arguments")
            to = node.child_by_field_name("function")
            single = arguments is not None and arguments.named_child_count == 1
            value = arguments.named_children[0] if arguments is not None and single else None
            if self._language.name != "Go" or to is None or self.text(to) not in _GO_TYPES:
                return None
        if value is None or to is None:
            return None
        return Expression(f"as {self.text(to)}", self.text(node), arguments=self._all([value], depth, iota))

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
        repeated = kind == "array_expression" and any(child.type == ";" for child in node.children)
        if kind in _LISTS and node.named_child_count <= MOST_ITEMS and not repeated:
            items = (child for child in node.named_children if "comment" not in child.type)
            collection = "set" if kind == "set" else "list"
            return Expression(collection, text, arguments=self._all(items, depth, iota))
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
        if any(not _PLAIN_PIECE.search(child.type) for child in pieces):
            return Expression("unknown", text)  # PHP's "$name"
        if self._language.name == "Python":
            value = _of_python(written)
        elif self._language.name in {"Ruby", "PHP"} and written[:1] == "'":
            value = _QUOTED.sub(r"\1", written[1:-1])
        else:
            value = _unquoted(written, node.type)
        if value is None:
            return Expression("unknown", text)
        return Expression("value", text, Letter(value) if node.type in _LETTERS else value)

    def _piece(self, node: tree_sitter.Node, depth: int, iota: int | None) -> Expression:
        """A part of a string with expressions in it; one with a format is not known."""
        if node.type not in _INTERPOLATED:
            written = self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")
            return Expression("value", self.text(node), _unescaped(written))
        if node.named_child_count != 1:
            return Expression("unknown", self.text(node))
        return self.read(node.named_children[0], depth + 1, iota)


def _number(text: str, language: str) -> Expression:
    match = _NUMBER.match(text)
    if match is None or len(text) > _MAX_DIGITS:
        return Expression("unknown", text)
    try:
        value = _value_of(match[1].replace("_", "").replace("'", ""), match[2] or "", language)
    except ValueError:
        return Expression("unknown", text)
    return Expression("value", text, -value if text[0] == "-" else value)


def _value_of(plain: str, suffix: str, language: str) -> int | float:
    """The value of a number.

    Raises:
        ValueError: it is none.
    """
    if plain[:2].lower() in {"0x", "0b", "0o"}:
        number = int(plain, 0)
        # In Java these are the bits of a number with a sign.
        bits = 64 if suffix.lower() == "l" else 32
        return number - (1 << bits) if language == "Java" and number >> (bits - 1) else number
    if plain.isdigit() and not set(suffix.lower()) & set("fdm"):
        octal = len(plain) > 1 and plain[0] == "0" and language not in _DECIMAL_ZEROS
        return int(plain, 8 if octal else 10)
    value = float(plain)
    return int(value) if language in SCRIPTS and value.is_integer() else value


def _of_python(written: str) -> str | None:
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _unquoted(written: str, kind: str) -> str | None:
    if written.startswith('"""'):
        return None
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
    if code[0] in "01234567":
        return chr(int(code, 8))
    if code[0] in "uUx" and len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0x110000 else match[0]
    return _ESCAPES.get(code, code)
