"""Facts of Rust files.

What a macro is given is no syntax to the grammar. Where it is items it is parsed as such, as in
`cfg_rt! { fn spawn() {} }`; elsewhere a name directly before `(` counts as a call, and a name that such text
may define is `unclear`.
"""

from __future__ import annotations

from typing import Any

import tree_sitter
import tree_sitter_rust

from benchmarks.evals.suites.guest.tree_sitter_facts import (
    Before,
    Facts,
    Node,
    Scope,
    doc_of,
    inside,
    text_of,
    within,
)

_ITEMS = frozenset(
    {"function_item", "struct_item", "enum_item", "union_item", "trait_item", "impl_item", "mod_item"}
    | {"const_item", "static_item", "type_item", "use_declaration", "macro_definition"}
)
_BESIDE = frozenset({"macro_invocation", "inner_attribute_item", "empty_statement"})  # may stand among items
_TYPES = {
    "struct_item": "struct",
    "union_item": "struct",
    "enum_item": "enum",
    "trait_item": "trait",
    "type_item": "type",
}
_USED = ("scoped_identifier", "use_list", "scoped_use_list", "use_as_clause")
_DEFINING = frozenset({"fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod"})
_NAMES = frozenset({"identifier", "type_identifier", "field_identifier", "scoped_identifier"})
_ENVIRONMENT = frozenset({"env::var", "env::var_os", "std::env::var", "std::env::var_os"})


def facts_of(path: str, text: str) -> dict[str, Any]:
    """The facts of a Rust file; raises `ValueError` where it is none."""
    return _Rust(path, "Rust", tree_sitter_rust.language(), text).collected()


