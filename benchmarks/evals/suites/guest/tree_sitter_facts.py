"""Facts by tree-sitter: what the languages share, a walk that keeps definitions, calls and names."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import tree_sitter

Node = tree_sitter.Node

MAX_NAME = 200  # longer ones are not asked about
MAX_VALUE = 200  # of a constant
_MAX_PARAMS = 100
_OPERATORS = frozenset({"+", "-", "*", "<<", "|"})
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:[.:]\w+)*")


class Scope(NamedTuple):
    """A definition in whose body a node stands; both fields are empty at the top of a file."""

    qualified: str = ""
    kind: str = ""


class Before(NamedTuple):
    """What stands directly before a node: comments, attributes, decorators.

    Attributes:
        nodes: in the order of the text.
        code_ends: the last line of the code before them.
    """

    nodes: tuple[Node, ...] = ()
    code_ends: int = -1


class Facts:
    """Collects the facts of one file, in the form of `FileFacts`.

    Args:
        path: of the file.
        language: as `FileFacts` names it.
        grammar: the language's.
        text: of the file.

    Raises:
        ValueError: the text has what the grammar does not know.
    """

    # Types of nodes, which each language has its own names for.
    identifiers: frozenset[str] = frozenset()
    leading: frozenset[str] = frozenset({"comment"})
    strings: frozenset[str] = frozenset()
    # Fields of nodes in which names are bound or assigned to.
    binding: Mapping[str, str] = {}

    def __init__(self, path: str, language: str, grammar: object, text: str) -> None:
        self.source = text.encode("utf-8", "replace")
        self.language = tree_sitter.Language(grammar)
        self.root = tree_sitter.Parser(self.language).parse(self.source).root_node
        if self.root.has_error:
            raise ValueError(f"line {_error_line(self.root)} is not what the grammar of {language} knows")
        self._lines = self.source.split(b"\n")
        self.before: dict[int, Before] = {}
        self.names: set[str] = set()
        self.unclear: set[str] = set()
        self.complete = True
        self._opened: dict[int, Scope] = {}
        self._closed: set[int] = set()  # nodes that are not walked into
        self._told: set[int] = set()  # names of what is defined, called or imported
        self._assigned: defaultdict[str, set[str]] = defaultdict(set)  # by the function that they are in
        self._facts: dict[str, Any] = {"path": path, "language": language}
        self._facts.update({field: [] for field in ("definitions", "calls", "bases", "imports", "mentions")})

    def walk(self, root: Node, scope: Scope, visitors: Mapping[str, Callable[[Node, Scope], None]]) -> None:
        """Visits a node and all that are in it, in the order of the text."""
        waiting = [(root, scope)]
        while waiting:
            node, scope = waiting.pop()
            scope = self._opened.get(node.id, scope)
            kind = node.type
            if kind in self.identifiers and node.id not in self._told:
                self.names.add(text_of(node)[:MAX_NAME])
            elif kind in self.strings and node.end_byte - node.start_byte <= MAX_NAME:
                for dotted in _DOTTED.findall(text_of(node)):
                    self.names.update(re.split("[.:]+", dotted))
            children = node.named_children
            self._note_leading(children)
            if kind in self.binding:
                self._note_bound(node.child_by_field_name(self.binding[kind]), scope)
            if visit := visitors.get(kind):
                visit(node, scope)
            if node.id not in self._closed:
                waiting.extend((child, scope) for child in reversed(children))

    def define(
        self,
        name: str,
        kind: str,
        scope: Scope,
        *,
        line: Node,
        whole: Node,
        doc: tuple[str, int, int] = ("", 0, 0),
        decorators: Iterable[Node] = (),
        decorator_names: Iterable[str] = (),
        value: Node | None = None,
        params: tuple[tuple[str, ...], int] = ((), 0),
        exported: bool = True,
        body: Node | None = None,
    ) -> None:
        """Keeps a definition.

        Args:
            name: as it is written.
            kind: as `Definition` has it.
            scope: around it.
            line: the node of its name.
            whole: the node that it is.
            doc: text, first and last line of its documentation.
            decorators: nodes before it that belong to it.
            decorator_names: what they are called.
            value: a constant's right side.
            params: names of the parameters, and how many a call has to give.
            exported: whether it is public.
            body: where calls count as standing in it.
        """
        self._told.add(line.id)
        inner = within(scope, name, kind)
        if not name or len(name) > MAX_NAME or len(inner.qualified) > 900:
            self.unclear.add(name[:MAX_NAME])
            return
        text, doc_first, doc_last = doc
        names, required = params
        said = {
            "name": name,
            "qualified": inner.qualified,
            "kind": kind,
            "line": row(line),
            "first": min([row(whole), *(row(node) for node in decorators)]),
            "last": last_row(whole),
            "doc": text[:50_000],
            "doc_first": doc_first,
            "doc_last": doc_last,
            "parent": scope.qualified,
            "value": text_of(value) if value is not None and len(text_of(value)) <= MAX_VALUE else "",
            "postfix": _postfix(value) if value is not None else [],
            "decorators": [each[:MAX_NAME] for each in decorator_names],
            "params": [each[:MAX_NAME] for each in names[:_MAX_PARAMS]],
            "required": required,
            "header": self._header(whole, line, body),
        }
        kept = {key: item for key, item in said.items() if item}
        self._facts["definitions"].append(kept if exported else {**kept, "exported": False})
        if body is not None:
            self.open(body, inner)

    def open(self, body: Node, scope: Scope) -> None:
        """Makes a node the body of a scope."""
        self._opened[body.id] = scope

    def call(
        self,
        callee: Node,
        scope: Scope,
        *,
        receiver: str = "",
        args: Iterable[str] = (),
        spread: bool = False,
    ) -> None:
        """Keeps a call; `callee` is the last identifier of what is called, `receiver` that before it."""
        self._told.add(callee.id)
        name = text_of(callee)
        if len(name) > MAX_NAME:
            return
        said = {
            "name": name,
            "line": row(callee),
            "within": scope.qualified,
            "args": [arg[:MAX_NAME] for arg in args],
            "spread": spread,
            "receiver": receiver[:MAX_NAME],
        }
        self._facts["calls"].append({key: item for key, item in said.items() if item})

    def base(self, qualified: str, base: Node) -> None:
        """Keeps what a type extends or implements."""
        self._facts["bases"].append(
            {"type": qualified[:900], "base": text_of(base)[:MAX_NAME], "line": row(base)}
        )

    def bind(
        self,
        name: Node,
        source: Node,
        scope: Scope,
        *,
        module: str = "",
        used: bool = True,
        doubtful: bool = False,
    ) -> None:
        """Keeps a name that an import binds."""
        self._told.update((name.id, source.id))
        said = {"name": text_of(name)[:MAX_NAME], "source": text_of(source)[:MAX_NAME], "line": row(source)}
        said |= {"module": module[:MAX_NAME]}
        self._facts["imports"].append(
            {**said, "top": not scope.qualified, "used": used, "doubtful": doubtful}
        )

    def close(self, node: Node) -> None:
        """Leaves out what is in a node."""
        self._closed.add(node.id)

    def mention(self, sort: str, text: str, node: Node, scope: Scope) -> None:
        """Keeps a string that is a route, or the name of a variable of the environment."""
        if 0 < len(text) <= MAX_NAME:
            said = {"sort": sort, "text": text, "line": row(node), "within": scope.qualified}
            self._facts["mentions"].append({key: item for key, item in said.items() if item})

    def done(self) -> dict[str, Any]:
        """What was collected."""
        for item in self._facts["definitions"]:
            plain = {name.lstrip("*") for name in item.get("params", ())}
            if rebound := plain & self._assigned[item["qualified"]]:
                item["rebound"] = sorted(rebound)
        facts = {key: item for key, item in self._facts.items() if item}
        facts["names"] = sorted(self.names)
        facts["unclear"] = sorted(self.unclear)
        return facts if self.complete else {**facts, "complete": False}

    def _header(self, whole: Node, name: Node, body: Node | None) -> str:
        """The line of a function's name, where its signature begins and ends on it."""
        if body is None or {row(whole), row(body)} != {row(name)}:
            return ""
        line = self._lines[row(name) - 1].decode("utf-8", "replace").rstrip("\r")
        return line if line.rstrip().endswith("{") and len(line) <= MAX_NAME else ""

    def _note_bound(self, bound: Node | None, scope: Scope) -> None:
        waiting = [bound] if bound is not None and scope.qualified else []
        while waiting:
            node = waiting.pop()
            if node.type in self.identifiers:
                self._assigned[scope.qualified].add(text_of(node))
            waiting.extend(node.named_children)

    def _note_leading(self, children: list[Node]) -> None:
        pending: list[Node] = []
        code_ends = -1
        for child in children:
            if child.type in self.leading:
                pending.append(child)
                continue
            if pending:
                self.before[child.id] = Before(tuple(pending), code_ends)
                pending = []
            code_ends = last_row(child)


