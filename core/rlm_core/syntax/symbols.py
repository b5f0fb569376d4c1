"""The definitions of a file, as a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING

import tree_sitter

from rlm_core.syntax.parsing import parse, prepared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.syntax.languages import Language

TYPES = frozenset({"class", "struct", "interface", "enum"})
CALLABLES = frozenset({"function", "method", "constructor", "operator"})
_SPACES = frozenset({"namespace", "module"})
_VALUES = frozenset({"variable", "constant", "field"})
_ROLES = frozenset({"definition", "declaration", "container"})
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*\Z")
# Lines of a head that are comments, annotations or attributes.
_NOT_HEAD = ("#", "//", "@", "[")
_SCOPE_SEPARATOR = re.compile(r"::|\\")
_TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>")
SIGNATURE_CHARS = 200
_MARGIN = 100
_STATEMENT = re.compile(rb"[;{}]")
# Deeper definitions join the one at this depth: names of hostile text would grow without bounds.
MAX_DEPTH = 40
# Definitions deeper than this in the syntax tree are not looked for.
_MAX_NODE_DEPTH = 400


@dataclass(frozen=True, slots=True, repr=False)
class Symbol:
    """A definition.

    Attributes:
        path: the file.
        name: as it is written, without what it is in.
        kind: LSP's `SymbolKind` in lower case: `class`, `method`, `function`, `enum_member` …
        qualified_name: names from the outside in, joined by dots in every language: `Outer.inner`.
        start_line: first line, from 1, with decorators and the comment directly above.
        end_line: last line, inclusive.
        line: where the name is.
        signature: the head of the definition on one line.
        children: definitions inside; for a type also its methods elsewhere in the file (Go, Rust, C++).
    """

    path: str
    name: str
    kind: str
    qualified_name: str
    start_line: int
    end_line: int
    line: int
    signature: str
    children: tuple[Symbol, ...] = ()

    def __repr__(self) -> str:
        return f"{self.path}:{self.start_line}-{self.end_line} {self.kind} {self.qualified_name}"


@dataclass(slots=True, eq=False)
class _Draft:
    """A definition while the tree is built.

    One without a kind is a container. A local one counts only outside of functions.
    """

    name: str
    kind: str
    start: int
    end: int
    local: bool = False
    start_line: int = 0
    end_line: int = 0
    line: int = 0
    signature: str = ""
    scope: str = ""
    children: list[_Draft] = field(default_factory=list)


def symbols(source: bytes, language: Language, path: str = "") -> list[Symbol]:
    """Returns the definitions of a text in order of appearance; broken text gives what parses.

    Args:
        source: UTF-8 text.
        language: how to read it; one that is not `parsable` has no symbols.
        path: where the text is from, for the symbols.

    Raises:
        TangledError: the text cannot be parsed within bounds.
    """
    if not language.parsable:
        return []
    source = prepared(source)
    tree = parse(source, language)
    cursor = tree_sitter.QueryCursor(language.query)
    cursor.set_max_start_depth(_MAX_NODE_DEPTH)
    drafts = _drafts(source, cursor.matches(tree.root_node))
    root = _nested(drafts)
    _adopt(root)
    return _frozen(root, path, "")


def walk(tree: Iterable[Symbol]) -> Iterator[Symbol]:
    """Yields every symbol of a tree, parents first."""
    for symbol in tree:
        yield symbol
        yield from walk(symbol.children)


def _drafts(source: bytes, matches: list[tuple[int, dict[str, list[tree_sitter.Node]]]]) -> list[_Draft]:
    """The definitions in the matches of a query, outer before inner."""
    leads: dict[int, int] = {}
    wrappers: list[tree_sitter.Node] = []
    named: dict[int, tuple[int, dict[str, list[tree_sitter.Node]]]] = {}
    for pattern, captures in matches:
        if "lead" in captures:
            _note_lead(leads, source, captures["lead"][0])
        elif "wrapper" in captures:
            wrappers.append(captures["wrapper"][0])
        else:
            at = captures["name"][0].start_byte
            if at not in named or pattern < named[at][0]:
                named[at] = (pattern, captures)
    drafts = [_draft(source, captures) for _, captures in named.values()]
    drafts.sort(key=lambda draft: (draft.start, -draft.end))
    _widen(drafts, wrappers)
    for draft in drafts:
        while (above := leads.get(draft.start_line - 1)) is not None:
            draft.start_line = above
    return drafts


def _draft(source: bytes, captures: dict[str, list[tree_sitter.Node]]) -> _Draft:
    for capture in captures:
        role, _, kind = capture.partition(".")
        if role in _ROLES:
            break
    node, name = captures[capture][0], captures["name"][0]
    scope, text = "", _text(source, name.start_byte, name.end_byte)
    if name.type != "word":  # the name of a Bash function may hold anything
        scope, text = _scoped(text)
    if "scope" in captures:
        scope = _text(source, captures["scope"][0].start_byte, captures["scope"][0].end_byte)
    first, last = _lines(node)
    if kind == "variable" and _CONSTANT.match(text):
        kind = "constant"
    return _Draft(
        text,
        kind,
        node.start_byte,
        node.end_byte,
        role == "declaration",
        first,
        last,
        name.start_point.row + 1,
        _signature(source, node, kind),
        scope,
    )


def _scoped(name: str) -> tuple[str, str]:
    """Splits `A::b` into scope and name, and takes quotes, sigils and template arguments away."""
    name = name.strip("\"'`")
    if name.startswith("operator "):  # of a conversion: operator bool() const
        name = name.partition("(")[0].rstrip()
    if "::" not in name and "\\" not in name:
        return "", name.lstrip("$:")
    while "<" in name and (plain := _TEMPLATE_ARGUMENTS.sub("", name)) != name:
        name = plain
    *scope, last = [part for part in _SCOPE_SEPARATOR.split(name) if part] or [name]
    return ".".join(scope), last


def _note_lead(leads: dict[int, int], source: bytes, node: tree_sitter.Node) -> None:
    """Records last line → first line of a comment, if nothing stands before it on its line."""
    column = node.start_point.column
    if not source[node.start_byte - min(column, 200) : node.start_byte].strip():
        first, last = _lines(node)
        leads[last] = first


def _lines(node: tree_sitter.Node) -> tuple[int, int]:
    """First and last line from 1; a node that ends with its line's end does not reach the next one."""
    first, end = node.start_point.row + 1, node.end_point
    return first, max(first, end.row + (end.column > 0))


