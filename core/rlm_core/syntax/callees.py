"""Callees: the name in what is called, which grammars wrap in any number of layers: `a::b::f<T>`, `this.on!`.

A query captures the whole, and this walks down to the last name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tree_sitter

# Where the name is: in the first of these fields that there is, or in the first or last named child.
# In what is not listed nothing has a name that is called, as in `handlers[0]()`.
_FIRST, _LAST = "<first>", "<last>"
_NAME_IN = {
    kind: places.split()
    for kinds, places in (
        ("qualified_identifier template_function template_method template_type scoped_identifier", "name"),
        ("alias_qualified_name member_access_expression member_binding_expression qualified_type", "name"),
        ("scope_resolution variable_expression new_expression", "name"),
        ("qualified_name", "name <last>"),
        ("attribute", "attribute"),
        ("dot_index_expression field_access", "field"),
        ("field_expression", "field member <last>"),
        ("selector_expression", "field"),
        ("member_expression nested_identifier", "property"),
        ("method_index_expression", "method"),
        ("pointer_expression", "argument"),
        ("qualified", "id"),
        ("select_expression", "attrpath"),
        ("navigation_suffix", "suffix"),
        ("generic_function", "function"),
        ("index_expression", "operand"),
        ("type_instantiation_expression struct_expression", "type"),
        ("attrpath conditional_access_expression dependent_name derived_type_member_expression", _LAST),
        ("module_path navigation_expression scoped_type_identifier stable_identifier", _LAST),
        ("stable_type_identifier user_defined_type user_type value_path", _LAST),
        ("expression generic_name generic_type instantiation_expression non_null_expression parens", _FIRST),
        ("parenthesized_expression postfix_unary_expression type_name", _FIRST),
    )
    for kind in kinds.split()
}
_NAMES = frozenset(
    {
        "constructor",
        "field_identifier",
        "function",
        "identifier",
        "name",
        "private_property_identifier",
        "property_identifier",
        "simple_identifier",
        "type_identifier",
        "type_member",
        "value_name",
        "variable",
    }
)
_MAX_LAYERS = 100


def callee(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """Returns the node of the name in what is called; None where it has none."""
    for _ in range(_MAX_LAYERS):
        if node.type in _NAMES:
            return node
        inner = next((inner for place in _NAME_IN.get(node.type, ()) if (inner := _at(node, place))), None)
        if inner is None:
            return None
        node = inner
    return None


def _at(node: tree_sitter.Node, place: str) -> tree_sitter.Node | None:
    if place not in (_FIRST, _LAST):
        return node.child_by_field_name(place)
    children = [child for child in node.named_children if not child.type.endswith("arguments")]
    return children[0 if place == _FIRST else -1] if children else None