def within(scope: Scope, name: str, kind: str) -> Scope:
    """The scope of a definition of this name in another."""
    return Scope(f"{scope.qualified}.{name}" if scope.qualified else name, kind)


def text_of(node: Node | None) -> str:
    """A node's text; of none, none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def row(node: Node) -> int:
    """The line that a node begins in, from 1."""
    return node.start_point.row + 1


def last_row(node: Node) -> int:
    """The last line that a node has text in: one that takes its line's end along does not reach the next."""
    end = node.end_point
    return end.row + (1 if end.column else 0) if end.row > node.start_point.row else end.row + 1


def inside(node: Node, *kinds: str) -> list[Node]:
    """Children of some types."""
    return [child for child in node.named_children if child.type in kinds]


def comment_text(comments: Iterable[Node]) -> str:
    """What comments say, without `//`, `/** */` and the stars of their lines."""
    lines: list[str] = []
    for comment in comments:
        text = text_of(comment).strip()
        if text.startswith("/*"):
            text = text.removesuffix("*/").lstrip("/").lstrip("*!")
            lines.extend(line.strip().removeprefix("*").removeprefix(" ") for line in text.splitlines())
        else:
            lines.append(text.lstrip("/").removeprefix("!").removeprefix(" "))
    return "\n".join(line.rstrip() for line in lines).strip()


