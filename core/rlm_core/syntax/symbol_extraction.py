"""Symbol extraction: from the syntax tree of a file to the tree of its definitions."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from rlm_core.syntax import signatures
from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.query_matches import query_matches
from rlm_core.syntax.symbols import CALLABLES, TYPES, Symbol

if TYPE_CHECKING:
    import tree_sitter

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.query_matches import Captures

_VALUES = frozenset({"variable", "constant", "field"})
_ROLES = frozenset({"definition", "declaration", "container", "section", "clause"})
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+\Z")
# Deeper definitions join the one at this depth: names of hostile text would grow without bounds.
MAX_DEPTH = 40


@dataclass(slots=True, eq=False)
class _Draft:
    """A definition while the tree is built. One without a kind is a container."""

    name: str
    kind: str
    role: str
    start: int
    end: int
    name_start: int
    line: int
    start_line: int
    signature: str = ""
    scope: str = ""
    space: bool = False
    level: int = 0
    lead_start: int = 0
    lead_line: int = 0
    end_line: int = 0
    children: list[_Draft] = field(default_factory=list)


def symbols(source: bytes, language: Language, path: str = "") -> list[Symbol]:
    """Returns the definitions of a text in order of appearance; broken text gives what parses.

    Args:
        source: UTF-8 text.
        language: how to read it; one that is not `parsable` has no symbols.
        path: where the text is from, for the symbols.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    if not language.parsable:
        return []
    source = normalized(source)
    drafts = _drafts(
        source, language, query_matches(language.definition_query, parse(source, language), language)
    )
    root = _nested(drafts)
    _set_end_lines(drafts, source)
    _move_methods_into_types(root)
    return _as_symbols(root, path, "")


def _drafts(source: bytes, language: Language, found: list[tuple[int, Captures]]) -> list[_Draft]:
    """The definitions in the matches of a query, outer before inner."""
    leads: dict[int, tree_sitter.Node] = {}
    wrappers: list[tree_sitter.Node] = []
    stops: list[int] = []
    named: dict[int, tuple[int, Captures]] = {}
    for pattern, captures in found:
        if "lead" in captures:
            _note_comment(leads, source, captures["lead"][0])
        elif "wrapper" in captures:
            wrappers.append(captures["wrapper"][0])
        elif "stop" in captures:
            stops.append(captures["stop"][0].start_byte)
        elif (names := _name_nodes(captures)) and not names[0].is_missing:
            at = names[0].start_byte
            if at not in named or pattern < named[at][0]:
                named[at] = (pattern, captures)
    drafts = [_draft(source, captures) for _, captures in named.values()]
    for draft, (pattern, _) in zip(drafts, named.values(), strict=True):
        draft.level = int(language.definition_query.pattern_settings(pattern).get("level") or 0)
    drafts.sort(key=lambda draft: (draft.start, -draft.end))
    _cut_at_stops(drafts, stops)
    _include_wrappers(drafts, wrappers)
    _extend_sections(drafts, len(source))
    comment_starts = _comment_starts(leads)
    for draft in drafts:
        here = (draft.start, draft.start_line)
        draft.lead_start, draft.lead_line = comment_starts.get(draft.start_line - 1, here)
    return drafts


def _name_nodes(captures: Captures) -> list[tree_sitter.Node]:
    if "text" in captures:
        return signatures.text_nodes(captures["text"][0])
    return captures.get("name") or captures.get("quoted") or captures["title"]


def _draft(source: bytes, captures: Captures) -> _Draft:
    for capture in captures:
        role, _, kind = capture.partition(".")
        if role in _ROLES:
            break
    node, names = captures[capture][0], _name_nodes(captures)
    body = captures["body"][0] if "body" in captures else _body(node, kind)
    signature = signatures.signature(source, node, body)
    name, scope = signature, ""
    if "name" in captures:
        scope, name = signatures.split_scope(signatures.node_text(source, names[0]))
        if kind == "variable" and _CONSTANT.match(name):
            kind = "constant"
    elif "quoted" in captures:
        name = signatures.node_text(source, names[0]).strip('"')
    elif names[0] != node:
        name = " ".join(signatures.node_text(source, part) for part in names)[: signatures.SIGNATURE_CHARS]
    for around in ("scope", "space"):
        if around in captures:
            scope = signatures.join_scope(signatures.node_text(source, captures[around][0]))
    return _Draft(
        name,
        kind,
        role,
        node.start_byte,
        captures["end"][-1].end_byte if "end" in captures else node.end_byte,
        names[0].start_byte,
        names[0].start_point.row + 1,
        node.start_point.row + 1,
        signature,
        scope,
        "space" in captures,
    )


