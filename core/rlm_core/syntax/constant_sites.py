"""Constant sites: where a name is given a value outside of functions, and the expression that it is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.syntax.constant_arithmetic import C_FAMILY, SCRIPTS
from rlm_core.syntax.constant_expressions import MOST_ITEMS, NAMES, Expression, ExpressionReader
from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.type_names import name_parts

if TYPE_CHECKING:
    import tree_sitter

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.type_names import Parts

# Languages whose constants are known.
LANGUAGES = SCRIPTS | C_FAMILY | {"Python", "Go", "Rust", "Java", "C#", "PHP", "Ruby"}
_MOST_PLACES = 500
_MACRO_BYTES = 10_000
_FUNCTIONS = ("function", "method", "constructor", "lambda", "closure", "arrow", "func_literal")
_ASSIGNMENTS = frozenset({"assignment", "augmented_assignment", "operator_assignment"})
_ASSIGNMENTS |= {"assignment_expression", "augmented_assignment_expression", "assignment_statement"}
_ASSIGNMENTS |= {"compound_assignment_expr"}
_AUGMENTED = frozenset({"augmented_assignment", "operator_assignment", "augmented_assignment_expression"})
_AUGMENTED |= {"compound_assignment_expr"}
_UPDATES = frozenset({"update_expression", "postfix_unary_expression", "inc_statement", "dec_statement"})
_MEMBERS = frozenset({"enumerator", "enum_variant", "enum_member_declaration", "enum_assignment"})
_WITH_NAME = _MEMBERS | {"variable_declarator", "const_item", "static_item", "public_field_definition"}
_WITH_NAME |= {"property_element"}
_DECLARATORS = frozenset({"pointer_declarator", "array_declarator", "variable_name"})
_PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "array_pattern", "object_pattern"})
_PATTERNS |= {"pair_pattern", "expression_list", "left_assignment_list", "destructured_left_assignment"}
_ATTRIBUTES = frozenset({"attribute", "member_expression", "field_access", "member_access_expression"})
_SIDES = frozenset({"expression_list", "tuple", "list", "array", "right_assignment_list"})
# What has a name, or members that have one, and is nothing that names are in.
_NO_SCOPE = re.compile(r"declarator|preproc|enum_body|call|enum_assignment")
_OPERATIONS = re.compile(r"\W|unary ")


@dataclass(frozen=True, slots=True)
class ConstantSite:
    """A place where a name is given a value.

    Attributes:
        scope: names of the types and namespaces around it.
        line: from 1.
        start: byte offset of the name.
        expression: what it is given.
        type: as it is written; empty where there is none.
        macro: it is a preprocessor's, so its text is put where its name is.
        inside: it is in a function, and changes a name that is not the function's own, or may.
    """

    scope: Parts
    line: int
    start: int
    expression: Expression
    type: str = ""
    macro: bool = False
    inside: bool = False

    @property
    def bare(self) -> bool:
        """Whether operators around its name may bind stronger than those in its text."""
        return self.macro and _OPERATIONS.match(self.expression.kind) is not None


def constant_sites(source: bytes, language: Language, name: str) -> list[ConstantSite]:
    """Returns where a name is given a value in a text, in order.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    if language.name not in LANGUAGES or not language.parsable or not name:
        return []
    source = normalized(source)
    root = parse(source, language).root_node
    word = re.escape(name.encode())
    outside_only = language.name == "Python" and not re.search(rb"\bglobal\b[^\n]*\b%b\b" % word, source)
    reader = _SiteReader(source, language)
    found: list[ConstantSite] = []
    places = re.finditer(rb"(?<!\w)%b(?!\w)" % word, source)
    for match, _ in zip(places, range(_MOST_PLACES), strict=False):
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is None or node.end_byte != match.end():
            continue
        site = reader.defined(node) if node.type == "string_content" else None
        if node.type in NAMES:
            site = reader.site(node)
        if site is not None and not (site.inside and outside_only):
            found.append(site)
    return found


