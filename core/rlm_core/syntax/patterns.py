"""Patterns on the left of an assignment: all names that they bind, at any depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tree_sitter

_NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern", "simple_identifier"})
_PATTERNS = frozenset(
    {
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "object_pattern",
        "array_pattern",
        "rest_pattern",
        "pattern",
    }
)
# Of these only a part binds: not the key, not the default.
_PARTS = {"assignment_pattern": "left", "object_assignment_pattern": "left", "pair_pattern": "value"}
_MAX_NODES = 1_000


def bound_names(pattern: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yields the nodes of the names that a pattern binds."""
    left = [pattern]
    for _ in range(_MAX_NODES):
        if not left:
            return
        node = left.pop()
        if node.type in _NAMES:
            yield node
        elif node.type in _PATTERNS:
            left.extend(reversed(node.named_children))
        elif (part := _PARTS.get(node.type)) and (inner := node.child_by_field_name(part)):
            left.append(inner)
