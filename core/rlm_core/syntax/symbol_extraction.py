"""Symbol extraction: from the syntax tree of a file to the tree of its definitions."""

from __future__ import annotations

import re
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from rlm_core.syntax import signatures
from rlm_core.syntax.declarators import named_by_declarator
from rlm_core.syntax.drafts import Draft, Surroundings, set_end_lines
from rlm_core.syntax.parsing import parse
from rlm_core.syntax.patterns import bound_names
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.query_matches import query_matches
from rlm_core.syntax.symbols import CALLABLES, TYPES, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import tree_sitter

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.query_matches import Captures, Span

_VALUES = frozenset({"variable", "constant", "field"})
_ROLES = frozenset({"definition", "declaration", "member", "container", "section", "clause"})
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+\Z")
# Captures that end a definition, or let it reach, anywhere behind its node.
_FAR_REACHING = ("@section", "@stop", "@clause")
# Deeper definitions join the one at this depth: names of hostile text would grow without bounds.
MAX_DEPTH = 40


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
    return _extracted(source, language, path, None) or []


def symbols_reaching_into(
    source: bytes, language: Language, path: str, spans: Sequence[Span]
) -> list[Symbol]:
    """Returns the definitions that reach into some lines, each with no other children; as `symbols` has them.

    For a few lines that takes little longer than parsing. Comments above may be missing from their lines,
    and a value that is assigned again is there again.

    Args:
        source: UTF-8 text.
        language: one that is `parsable`.
        path: where the text is from, for the symbols.
        spans: whole lines, start and end as byte offsets.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    source = normalized(source)
    if any(capture in language.definition_query_source for capture in _FAR_REACHING):
        spans = ()
    found = _extracted(source, language, path, spans) if spans else None
    return symbols(source, language, path) if found is None else found


def _extracted(
    source: bytes, language: Language, path: str, spans: Sequence[Span] | None
) -> list[Symbol] | None:
    """The definitions; None where what is in the spans does not tell those that reach into them."""
    around = Surroundings(source)
    tree = parse(source, language)
    drafts = _drafts(
        source, language, query_matches(language.definition_query, tree, language, spans), around
    )
    if spans and around.are_around(drafts):
        return None
    around.apply(drafts)
    root = _nested(drafts)
    set_end_lines(drafts, source)
    _move_methods_into_types(root)
    return _as_symbols(root, path, "")


def _drafts(
    source: bytes, language: Language, found: list[tuple[int, Captures]], around: Surroundings
) -> list[Draft]:
    """The definitions in the matches of a query, outer before inner."""
    named: dict[int, tuple[int, Captures]] = {}
    for pattern, captures in found:
        if around.took(captures):
            continue
        for definition in _definitions(captures):
            names = _name_nodes(definition)
            if names and not names[0].is_missing:
                at = names[0].start_byte
                if at not in named or pattern < named[at][0]:
                    named[at] = (pattern, definition)
    drafts = [_draft(source, captures) for _, captures in named.values()]
    for draft, (pattern, _) in zip(drafts, named.values(), strict=True):
        draft.level = int(language.definition_query.pattern_settings(pattern).get("level") or 0)
    drafts.sort(key=lambda draft: (draft.start, -draft.end))
    return drafts


def _definitions(captures: Captures) -> Iterator[Captures]:
    """What a match defines, each with its name: several things where a pattern binds several names."""
    if "pattern" in captures:
        role = {capture: nodes for capture, nodes in captures.items() if capture != "pattern"}
        for name in bound_names(captures["pattern"][0]):
            yield {**role, "name": [name]}
    elif named := named_by_declarator(captures):
        yield named


def _name_nodes(captures: Captures) -> list[tree_sitter.Node]:
    if "text" in captures:
        return signatures.text_nodes(captures["text"][0])
    return captures.get("name") or captures.get("quoted") or captures["title"]


def _draft(source: bytes, captures: Captures) -> Draft:
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
        name = name.removeprefix("r#").removeprefix("@")  # how Rust and C# write names that are keywords
        if kind == "variable" and _CONSTANT.match(name):
            kind = "constant"
    elif "quoted" in captures:
        name = signatures.node_text(source, names[0]).strip('"')
    elif names[0] != node:
        name = " ".join(signatures.node_text(source, part) for part in names)[: signatures.SIGNATURE_CHARS]
    for around in ("scope", "space"):
        if around in captures:
            scope = signatures.join_scope(signatures.node_text(source, captures[around][0]))
    return Draft(
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
        end_row=node.end_point.row,
    )


def _body(node: tree_sitter.Node, kind: str) -> tree_sitter.Node | None:
    body = None if kind in _VALUES else node.child_by_field_name("body")
    if body is None and kind in CALLABLES and (value := node.child_by_field_name("value")):
        body = value.child_by_field_name("body")
    return body


def _nested(drafts: list[Draft]) -> Draft:
    """Puts definitions into those whose text surrounds them."""
    root = Draft("", "", "", 0, 0, 0, 0, 0)
    open_drafts: list[Draft] = []
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
        if draft.role == "member" and len(parents) > 1:
            parents = parents[:-1]
        while parents and _stand_beside_each_other(parents[-1], draft):
            parents = parents[:-1]
        siblings = (parents[-1] if parents else root).children
        before = siblings[-1] if siblings else root
        if (before.start, before.end, before.name) == (draft.start, draft.end, draft.name):
            continue  # the same twice: `exports.run = function run() {}`
        if draft.role == "clause" and before.name == draft.name:
            draft, siblings[-1].end = siblings[-1], draft.end  # one more clause of the same definition
        else:
            siblings.append(draft)
        open_drafts.append(draft)
    return root


def _stand_beside_each_other(value: Draft, draft: Draft) -> bool:
    """Whether a definition in the text of a value is none of its parts."""
    if value.kind not in _VALUES:
        return False
    if draft.kind in TYPES:
        return draft.start < value.name_start  # `struct A { … } a;`
    return draft.role == "declaration" and draft.kind in _VALUES  # `a = b = 1`


def _move_methods_into_types(parent: Draft) -> None:
    """Moves methods that are written outside of their type into it, where it is in the same file."""
    types = {child.name: child for child in reversed(parent.children) if child.kind in TYPES}
    kept: list[Draft] = []
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


def _as_symbols(parent: Draft, path: str, prefix: str) -> list[Symbol]:
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


def _kind(draft: Draft, parent: Draft) -> str:
    if draft.role == "declaration" and draft.kind in _VALUES and parent.kind in TYPES:
        return "field"
    owner = parent.name if parent.kind in TYPES else draft.scope.rpartition(".")[2]
    if not owner or draft.space or draft.kind != "function":
        return draft.kind
    return "constructor" if draft.name == owner else "method"