def doc_of(comments: list[Node]) -> tuple[str, int, int]:
    """Text, first and last line of comments that document something."""
    return (comment_text(comments), row(comments[0]), last_row(comments[-1])) if comments else ("", 0, 0)


def _error_line(root: Node) -> int:
    node = root
    while not (node.is_error or node.is_missing):
        node = next(child for child in node.children if child.has_error)
    return row(node)


def _postfix(value: Node) -> list[str]:
    """A constant's expression as `Definition.postfix` has it."""
    try:
        return [part for _, part in zip(range(100), _parts(value), strict=False)]
    except ValueError:
        return []


def _parts(node: Node) -> Iterator[str]:
    kind, text = node.type, text_of(node)
    if kind == "binary_expression":
        left, right, operator = (node.child_by_field_name(field) for field in ("left", "right", "operator"))
        if left is None or right is None or text_of(operator) not in _OPERATORS:
            raise ValueError
        yield from _parts(left)
        yield from _parts(right)
        yield text_of(operator)
    elif kind == "parenthesized_expression" and len(node.named_children) == 1:
        yield from _parts(node.named_children[0])
    elif kind in ("int_literal", "integer_literal", "number") and re.fullmatch(r"0|[1-9][0-9_]*", text):
        yield text.replace("_", "")
    elif kind in ("interpreted_string_literal", "string_literal", "string") and "\\" not in text:
        if text[:1] not in ("'", '"'):
            raise ValueError
        yield json.dumps(text[1:-1])
    elif kind == "identifier":
        yield f"@{text}"
    else:
        last = node.child_by_field_name("field") or node.child_by_field_name("property")
        last = last or (node.child_by_field_name("name") if kind == "scoped_identifier" else None)
        if kind not in ("selector_expression", "member_expression", "scoped_identifier") or last is None:
            raise ValueError
        yield f"@{text_of(last)}"
