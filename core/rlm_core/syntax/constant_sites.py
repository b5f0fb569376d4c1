"""Constant sites: where a name is given a value outside of functions, and the expression that it is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.syntax.constant_expressions import MOST_ITEMS, NAMES, Expression, ExpressionReader
from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.type_names import name_parts

if TYPE_CHECKING:
    import tree_sitter

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.type_names import Parts

_MOST_PLACES = 500
_MACRO_BYTES = 10_000
_FUNCTIONS = ("function", "method", "constructor", "lambda", "closure", "arrow", "func_literal")
_ASSIGNMENTS = frozenset({"assignment", "augmented_assignment", "operator_assignment"})
_MEMBERS = frozenset({"enumerator", "enum_variant", "enum_member_declaration", "enum_assignment"})
_WITH_NAME = _MEMBERS | {"variable_declarator", "const_item", "static_item", "public_field_definition"}
_DECLARATORS = frozenset({"pointer_declarator", "array_declarator"})


@dataclass(frozen=True, slots=True)
class ConstantSite:
    """A place where a name is given a value.

    Attributes:
        scope: names of the types and namespaces around it.
        line: from 1.
        start: byte offset of the name.
        expression: what it is given.
        type: as it is written; empty where there is none.
    """

    scope: Parts
    line: int
    start: int
    expression: Expression
    type: str = ""


def constant_sites(source: bytes, language: Language, name: str) -> list[ConstantSite]:
    """Returns where a name is given a value in a text, in order.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    if not language.parsable or not name:
        return []
    source = normalized(source)
    root = parse(source, language).root_node
    reader = _SiteReader(source, language)
    found: list[ConstantSite] = []
    word = re.compile(rb"(?<!\w)%b(?!\w)" % re.escape(name.encode()))
    for match, _ in zip(word.finditer(source), range(_MOST_PLACES), strict=False):
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is not None and node.type in NAMES and node.end_byte == match.end():
            site = reader.site(node)
            if site is not None:
                found.append(site)
    return found


class _SiteReader:
    """Reads sites of one text."""

    def __init__(self, source: bytes, language: Language) -> None:
        self._source = source
        self._language = language
        self._expressions = ExpressionReader(source, language)

    def site(self, node: tree_sitter.Node) -> ConstantSite | None:
        """What a name is given at a place; None where it is only used there."""
        holder = node.parent
        while holder is not None and holder.type in _DECLARATORS:
            node, holder = holder, holder.parent
        if holder is None or (given := self._given(node, holder)) is None:
            return None
        scope = self._scope(holder)
        if scope is None:
            return None
        written = holder.child_by_field_name("type")
        text = self._expressions.text(written) if written else ""
        return ConstantSite(scope, node.start_point.row + 1, node.start_byte, given, text)

    def _given(self, node: tree_sitter.Node, holder: tree_sitter.Node) -> Expression | None:
        kind = holder.type
        if kind in _ASSIGNMENTS:
            return self._assigned(holder) if holder.child_by_field_name("left") == node else None
        if kind == "init_declarator":
            mine = holder.child_by_field_name("declarator") == node
            return self._expressions.read(holder.child_by_field_name("value")) if mine else None
        if kind in {"const_spec", "var_spec"}:
            return self._of_go(node, holder)
        if kind == "const_element":
            mine = holder.named_children[0] == node
            return self._expressions.read(holder.named_children[-1]) if mine else None
        if kind == "enum_body":
            return self._implicit(node)
        if holder.child_by_field_name("name") != node:
            return None
        value = holder.child_by_field_name("value")
        if kind == "preproc_def":
            return self._macro(value) if value is not None else None
        return self._declared(holder, value) if kind in _WITH_NAME else None

    def _assigned(self, assignment: tree_sitter.Node) -> Expression | None:
        if assignment.type != "assignment":
            return Expression("unknown", self._expressions.text(assignment))
        value = assignment.child_by_field_name("right")
        while value is not None and value.type == "assignment":
            value = value.child_by_field_name("right")
        return self._expressions.read(value) if value is not None else None

    def _declared(self, holder: tree_sitter.Node, value: tree_sitter.Node | None) -> Expression | None:
        if value is None and holder.type == "variable_declarator" and holder.named_child_count > 1:
            value = holder.named_children[-1]  # C# has no field for it
        if value is not None:
            return self._expressions.read(value)
        return self._implicit(holder) if holder.type in _MEMBERS else None

    def _implicit(self, member: tree_sitter.Node) -> Expression:
        """A member of an enumeration without a value: one more than the one before."""
        count = 0
        before = member.prev_named_sibling
        while before is not None and count < MOST_ITEMS:
            if "comment" not in before.type and "attribute" not in before.type:
                count += 1
                if (value := before.child_by_field_name("value")) is not None:
                    given = self._expressions.read(value), Expression("value", str(count), count)
                    return Expression("+", self._expressions.text(value), arguments=given)
            before = before.prev_named_sibling
        return Expression("value", str(count), count)

    def _of_go(self, node: tree_sitter.Node, spec: tree_sitter.Node) -> Expression | None:
        """A constant of Go: `iota` is its number in the group, and an expression goes on."""
        names = [name for name in spec.children_by_field_name("name") if name.is_named]
        if node not in names:
            return None
        group = spec.parent
        specs = [child for child in group.named_children if child.type == spec.type] if group else [spec]
        number = specs.index(spec)
        value = spec.child_by_field_name("value")
        for earlier in reversed(specs[:number] if spec.type == "const_spec" else []):
            if value is not None:
                break
            value = earlier.child_by_field_name("value")
        at = names.index(node)
        if value is None or at >= value.named_child_count:
            return None
        return self._expressions.read(value.named_children[at], iota=number)

    def _macro(self, value: tree_sitter.Node) -> Expression:
        """What a preprocessor's macro stands for: it is parsed as the value of a variable."""
        unknown = Expression("unknown", self._expressions.text(value))
        text = self._source[value.start_byte : value.end_byte].replace(b"\\\n", b" ")
        if len(text) > _MACRO_BYTES:
            return unknown
        source = normalized(b"int x = %b;\n" % text)
        root = parse(source, self._language).root_node
        if root.has_error or root.named_child_count != 1:
            return unknown
        declared = root.named_children[0].child_by_field_name("declarator")
        inner = declared.child_by_field_name("value") if declared is not None else None
        return ExpressionReader(source, self._language).read(inner) if inner is not None else unknown

    def _scope(self, node: tree_sitter.Node) -> Parts | None:
        """The names around a place; None in a function."""
        names: list[str] = []
        around = node.parent
        while around is not None:
            if any(word in around.type for word in _FUNCTIONS):
                return None
            named = around.child_by_field_name("name")
            if named is not None and "declarator" not in around.type:
                names[:0] = name_parts(self._expressions.text(named))
            around = around.parent
        return tuple(names)