class _Rust(Facts):
    identifiers = frozenset({"identifier", "type_identifier", "field_identifier"})
    strings = frozenset({"string_content"})
    binding = {  # noqa: RUF012 - a constant, like the others
        "let_declaration": "pattern",
        "let_condition": "pattern",
        "for_expression": "pattern",
        "match_arm": "pattern",
        "closure_expression": "parameters",
        "assignment_expression": "left",
        "compound_assignment_expr": "left",
    }
    leading = frozenset({"line_comment", "block_comment", "attribute_item"})

    def collected(self) -> dict[str, Any]:
        self._parser = tree_sitter.Parser(self.language)
        self._trees: list[Node] = []
        self._visitors = {
            "function_item": self._function,
            "function_signature_item": self._function,
            "const_item": self._constant,
            "static_item": self._constant,
            "mod_item": self._module,
            "use_declaration": self._use,
            "impl_item": self._impl,
            "call_expression": self._called,
            "macro_invocation": self._macro,
            "macro_definition": self._macro_definition,
            **dict.fromkeys(_TYPES, self._type),
        }
        self.walk(self.root, Scope(), self._visitors)
        return self.done()

    def _function(self, node: Node, scope: Scope) -> None:
        kind = "method" if scope.kind in ("impl", "trait") else "function"
        params = _params(node.child_by_field_name("parameters"))
        self._item(node, kind, scope, params=params, body=node.child_by_field_name("body"))

    def _type(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        self._item(node, _TYPES[node.type], scope, body=body)
        inner = within(scope, text_of(node.child_by_field_name("name")), _TYPES[node.type])
        bounds = node.child_by_field_name("bounds")
        if node.type == "trait_item" and bounds is not None:
            for bound in bounds.named_children:
                last = _last_name(bound)
                if last is not None:
                    self.base(inner.qualified, last)

    def _constant(self, node: Node, scope: Scope) -> None:
        if scope.kind not in ("function", "method"):
            self._item(node, "constant", scope, value=node.child_by_field_name("value"))

    def _item(self, node: Node, kind: str, scope: Scope, **further: Any) -> None:
        name = node.child_by_field_name("name")
        if name is None:
            return
        attributes, doc = self._leading(node)
        exported = any(text_of(child) == "pub" for child in inside(node, "visibility_modifier"))
        self.define(
            text_of(name),
            kind,
            scope,
            line=name,
            whole=node,
            doc=doc,
            decorators=attributes,
            decorator_names=[text_of(each.named_children[0].named_children[0]) for each in attributes],
            exported=exported,
            **further,
        )

    def _leading(self, node: Node) -> tuple[list[Node], tuple[str, int, int]]:
        """Attributes before an item, and its documentation."""
        leading = self.before.get(node.id, Before()).nodes
        attributes = [each for each in leading if each.type == "attribute_item"]
        comments = [each for each in leading if each.child_by_field_name("outer") is not None]
        if comments:
            return attributes, doc_of(comments)
        for attribute in attributes:
            said = attribute.named_children[0]
            if text_of(said.named_children[0]) == "doc" and said.child_by_field_name("value") is not None:
                _, first, last = doc_of([attribute])
                return attributes, (text_of(said.child_by_field_name("value")).strip('"'), first, last)
        return attributes, ("", 0, 0)

    def _module(self, node: Node, scope: Scope) -> None:
        body = node.child_by_field_name("body")
        if body is not None:
            self.open(body, within(scope, text_of(node.child_by_field_name("name")), "module"))

    def _impl(self, node: Node, scope: Scope) -> None:
        written, trait = node.child_by_field_name("type"), node.child_by_field_name("trait")
        name = _last_name(written)
        inner = within(scope, text_of(name if name is not None else written)[:100], "impl")
        last = _last_name(trait)
        params = node.child_by_field_name("type_parameters")
        own = (
            {text_of(each.child_by_field_name("name")) for each in params.named_children} if params else set()
        )
        if name is not None and last is not None and _is_named(written) and text_of(name) not in own:
            self.base(inner.qualified, last)
        body = node.child_by_field_name("body")
        if body is not None:
            self.open(body, inner)

    def _use(self, node: Node, scope: Scope) -> None:
        """Keeps what is imported; whether a trait is used shows in no name, so that is not said."""
        waiting = inside(node, "identifier", *_USED)
        while waiting:
            part = waiting.pop(0)
            source = part.child_by_field_name("path") if part.type == "use_as_clause" else part
            name = part.child_by_field_name("alias") if part.type == "use_as_clause" else part
            if part.type in ("use_list", "scoped_use_list"):
                path = part.child_by_field_name("path")
                waiting.extend(each for each in inside(part, "identifier", *_USED) if each != path)
                continue
            source = _last_name(source)
            name = _last_name(name)
            if name is not None and source is not None:
                self.bind(name, source, scope)
        self.close(node)

    def _called(self, node: Node, scope: Scope) -> None:
        callee = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if callee is not None and callee.type == "generic_function":
            callee = callee.child_by_field_name("function")
        if callee is None or arguments is None:
            return
        name = callee.child_by_field_name("name") or callee.child_by_field_name("field")
        if callee.type == "identifier":
            name = callee
        if name is None or name.type == "integer_literal":
            return
        given = [child for child in arguments.named_children if not child.type.endswith("_comment")]
        args = [text_of(arg) if arg.type == "identifier" else "" for arg in given]
        self.call(name, scope, receiver=_receiver(callee), args=args)
        if given and given[0].type == "string_literal":
            said = text_of(given[0])[1:-1]
            if text_of(callee) in _ENVIRONMENT:
                self.mention("environment", said, given[0], scope)
            elif text_of(name) == "route" and said.startswith("/") and len(given) > 1:
                self.mention("route", said, given[0], scope)

    def _macro(self, node: Node, scope: Scope) -> None:
        tokens = next(iter(inside(node, "token_tree")), None)
        if tokens is None:
            return
        if text_of(node.child_by_field_name("macro")) in ("env", "option_env"):
            for literal in inside(tokens, "string_literal")[:1]:
                self.mention("environment", text_of(literal)[1:-1], literal, scope)
        items = self._items(tokens)
        if items is not None:
            self.close(tokens)
            self._trees.append(items)  # nodes are told apart by where they lie in memory
            self.walk(items, scope, self._visitors)
        else:
            self._calls_in(tokens, scope)

    def _items(self, tokens: Node) -> Node | None:
        """What a macro is given, where these are items and nothing else."""
        first, last = tokens.children[0], tokens.children[-1]
        inner = tree_sitter.Range(first.end_point, last.start_point, first.end_byte, last.start_byte)
        self._parser.included_ranges = [inner]
        root = self._parser.parse(self.source).root_node
        kinds = {child.type for child in root.named_children} - self.leading - _BESIDE
        return root if kinds and kinds <= _ITEMS and not root.has_error else None

    def _calls_in(self, tokens: Node, scope: Scope) -> None:
        waiting = [tokens]
        while waiting:
            children = waiting.pop().children
            for index, child in enumerate(children):
                if child.type == "impl":
                    self._unclear_until_braces(children[index:])
                if child.type == "token_tree":
                    self._environment(children[max(0, index - 3) : index], child, scope)
                before = text_of(children[index - 1]) if index else ""
                after = children[index + 1] if index + 1 < len(children) else None
                if child.type == "token_tree" and not (before == "#" and text_of(child).startswith("[")):
                    waiting.append(child)
                elif child.type == "identifier" and before in _DEFINING:
                    self.unclear.add(text_of(child))
                    self.complete = False
                elif child.type == "identifier" and after is not None and _in_parentheses(after):
                    receiver = "" if before not in (".", "::") else "?"
                    self.call(child, scope, receiver=receiver, args=_args(after))
                elif child.type == "identifier" and after is not None and after.type == "::":
                    self._turbofish(child, children[index + 2 :])

    def _environment(self, before: list[Node], tokens: Node, scope: Scope) -> None:
        """Notes `env::var("NAME")` and `env!("NAME")` among the tokens of another macro."""
        literals = inside(tokens, "string_literal")[:1]
        said = "".join(text_of(each) for each in before)
        reads = said.endswith(("env::var", "env::var_os", "env!"))
        if reads and literals and literals[0] == tokens.children[1]:
            self.mention("environment", text_of(literals[0])[1:-1], literals[0], scope)

    def _unclear_until_braces(self, tokens: list[Node]) -> None:
        """`impl A for B` in what is not parsed: who implements what is not known of these names."""
        for token in tokens:
            if token.type == "token_tree":
                break
            if token.type in _NAMES:
                self.unclear.add(text_of(token))

    def _turbofish(self, name: Node, further: list[Node]) -> None:
        # `name::<T>(…)`: whether it ends in a call would take counting brackets, so the name is left alone.
        if further and further[0].type == "<":
            self.unclear.add(text_of(name))

    def _macro_definition(self, node: Node, _scope: Scope) -> None:
        waiting = [node]
        while waiting:
            children = waiting.pop().children
            for child, after in zip(children, [*children[1:], None], strict=False):
                if child.type in _NAMES and after is not None and _in_parentheses(after):
                    self.unclear.add(text_of(child))
                elif child.type in _DEFINING and after is not None:
                    self.complete = False
                    if after.type in _NAMES:
                        self.unclear.add(text_of(after))
                elif child.type == "impl":
                    self._unclear_until_braces(children[children.index(child) :])
            waiting.extend(children)


def _is_named(written: Node | None) -> bool:
    """Whether a type is named outright: a path, with or without arguments."""
    return written is not None and written.type in (
        "type_identifier", "scoped_type_identifier", "generic_type",
    )  # fmt: skip


def _receiver(callee: Node) -> str:
    """The last identifier before the dot or the colons."""
    if callee.type == "identifier":
        return ""
    before = callee.child_by_field_name("value") or callee.child_by_field_name("path")
    if before is not None and before.type in ("field_expression", "scoped_identifier"):
        before = before.child_by_field_name("field") or before.child_by_field_name("name")
    plain = before is not None and before.type in ("identifier", "self", "field_identifier", "crate", "super")
    return text_of(before) if plain else "?"


def _last_name(node: Node | None) -> Node | None:
    """`D` of `a::D<T>`."""
    while node is not None and node.type in ("generic_type", "scoped_type_identifier", "scoped_identifier"):
        node = node.child_by_field_name("type" if node.type == "generic_type" else "name")
    return node if node is not None and node.type in ("type_identifier", "identifier") else None


def _in_parentheses(node: Node) -> bool:
    return node.type == "token_tree" and text_of(node).startswith("(")


def _args(tokens: Node) -> list[str]:
    given: list[list[Node]] = [[]]
    for child in tokens.children[1:-1]:
        if child.type == ",":
            given.append([])
        else:
            given[-1].append(child)
    if not given[-1]:
        given.pop()
    return [text_of(arg[0]) if len(arg) == 1 and arg[0].type == "identifier" else "" for arg in given]


def _params(parameters: Node | None) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    required = 0
    for parameter in parameters.named_children if parameters is not None else []:
        if parameter.type == "parameter":
            pattern = parameter.child_by_field_name("pattern")
            plain = pattern is not None and pattern.type == "identifier"
            names.append(text_of(pattern) if plain else "_")
            required += 1
    return tuple(names), required
