"""Facts of TypeScript and JavaScript files."""

from __future__ import annotations

import re
from typing import Any

import tree_sitter_javascript
import tree_sitter_typescript

from benchmarks.evals.suites.guest.tree_sitter_facts import (
    MAX_NAME,
    Before,
    Facts,
    Node,
    Scope,
    doc_of,
    inside,
    text_of,
    within,
)

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
_TYPES = {
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "class": "class",
    "interface_declaration": "interface",
    "enum_declaration": "enum",
    "type_alias_declaration": "type",
}
_CASTS = frozenset({"as_expression", "satisfies_expression", "parenthesized_expression"})
_HTTP = frozenset({"get", "post", "put", "delete", "patch"})
_ROUTERS = frozenset({"app", "router", "server"})
_ROUTE_DECORATORS = frozenset({"Get", "Post", "Put", "Delete", "Patch", "Controller"})
# `export type * from "x"` is newer than the grammar (0.23), and says the same to it without its second word.
_NEWER = re.compile(r"(?<=export )type(?= \*)")


def facts_of(path: str, text: str) -> dict[str, Any]:
    """The facts of a TypeScript or JavaScript file; raises `ValueError` where it is none."""
    if path.endswith((".js", ".jsx", ".mjs", ".cjs")):
        grammar = tree_sitter_javascript.language()
    elif path.endswith(".tsx"):
        grammar = tree_sitter_typescript.language_tsx()
    else:
        grammar = tree_sitter_typescript.language_typescript()
    return _TypeScript(path, "TypeScript", grammar, _NEWER.sub("    ", text)).collected()