def _widen(drafts: list[_Draft], wrappers: list[tree_sitter.Node]) -> None:
    """Gives each wrapper's first line to the definition that ends with it."""
    ends: dict[int, _Draft] = {}
    for draft in reversed(drafts):
        ends[draft.end] = draft
    for node in sorted(wrappers, key=lambda node: -node.start_byte):
        inner = ends.get(node.end_byte) or ends.get(node.end_byte - 1)
        if inner is not None and node.start_byte <= inner.start:
            inner.start_line = min(inner.start_line, node.start_point.row + 1)


def _signature(source: bytes, node: tree_sitter.Node, kind: str) -> str:
    """The head of a definition: up to its body, or its first line."""
    # What stands before it on its line is part of the head (`export const`), unless it is a statement.
    column = node.start_point.column
    start = node.start_byte - column
    if column > _MARGIN or _STATEMENT.search(source, start, node.start_byte):
        start = node.start_byte
    body = None if kind in _VALUES else node.child_by_field_name("body")
    if body is None and kind in CALLABLES and (value := node.child_by_field_name("value")):
        body = value.child_by_field_name("body")
    end = body.start_byte if body else node.end_byte
    head = source[start : min(end, start + 5 * SIGNATURE_CHARS)].decode("utf-8", "ignore").strip()
    lines = head.split("\n") if body else head.split("\n")[:1]
    if len(lines) > 1:
        lines = [line for line in lines if not line.lstrip().startswith(_NOT_HEAD)] or lines
    text = " ".join(" ".join(lines).split()).rstrip("{\\ ")
    if len(lines) > 1:
        text = text.replace("( ", "(").replace(", )", ")").replace(" )", ")")
    return text if len(text) <= SIGNATURE_CHARS else f"{text[: SIGNATURE_CHARS - 1]}…"


def _text(source: bytes, start: int, end: int) -> str:
    return " ".join(source[start : min(end, start + SIGNATURE_CHARS)].decode("utf-8", "ignore").split())


def _nested(drafts: list[_Draft]) -> _Draft:
    """Puts definitions into those whose text surrounds them."""
    root = _Draft("", "", 0, 0)
    open_drafts: list[_Draft] = []
    for draft in drafts:
        while open_drafts and (
            open_drafts[-1].end <= draft.start
            or (open_drafts[-1].start, open_drafts[-1].end) == (draft.start, draft.end)
        ):
            open_drafts.pop()
        if draft.local and any(parent.kind in CALLABLES for parent in open_drafts[-MAX_DEPTH:]):
            continue
        parents = open_drafts[:MAX_DEPTH]
        (parents[-1] if parents else root).children.append(draft)
        open_drafts.append(draft)
    return root


def _adopt(parent: _Draft) -> None:
    """Moves methods that are written outside of their type into it, where it is in the same file."""
    types = {child.name: child for child in reversed(parent.children) if child.kind in TYPES}
    kept: list[_Draft] = []
    for child in parent.children:
        members = [child] if child.kind else child.children
        scope = child.scope if child.kind else child.name
        owner = types.get(scope)
        for member in members:
            if owner is not None and owner is not member:
                member.scope = ""
                owner.children.append(member)
            else:
                member.scope = scope
                kept.append(member)
    parent.children = kept
    for child in kept:
        _adopt(child)


def _frozen(parent: _Draft, path: str, prefix: str) -> list[Symbol]:
    found: list[Symbol] = []
    values: set[str] = set()
    for draft in sorted(parent.children, key=attrgetter("line", "start")):
        if draft.kind in _VALUES:
            if draft.name in values:
                continue  # assigned again: the first assignment is the definition
            values.add(draft.name)
        qualified = ".".join(part for part in (prefix, draft.scope, draft.name) if part)
        symbol = Symbol(
            path,
            draft.name,
            _kind(draft, parent),
            qualified,
            draft.start_line,
            draft.end_line,
            draft.line,
            draft.signature,
        )
        found.append(replace(symbol, children=tuple(_frozen(draft, path, qualified))))
    return found


def _kind(draft: _Draft, parent: _Draft) -> str:
    owner = parent.name if parent.kind in TYPES else draft.scope.rpartition(".")[2]
    if not owner or draft.kind != "function":
        return draft.kind
    return "constructor" if draft.name == owner else "method"
