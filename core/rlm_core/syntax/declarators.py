"""Declarators of C: they wrap the name that they declare in as many layers as its type has.

A query cannot follow layers of any number, so it captures the outermost one and this walks down: in
`T (*f(int))(int)`, a function that returns a pointer to one, the name is in the fourth.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import tree_sitter

    from rlm_core.syntax.query_matches import Captures

_NAMES = frozenset(
    {
        "identifier",
        "field_identifier",
        "type_identifier",
        "qualified_identifier",
        "destructor_name",
        "operator_name",
        "operator_cast",
        "template_function",
        "primitive_type",  # `typedef unsigned char uint8_t;`
    }
)
_FUNCTION = "function_declarator"
_PARENTHESES = frozenset({"parenthesized_declarator", "attributed_declarator"})
# What is read as a name where a statement is taken for a head.
_KEYWORDS = frozenset(b"if else for while do switch case default return sizeof goto try catch".split())
_MACRO = re.compile(rb"[A-Z][A-Z0-9]*_[A-Z0-9_]*\Z")
# `TEST_F(Fixture, Name)`: a test is called by its second argument.
_TEST_MACRO = re.compile(rb"(?:\w+_)?(?:TEST|BENCHMARK)(?:_[A-Z]{1,2})?\Z|\w+_DEFINE_F\Z")
_FUNCTION_KINDS = {
    "declaration.variable": "declaration.function",
    "definition.variable": "definition.function",
    "definition.field": "definition.method",
}
_ARGUMENTS = frozenset({"identifier", "type_identifier", "string_literal"})
_MAX_LAYERS = 100


class Declared(NamedTuple):
    """What is declared.

    Attributes:
        name: its node.
        is_function: what it is, as against a value.
        scope: what it belongs to by the macro that defines it.
    """

    name: tree_sitter.Node
    is_function: bool
    scope: tree_sitter.Node | None = None


def named_by_declarator(captures: Captures) -> Captures:
    """Returns what a query captured, with a name where it has a declarator; nothing if that has no name."""
    kind = next((capture for capture in ("declarator", "untyped") if capture in captures), None)
    if kind is None:
        return captures
    found = declared(captures[kind][0], typed=kind == "declarator")
    if found is None:
        return {}
    as_function = _FUNCTION_KINDS if found.is_function else {}
    named = {
        as_function.get(capture, capture): nodes for capture, nodes in captures.items() if capture != kind
    }
    named["quoted" if found.name.type == "string_literal" else "name"] = [found.name]
    return {**named, "space": [found.scope]} if found.scope is not None else named


def declared(node: tree_sitter.Node, *, typed: bool = True) -> Declared | None:
    """Returns what a declarator, or a call of a macro that defines something, declares.

    Args:
        node: the declarator.
        typed: whether a type stands before it; else its name may be a macro's.
    """
    around = ""  # the type of the layer around a node, parentheses aside
    for _ in range(_MAX_LAYERS):
        if node.type in _NAMES:
            is_function = around == _FUNCTION or _last_part(node).type in ("operator_cast", "destructor_name")
            node = node.child_by_field_name("name") or node if node.type == "template_function" else node
            return None if node.text in _KEYWORDS else Declared(node, is_function)
        if node.type == "call_expression":
            return _by_macro(node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        inner = node.child_by_field_name("declarator")
        if inner is None and not node.named_children:
            return None
        inner = inner or node.named_children[-1]
        if node.type == _FUNCTION and inner.type == "identifier":
            parameters = node.child_by_field_name("parameters")
            if around == _FUNCTION:  # `PREFIXED(open)(void)`
                return _by_macro(None, parameters)
            if not typed and _is_macro(inner) and (by_macro := _by_macro(inner, parameters)):
                return by_macro
        if node.type not in _PARENTHESES:
            around = node.type
        node = inner
    return None


def _is_macro(name: tree_sitter.Node) -> bool:
    text = name.text or b""
    return _MACRO.match(text) is not None or _TEST_MACRO.match(text) is not None


def _by_macro(macro: tree_sitter.Node | None, arguments: tree_sitter.Node | None) -> Declared | None:
    """What `macro(arguments)` defines."""
    names = [argument.child_by_field_name("type") or argument for argument in _first_two(arguments)]
    if not names or names[0].type not in _ARGUMENTS:
        return None
    is_test = macro is not None and _TEST_MACRO.match(macro.text or b"") is not None
    if is_test and len(names) > 1 and names[1].type in _ARGUMENTS:
        return Declared(names[1], is_function=True, scope=names[0])
    return Declared(names[0], is_function=True)


def _first_two(arguments: tree_sitter.Node | None) -> list[tree_sitter.Node]:
    cursor = arguments.walk() if arguments is not None else None
    found: list[tree_sitter.Node] = []
    more = cursor is not None and cursor.goto_first_child()
    while cursor is not None and more and len(found) < 2:
        if cursor.node is not None and cursor.node.is_named:
            found.append(cursor.node)
        more = cursor.goto_next_sibling()
    return found


def _last_part(name: tree_sitter.Node) -> tree_sitter.Node:
    """The last part of `a::b::c`."""
    for _ in range(_MAX_LAYERS):
        inner = name.child_by_field_name("name") if name.type == "qualified_identifier" else None
        if inner is None:
            break
        name = inner
    return name