class _TypeScript(Facts):
    identifiers = frozenset(
        {"identifier", "type_identifier", "property_identifier", "private_property_identifier"}
        | {"shorthand_property_identifier", "shorthand_property_identifier_pattern"}
    )
    leading = frozenset({"comment", "decorator"})
    strings = frozenset({"string_fragment"})
    binding = {  # noqa: RUF012 - a constant, like the others
        "variable_declarator": "name",
        "assignment_expression": "left",
        "augmented_assignment_expression": "left",
        "update_expression": "argument",
        "for_in_statement": "left",
        "required_parameter": "pattern",
        "optional_parameter": "pattern",
        "arrow_function": "parameter",
        "catch_clause": "parameter",
    }

    def collected(self) -> dict[str, Any]:
        functions = ("function_declaration", "generator_function_declaration", "function_signature")
        methods = ("method_definition", "method_signature", "abstract_method_signature")
        self._read: set[str] = set()  # names that the file reads or binds outside of imports
        self._bound: list[tuple[Node, Node, str, Scope]] = []
        visitors = {
            **dict.fromkeys(functions, self._function),
            **dict.fromkeys(methods, self._method),
            **dict.fromkeys(_TYPES, self._type),
            **dict.fromkeys(("identifier", "type_identifier", "shorthand_property_identifier"), self._name),
            "shorthand_property_identifier_pattern": self._name,
            "variable_declarator": self._variable,
            "public_field_definition": self._field,
            "field_definition": self._field,
            "pair": self._pair,
            "internal_module": self._namespace,
            "module": self._namespace,
            "import_statement": self._import,
            "export_statement": self._export,
            "call_expression": self._called,
            "new_expression": self._made,
            "member_expression": self._member,
            "subscript_expression": self._member,
        }
        self.walk(self.root, Scope(), visitors)
        for name, source, module, scope in self._bound:
            text = text_of(name)
            # What is called React is what JSX may stand for.
            doubtful = text in ("React", "h")
            self.bind(name, source, scope, module=module, used=text in self._read, doubtful=doubtful)
        return self.done()

    def _function(self, node: Node, scope: Scope) -> None:
        self._callable(node, node.child_by_field_name("name"), "function", scope, node)

    def _method(self, node: Node, scope: Scope) -> None:
        kind = "method" if scope.kind in ("class", "interface") else "function"
        self._callable(node, node.child_by_field_name("name"), kind, scope, node)

    def _callable(self, whole: Node, name: Node | None, kind: str, scope: Scope, function: Node) -> None:
        """Keeps a function; `whole` is what its documentation stands before."""
        if name is None or name.type not in self.identifiers:
            return
        parameters = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
        self._definition(
            whole,
            name,
            kind,
            scope,
            params=_params(parameters),
            body=function.child_by_field_name("body"),
        )

    def _type(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name")
        if name is None:
            return
        kind = _TYPES[node.type]
        self._definition(node, name, kind, scope, body=node.child_by_field_name("body"))
        self._heritage(node, within(scope, text_of(name), kind))

    def _heritage(self, node: Node, inner: Scope) -> None:
        for clause in inside(node, "class_heritage", "extends_type_clause"):
            parts = inside(clause, "extends_clause", "implements_clause") or [clause]
            for part in parts:
                for base in part.named_children:
                    last = _last_name(base)
                    if last is not None:
                        self.base(inner.qualified, last)

    def _variable(self, node: Node, scope: Scope) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        whole = node.parent
        if name is None or name.type != "identifier" or value is None or whole is None:
            return
        if value.type in _FUNCTIONS:
            self._callable(whole, name, "function", scope, value)
        elif value.type == "class" and value.child_by_field_name("name") is None:
            self._definition(whole, name, "class", scope, body=value.child_by_field_name("body"))
            self._heritage(value, within(scope, text_of(name), "class"))
        elif text_of(whole).startswith("const") and not scope.qualified and _is_top(whole):
            while value.type in _CASTS and value.named_children:
                value = value.named_children[0]
            self._definition(whole, name, "constant", scope, value=value)

    def _field(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        value = node.child_by_field_name("value")
        if value is not None and value.type in _FUNCTIONS:
            self._callable(node, name, "method", scope, value)

    def _pair(self, node: Node, _scope: Scope) -> None:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is not None and value is not None and value.type in _FUNCTIONS:
            self.unclear.add(text_of(key).strip("'\""))  # defined, in a way, and no definition here
            self.complete = False

    def _definition(self, node: Node, name: Node, kind: str, scope: Scope, **further: Any) -> None:
        around = node.parent
        statement = around if around is not None and around.type == "export_statement" else node
        leading = [each for part in dict.fromkeys((statement, node)) for each in self._leading(part)]
        leading += inside(node, "decorator")
        decorators = [each for each in leading if each.type == "decorator"]
        comments = [each for each in leading if text_of(each).startswith("/**")]
        self.define(
            text_of(name),
            kind,
            scope,
            line=name,
            whole=statement,
            doc=doc_of(comments[-1:]),
            decorators=decorators,
            decorator_names=[_decorator_name(each) for each in decorators],
            exported=self._is_public(node, statement, name),
            **further,
        )

    def _leading(self, node: Node) -> tuple[Node, ...]:
        return self.before.get(node.id, Before()).nodes

    def _is_public(self, node: Node, statement: Node, name: Node) -> bool:
        if node.parent is not None and node.parent.type in ("class_body", "interface_body"):
            access = "".join(text_of(each) for each in inside(node, "accessibility_modifier"))
            return access in ("", "public") and not text_of(name).startswith("#")
        return statement.type == "export_statement"

    def _namespace(self, node: Node, scope: Scope) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            self.open(body, within(scope, text_of(name).strip("'\""), "module"))

    def _import(self, node: Node, scope: Scope) -> None:
        module = text_of(node.child_by_field_name("source"))[1:-1]
        for clause in inside(node, "import_clause"):
            for part in clause.named_children:
                if part.type == "identifier":
                    self._bound.append((part, part, module, scope))
                elif part.type == "namespace_import":
                    self._bound.extend((each, each, module, scope) for each in inside(part, "identifier"))
                for each in inside(part, "import_specifier"):
                    source = each.child_by_field_name("name")
                    name = each.child_by_field_name("alias") or source
                    if name is not None and source is not None and name.type == "identifier":
                        self._bound.append((name, source, module, scope))
        self.close(node)

    def _export(self, node: Node, _scope: Scope) -> None:
        if node.child_by_field_name("source") is not None:
            self.close(node)  # names of another module, of which it makes others
            for clause in inside(node, "export_clause"):
                for each in inside(clause, "export_specifier"):
                    self.unclear.add(text_of(each.child_by_field_name("name"))[:MAX_NAME])

    def _name(self, node: Node, _scope: Scope) -> None:
        self._read.add(text_of(node))

    def _called(self, node: Node, scope: Scope) -> None:
        self._call(node.child_by_field_name("function"), node.child_by_field_name("arguments"), scope)

    def _made(self, node: Node, scope: Scope) -> None:
        self._call(node.child_by_field_name("constructor"), node.child_by_field_name("arguments"), scope)

    def _call(self, callee: Node | None, arguments: Node | None, scope: Scope) -> None:
        while callee is not None and callee.type in ("parenthesized_expression", "non_null_expression"):
            callee = callee.named_children[0]
        if callee is None:
            return
        name = callee if callee.type == "identifier" else callee.child_by_field_name("property")
        if name is None or name.type not in self.identifiers:
            return
        if arguments is not None and arguments.type != "arguments":
            self.unclear.add(text_of(name))  # a template's tag
            return
        given = arguments.named_children if arguments is not None else []
        given = [child for child in given if child.type != "comment"]
        args = [text_of(arg) if arg.type == "identifier" else "" for arg in given]
        spread = any(arg.type == "spread_element" for arg in given)
        self.call(name, scope, receiver=_receiver(callee), args=args, spread=spread)
        if given and given[0].type == "string" and _declares_route(callee, name):
            self.mention("route", text_of(given[0])[1:-1], given[0], scope)

    def _member(self, node: Node, scope: Scope) -> None:
        if text_of(node.child_by_field_name("object")) != "process.env":
            return
        name = node.child_by_field_name("property") or node.child_by_field_name("index")
        if name is not None and name.type in ("property_identifier", "string"):
            self.mention("environment", text_of(name).strip("'\""), name, scope)


def _receiver(callee: Node) -> str:
    """The last identifier before the dot."""
    before = callee.child_by_field_name("object")
    if before is not None and before.type == "member_expression":
        before = before.child_by_field_name("property")
    if callee.type == "identifier":
        return ""
    plain = before is not None and before.type in ("identifier", "this", "super", "property_identifier")
    return text_of(before) if plain else "?"


def _last_name(node: Node) -> Node | None:
    """`Base` of `ns.Base<T>`."""
    while node.type in ("generic_type", "member_expression", "nested_type_identifier", "nested_identifier"):
        inner = node.child_by_field_name("property") or node.child_by_field_name("name")
        if inner is None:
            return None
        node = inner
    return node if node.type in ("identifier", "type_identifier", "property_identifier") else None


def _decorator_name(decorator: Node) -> str:
    named = decorator.named_children[0]
    return text_of(named.child_by_field_name("function") if named.type == "call_expression" else named)


def _declares_route(callee: Node, name: Node) -> bool:
    around = callee.parent.parent if callee.parent is not None else None
    if callee.type == "identifier":
        return text_of(name) in _ROUTE_DECORATORS and around is not None and around.type == "decorator"
    return text_of(name) in _HTTP and text_of(callee.child_by_field_name("object")) in _ROUTERS


def _is_top(declaration: Node) -> bool:
    around = declaration.parent
    if around is not None and around.type == "export_statement":
        around = around.parent
    return around is not None and around.type == "program"


def _params(parameters: Node | None) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    required = 0
    if parameters is None:
        return (), 0
    given = parameters.named_children if parameters.type == "formal_parameters" else [parameters]
    for parameter in given:
        if parameter.type in ("comment", "decorator"):
            continue
        pattern = parameter.child_by_field_name("pattern") or parameter.child_by_field_name("left")
        pattern = pattern if pattern is not None else parameter
        takes_more = pattern.type == "rest_pattern"
        if takes_more:
            pattern = pattern.named_children[0]
        if pattern.type == "this":
            continue
        name = text_of(pattern) if pattern.type == "identifier" else "_"
        names.append(f"*{name}" if takes_more else name)
        optional = parameter.type in ("optional_parameter", "assignment_pattern")
        defaulted = parameter.child_by_field_name("value") is not None
        required += not (takes_more or optional or defaulted)
    return tuple(names), required