def _note_comment(leads: dict[int, tree_sitter.Node], source: bytes, node: tree_sitter.Node) -> None:
    """Records a comment by its last line, if nothing stands before it on its first line."""
    column = node.start_point.column
    if not source[node.start_byte - min(column, 200) : node.start_byte].strip():
        # A node that ends with its line's end does not reach the next line.
        leads[node.end_point.row + (node.end_point.column > 0)] = node


def _comment_starts(leads: dict[int, tree_sitter.Node]) -> dict[int, tuple[int, int]]:
    """For the last line of each comment, where the comments that stand directly above each other begin."""
    comment_starts: dict[int, tuple[int, int]] = {}
    for last in sorted(leads):
        first = leads[last].start_point.row + 1
        comment_starts[last] = comment_starts.get(first - 1, (leads[last].start_byte, first))
    return comment_starts


def _extend_sections(drafts: list[_Draft], end: int) -> None:
    """Lets every section reach to the next one of its level or of one above."""
    reaching: list[_Draft] = []
    for draft in drafts:
        if draft.role == "section":
            while reaching and reaching[-1].level >= draft.level:
                reaching.pop().end = draft.start
            reaching.append(draft)
    for draft in reaching:
        draft.end = end


def _set_end_lines(drafts: list[_Draft], source: bytes) -> None:
    """Notes the last line of each definition, without the blank ones behind it."""
    starts: list[int] = []  # of the text in each line that is not blank
    numbers: list[int] = []
    at = 0
    for number, line in enumerate(source.split(b"\n"), 1):
        if text := line.lstrip(b" \t\f"):
            starts.append(at + len(line) - len(text))
            numbers.append(number)
        at += len(line) + 1
    for draft in drafts:
        before = bisect_left(starts, draft.end)
        draft.end_line = max([draft.line, *numbers[before - 1 : before]])


def _cut_at_stops(drafts: list[_Draft], stops: list[int]) -> None:
    """Lets every definition end before the first stop in it."""
    stops.sort()
    for draft in drafts:
        first = bisect_left(stops, draft.start)
        draft.end = min([draft.end, *stops[first : first + 1]])


def _include_wrappers(drafts: list[_Draft], wrappers: list[tree_sitter.Node]) -> None:
    """Gives each wrapper's first line to the definition that ends with it."""
    ends: dict[int, _Draft] = {}
    for draft in reversed(drafts):
        ends[draft.end] = draft
    for node in sorted(wrappers, key=lambda node: -node.start_byte):
        inner = ends.get(node.end_byte) or ends.get(node.end_byte - 1)
        if inner is not None and node.start_byte <= inner.start:
            inner.start_line = min(inner.start_line, node.start_point.row + 1)


def _body(node: tree_sitter.Node, kind: str) -> tree_sitter.Node | None:
    body = None if kind in _VALUES else node.child_by_field_name("body")
    if body is None and kind in CALLABLES and (value := node.child_by_field_name("value")):
        body = value.child_by_field_name("body")
    return body


def _nested(drafts: list[_Draft]) -> _Draft:
    """Puts definitions into those whose text surrounds them."""
    root = _Draft("", "", "", 0, 0, 0, 0, 0)
    open_drafts: list[_Draft] = []
    for draft in drafts:
        while open_drafts and (
            open_drafts[-1].end <= draft.start
            or (open_drafts[-1].start, open_drafts[-1].end) == (draft.start, draft.end)
        ):
            closed = open_drafts.pop()
            if closed.start < draft.lead_start < closed.end <= draft.start:
                closed.end = draft.lead_start  # the comment at its end is about what follows
        if draft.role == "declaration" and any(
            parent.kind in CALLABLES for parent in open_drafts[-MAX_DEPTH:]
        ):
            continue
        parents = open_drafts[:MAX_DEPTH]
        if not parents or parents[-1].start < draft.lead_start:
            draft.start_line = draft.lead_line  # else what is above is about the parent, on the same line
        siblings = (parents[-1] if parents else root).children
        if draft.role == "clause" and siblings and siblings[-1].name == draft.name:
            draft, siblings[-1].end = siblings[-1], draft.end  # one more clause of the same definition
        else:
            siblings.append(draft)
        open_drafts.append(draft)
    return root


def _move_methods_into_types(parent: _Draft) -> None:
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
        _move_methods_into_types(child)


def _as_symbols(parent: _Draft, path: str, prefix: str) -> list[Symbol]:
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
        found.append(replace(symbol, children=tuple(_as_symbols(draft, path, qualified))))
    return found


def _kind(draft: _Draft, parent: _Draft) -> str:
    owner = parent.name if parent.kind in TYPES else draft.scope.rpartition(".")[2]
    if not owner or draft.space or draft.kind != "function":
        return draft.kind
    return "constructor" if draft.name == owner else "method"
