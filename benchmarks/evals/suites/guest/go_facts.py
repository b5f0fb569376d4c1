"""Facts of Go files."""

from __future__ import annotations

import re
from typing import Any

import tree_sitter_go

from benchmarks.evals.suites.guest.tree_sitter_facts import (
    Before,
    Facts,
    Node,
    Scope,
    doc_of,
    inside,
    last_row,
    row,
    text_of,
    within,
)

# Comments for tools, which are no documentation (go.dev/doc/comment).
_DIRECTIVE = re.compile(r"//(line |extern |export |nolint|[a-z0-9]+:[a-z0-9])")
_TYPES = {"struct_type": "struct", "interface_type": "interface"}
_ROUTES = frozenset({"Handle", "HandleFunc", "Get", "Post", "Put", "Delete", "Patch", "GET", "POST", "PUT"})
_ENVIRONMENT = frozenset({"Getenv", "LookupEnv"})


def facts_of(path: str, text: str) -> dict[str, Any]:
    """The facts of a Go file; raises `ValueError` where it is none."""
    return _Go(path, "Go", tree_sitter_go.language(), text).collected()


class _Go(Facts):
    identifiers = frozenset({"identifier", "field_identifier", "type_identifier", "package_identifier"})
    strings = frozenset({"interpreted_string_literal_content", "raw_string_literal_content"})
    binding = {  # noqa: RUF012 - a constant, like the others
        "assignment_statement": "left",
        "short_var_declaration": "left",
        "range_clause": "left",
        "var_spec": "name",
        "parameter_declaration": "name",
    }

    def collected(self) -> dict[str, Any]:
        self._selves: dict[Scope, str] = {}  # what methods call the value that they are called on
        visitors = {
            "function_declaration": self._function,
            "method_declaration": self._method,
            "type_spec": self._type,
            "method_elem": self._of_interface,
            "const_spec": self._constant,
            "call_expression": self._called,
        }
        self.walk(self.root, Scope(), visitors)
        return self.done()

    def _function(self, node: Node, scope: Scope) -> None:
        self._callable(node, "function", scope)

    def _method(self, node: Node, scope: Scope) -> None:
        receiver = node.child_by_field_name("receiver")
        types, variable = _first(receiver, "type_identifier"), _first(receiver, "identifier")
        around = within(scope, text_of(types) or "_", "struct")
        self._selves[within(around, text_of(node.child_by_field_name("name")), "method")] = text_of(variable)
        self._callable(node, "method", around)

    def _callable(self, node: Node, kind: str, scope: Scope) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            self.define(
                text_of(name),
                kind,
                scope,
                line=name,
                whole=node,
                doc=self._doc(node),
                params=_params(node.child_by_field_name("parameters")),
                exported=text_of(name)[:1].isupper(),
                body=node.child_by_field_name("body"),
            )

    def _type(self, node: Node, scope: Scope) -> None:
        name, written = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is None or written is None:
            return
        kind = _TYPES.get(written.type, "type")
        whole = _statement(node)
        self.define(
            text_of(name),
            kind,
            scope,
            line=name,
            whole=whole,
            doc=self._doc(whole),
            exported=text_of(name)[:1].isupper(),
            body=written,
        )
        inner = within(scope, text_of(name), kind)
        for element in inside(written, "type_elem"):
            for embedded in element.named_children:
                self._embedded(embedded, inner)
        for fields in inside(written, "field_declaration_list"):
            for field in inside(fields, "field_declaration"):
                if field.child_by_field_name("name") is None:
                    self._embedded(field.child_by_field_name("type"), inner)

    def _of_interface(self, node: Node, scope: Scope) -> None:
        if scope.kind == "interface":
            self._callable(node, "method", scope)

    def _embedded(self, node: Node | None, scope: Scope) -> None:
        last = _first(node, "type_identifier")
        if last is not None:
            self.base(scope.qualified, last)

    def _constant(self, node: Node, scope: Scope) -> None:
        if scope.qualified:
            return
        whole, right = _statement(node), node.child_by_field_name("value")
        values = right.named_children if right is not None else []
        names = [child for child in node.children_by_field_name("name") if child.type == "identifier"]
        for index, name in enumerate(names):
            self.define(
                text_of(name),
                "constant",
                scope,
                line=name,
                whole=whole,
                doc=self._doc(whole),
                value=values[index] if index < len(values) else None,
                exported=text_of(name)[:1].isupper(),
            )

    def _called(self, node: Node, scope: Scope) -> None:
        callee = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        while callee is not None and callee.type in ("parenthesized_expression", "index_expression"):
            callee = callee.named_children[0]
        if callee is None or arguments is None:
            return
        name = callee if callee.type == "identifier" else callee.child_by_field_name("field")
        if name is None:
            return
        given = [child for child in arguments.named_children if child.type != "comment"]
        args = [text_of(arg) if arg.type == "identifier" else "" for arg in given]
        spread = any(arg.type == "variadic_argument" for arg in given)
        self.call(name, scope, receiver=self._receiver(callee, scope), args=args, spread=spread)
        self._mentioned(callee, text_of(name), given, scope)

    def _receiver(self, callee: Node, scope: Scope) -> str:
        operand = callee.child_by_field_name("operand")
        if operand is None:
            return ""
        if operand.type == "identifier":
            return "self" if text_of(operand) == self._selves.get(scope) else text_of(operand)
        return text_of(operand.child_by_field_name("field")) or "?"

    def _mentioned(self, callee: Node, name: str, given: list[Node], scope: Scope) -> None:
        if callee.type != "selector_expression" or not given:
            return
        literal = given[0]
        if literal.type not in ("interpreted_string_literal", "raw_string_literal"):
            return
        said = text_of(literal)[1:-1]
        if name in _ENVIRONMENT and text_of(callee.child_by_field_name("operand")) == "os":
            self.mention("environment", said, literal, scope)
        elif name in _ROUTES and said.startswith("/") and len(given) > 1:
            self.mention("route", said, literal, scope)

    def _doc(self, node: Node) -> tuple[str, int, int]:
        leading, code_ends = self.before.get(node.id, Before())
        comments: list[Node] = []
        below = row(node)
        for comment in reversed(leading):
            # A comment at the end of a line of code, or with a blank line behind it, documents nothing.
            if last_row(comment) != below - 1 or row(comment) == code_ends:
                break
            below = row(comment)
            comments.insert(0, comment)
        said = [comment for comment in comments if not _DIRECTIVE.match(text_of(comment))]
        return doc_of(said)


def _statement(spec: Node) -> Node:
    """The whole statement of a specification that stands alone in it; in parentheses, itself."""
    around = spec.parent
    alone = around is not None and not any(child.type == "(" for child in around.children)
    return around if around is not None and alone else spec


def _first(node: Node | None, kind: str) -> Node | None:
    """The first node of a type, in the order of the text: the name of a type in `*pkg.Name[T]`."""
    if node is None or node.type == kind:
        return node
    return next((found for child in node.named_children if (found := _first(child, kind))), None)


def _params(parameters: Node | None) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    required = 0
    for parameter in parameters.named_children if parameters is not None else []:
        written = [text_of(name) for name in parameter.children_by_field_name("name") if name.is_named]
        if parameter.type == "variadic_parameter_declaration":
            names.append(f"*{written[0] if written else '_'}")
        elif parameter.type == "parameter_declaration":
            names.extend(written or ["_"])
            required += len(written or ["_"])
    return tuple(names), required