class _SiteReader:
    """Reads sites of one text."""

    def __init__(self, source: bytes, language: Language) -> None:
        self._source = source
        self._language = language
        self._expressions = ExpressionReader(source, language)

    def site(self, node: tree_sitter.Node) -> ConstantSite | None:
        """What a name is given at a place; None where it is only used there, or is a function's own."""
        target, holder = node, node.parent
        of: Parts = ()
        while holder is not None and holder.type in _DECLARATORS | _PATTERNS | _ATTRIBUTES:
            if holder.type in _ATTRIBUTES:
                if holder.named_children[-1] != target:
                    return None
                of = name_parts(self._expressions.text(holder.named_children[0]))
            target, holder = holder, holder.parent
        if holder is None or (given := self._given(node, target, holder)) is None:
            return None
        scope, inside = self._scope(holder)
        if inside and holder.type not in _ASSIGNMENTS | _UPDATES:
            return None
        typed = holder.child_by_field_name("type")
        if typed is None and holder.parent is not None and holder.type == "variable_declarator":
            typed = holder.parent.child_by_field_name("type")
        text = self._expressions.text(typed) if typed else ""
        macro = holder.type == "preproc_def"
        line = node.start_point.row + 1
        return ConstantSite((*scope, *of), line, node.start_byte, given, text, macro, inside)

    def defined(self, node: tree_sitter.Node) -> ConstantSite | None:
        """What PHP's `define` gives a name."""
        argument = node.parent.parent if node.parent else None
        arguments = argument.parent if argument else None
        call = arguments.parent if arguments else None
        function = call.child_by_field_name("function") if call else None
        if arguments is None or function is None or self._expressions.text(function) != "define":
            return None
        if arguments.named_child_count < 2 or arguments.named_children[0] != argument:
            return None
        value = arguments.named_children[1]
        given = self._expressions.read(value.named_children[0] if value.named_children else None)
        return ConstantSite((), node.start_point.row + 1, node.start_byte, given)

    def _given(
        self, node: tree_sitter.Node, target: tree_sitter.Node, holder: tree_sitter.Node
    ) -> Expression | None:
        kind = holder.type
        if kind in _ASSIGNMENTS:
            left = holder.child_by_field_name("left")
            return self._assigned(node, target, holder) if left == target else None
        if kind in _UPDATES:
            return Expression("unknown", self._expressions.text(holder))
        if kind == "init_declarator":
            mine = holder.child_by_field_name("declarator") == target
            return self._expressions.read(holder.child_by_field_name("value")) if mine else None
        if kind in {"const_spec", "var_spec"}:
            return self._of_go(node, holder)
        if kind == "const_element":
            mine = holder.named_children[0] == node
            return self._expressions.read(holder.named_children[-1]) if mine else None
        if kind == "enum_body":
            return self._implicit(node)
        if holder.child_by_field_name("name") != target:
            return None
        value = holder.child_by_field_name("value") or holder.child_by_field_name("default_value")
        if kind == "preproc_def":
            return self._macro(value) if value is not None else None
        if target.type in _PATTERNS:
            return self._element(node, target, value) if value is not None else None
        return self._declared(holder, value) if kind in _WITH_NAME else None

    def _assigned(
        self, node: tree_sitter.Node, target: tree_sitter.Node, assignment: tree_sitter.Node
    ) -> Expression | None:
        sign = assignment.child_by_field_name("operator")
        if assignment.type in _AUGMENTED or (sign is not None and self._expressions.text(sign) != "="):
            return Expression("unknown", self._expressions.text(assignment))
        value = assignment.child_by_field_name("right")
        while value is not None and value.type == assignment.type:
            value = value.child_by_field_name("right")
        if value is None:
            return None
        return (
            self._element(node, target, value) if target.type in _PATTERNS else self._expressions.read(value)
        )

    def _element(
        self, node: tree_sitter.Node, pattern: tree_sitter.Node, value: tree_sitter.Node
    ) -> Expression:
        """What one of several names is given."""
        names, values = pattern.named_children, value.named_children
        listed = value.type in _SIDES and len(names) == len(values) <= MOST_ITEMS
        if not listed or node not in names or any("splat" in each.type for each in (*names, *values)):
            return Expression("unknown", self._expressions.text(value))
        return self._expressions.read(values[names.index(node)])

    def _declared(self, holder: tree_sitter.Node, value: tree_sitter.Node | None) -> Expression | None:
        if value is None and holder.parent and holder.parent.type == "variable_declaration":
            value = holder.named_children[1] if holder.named_child_count > 1 else None  # C# has no field
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
                    text = f"{self._expressions.text(value)} + {count}"
                    return Expression("+", text, arguments=given)
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

    def _scope(self, node: tree_sitter.Node) -> tuple[Parts, bool]:
        """The names around a place, and whether it is in a function."""
        names: list[str] = []
        around = node.parent
        while around is not None:
            if any(word in around.type for word in _FUNCTIONS):
                return tuple(names), True
            named = around.child_by_field_name("name")
            if named is not None and not _NO_SCOPE.search(around.type):
                names[:0] = name_parts(self._expressions.text(named))
            around = around.parent
        return tuple(names), False
