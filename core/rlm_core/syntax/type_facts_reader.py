"""Type facts reader: from the syntax tree of a file to what it says about types."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.query_matches import query_matches
from rlm_core.syntax.type_facts import Base, Binding, Implementation, Method, TypeFact, TypeFacts
from rlm_core.syntax.type_names import MAX_DEPTH, NAME_CHARS, name_parts, used_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tree_sitter

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.query_matches import Captures
    from rlm_core.syntax.type_names import Parts

_QUOTES = ("'", '"', "`")
# What may stand where a base does, and is none.
_NO_BASES = frozenset({"keyword_argument", "comment", "lifetime", "line_comment", "block_comment"})
# Types of Rust that are made of others, and have no name.
_NO_SUBJECTS = frozenset({"reference_type", "pointer_type", "tuple_type", "array_type", "function_type"})
# Fields of an item in braces: what it takes, and the name that it gets.
_LISTED = {
    "import_specifier": ("name", "alias"),
    "export_specifier": ("name", "alias"),
    "pair_pattern": ("key", "value"),
    "pair": ("value", "key"),
}


def type_facts(source: bytes, language: Language) -> TypeFacts:
    """Returns what a text says about types; broken text gives what parses.

    Args:
        source: UTF-8 text.
        language: how to read it; there is nothing in one without a query for types.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    query = language.types_query if language.parsable else None
    if query is None:
        return TypeFacts()
    source = normalized(source)
    tree = parse(source, language)
    reader = _Reader(source, query_matches(query, tree, language))
    facts = reader.read()
    facts.broken = tree.root_node.has_error
    return facts


class _Reader:
    """Puts what a query has found into the scopes that it stands in."""

    def __init__(self, source: bytes, found: list[tuple[int, Captures]]) -> None:
        self._source = source
        # Where a node matches twice, the pattern that stands first wins.
        self._found = [captures for _, captures in sorted(found, key=lambda match: match[0])]
        self._facts = TypeFacts()
        self._types: dict[int, TypeFact] = {}  # by the start of their node
        self._starts: list[int] = []  # where the names around a place change
        self._scopes: list[Parts] = []
        self._branches: list[tuple[int, int]] = []

    def read(self) -> TypeFacts:
        facts = self._facts
        for captures in self._found:
            if "namespace" in captures and not facts.namespace:
                facts.namespace = self._parts(captures["namespace"][0])
        self._note_branches()
        self._note_scopes()
        for captures in self._found:
            self._note(captures)
        for fact in facts.types:
            fact.bases.sort(key=lambda base: base.start)
        for bindings in (facts.bindings, facts.exports):
            bindings.sort(key=lambda binding: binding.start)
        return facts

    def _note(self, captures: Captures) -> None:
        if "binding" in captures:
            self._note_binding(captures, "binding", self._facts.bindings)
        elif "export" in captures:
            self._note_binding(captures, "export", self._facts.exports)
        elif "heir" in captures:
            self._note_heir(captures)
        elif "before" in captures:
            self._note_attribute(captures)
        elif "member" in captures:
            self._facts.methods.append(self._method(captures))

    def _note_scopes(self) -> None:
        """Nests types, functions and namespaces, and notes which names are around each place."""
        opened: dict[int, tuple[tree_sitter.Node, tree_sitter.Node, str]] = {}
        for captures in self._found:
            for capture in captures:
                role, _, kind = capture.partition(".")
                if role in {"type", "scope"} and "name" in captures:
                    node = captures[capture][0]
                    opened.setdefault(node.start_byte, (node, captures["name"][0], kind))
        around: list[tuple[int, Parts]] = [(len(self._source) + 1, ())]
        for start in sorted(opened):
            node, named, kind = opened[start]
            while around[-1][0] <= start:
                self._reopen(around)
            scope = around[-1][1]
            parts = self._parts(named) or (self._text(named).strip("\"'`"),)
            if kind:
                fact = TypeFact(
                    parts[-1],
                    (*scope, *parts[:-1]),
                    kind,
                    named.start_point.row + 1,
                    start,
                    self._conditional(start),
                )
                self._facts.types.append(fact)
                self._types[start] = fact
            else:
                self._facts.functions.append((scope, parts[-1], start))
            inner = (*scope, *parts) if len(scope) < MAX_DEPTH else scope
            around.append((node.end_byte, inner))
            self._starts.append(start)
            self._scopes.append(inner)
        while len(around) > 1:
            self._reopen(around)

    def _reopen(self, around: list[tuple[int, Parts]]) -> None:
        end, _ = around.pop()
        self._starts.append(end)
        self._scopes.append(around[-1][1])

    def _scope(self, at: int) -> Parts:
        """The names around a place; for a definition's own node those around it."""
        before = bisect_left(self._starts, at)
        return self._scopes[before - 1] if before else ()

    def _note_branches(self) -> None:
        nodes = [captures["branch"][0] for captures in self._found if "branch" in captures]
        for node in sorted(nodes, key=lambda node: node.start_byte):
            if not self._branches or node.start_byte >= self._branches[-1][1]:
                self._branches.append((node.start_byte, node.end_byte))

    def _conditional(self, at: int) -> bool:
        """Whether a place is in a branch that is no whole function around it."""
        number = bisect_left(self._branches, (at + 1, 0)) - 1
        return number >= 0 and at < self._branches[number][1]

    def _note_binding(self, captures: Captures, role: str, into: list[Binding]) -> None:
        node = captures[role][0]
        start = (captures.get("local") or captures.get("source") or captures.get("module") or [node])[
            0
        ].start_byte
        scope, conditional = self._scope(node.start_byte), self._conditional(start)
        for name, module, source, known in self._bound(captures):
            into.append(Binding(name, scope, module, source, known, conditional, start))

    def _bound(self, captures: Captures) -> Iterator[tuple[str, str, Parts, bool]]:
        """The names that a statement binds, and to what: module, names in it, whether that is known."""
        module = self._text(captures["module"][0]) if "module" in captures else ""
        local = self._text(captures["local"][0]).strip("\"'`") if "local" in captures else ""
        written = self._text(captures["source"][0]) if "source" in captures else ""
        source = name_parts(written)
        if "all" in captures:
            yield "", module, source, True
        elif "names" in captures:
            for name, source in self._listed(captures["names"][0]):
                yield name, module, source, bool(source)
        elif "default" in captures:
            yield "default", module, source, True
        elif "use" in captures:
            for name, parts in used_names(self._text(captures["use"][0])):
                yield name, "", parts, True
        elif written:
            yield local or (source[-1] if source else ""), module, source, bool(source)
        elif "whole" in captures or module[:1] not in _QUOTES:
            # `import a.b` binds `a`, by which all below it is found.
            yield local or module.partition(".")[0], module if local else module.partition(".")[0], (), True
        else:
            yield local, module, ("default",), True

    def _listed(self, node: tree_sitter.Node) -> Iterator[tuple[str, Parts]]:
        """The names that JavaScript lists in braces, and what they stand for."""
        for item in node.named_children:
            first, second = _LISTED.get(item.type, ("", ""))
            if not first and not item.type.startswith("shorthand"):
                continue
            source = item.child_by_field_name(first) if first else item
            local = item.child_by_field_name(second) if second else source
            if source is not None:
                yield self._text(local or source).strip("\"'`"), self._parts(source)

    def _note_heir(self, captures: Captures) -> None:
        node = captures["heir"][0]
        fact = self._types.get(node.start_byte)
        if "method" in captures:
            if fact is not None:
                fact.methods.append(self._method(captures))
            return
        base = self._base(captures)
        if base is None:
            return
        if "subject" in captures:
            subject = captures["subject"][0]
            named = subject.type not in _NO_SUBJECTS
            self._facts.implementations.append(
                Implementation(
                    self._parts(subject) if named else (),
                    self._text(subject),
                    base,
                    self._scope(node.start_byte),
                    node.start_point.row + 1,
                )
            )
        elif fact is not None:
            fact.bases.append(base)

    def _note_attribute(self, captures: Captures) -> None:
        """Gives what stands before a type to the type."""
        base = self._base(captures)
        end = captures["before"][0].end_byte
        starts = [fact.start for fact in self._facts.types]
        at = bisect_left(starts, end)
        if base is not None and at < len(starts):
            self._facts.types[at].bases.append(base)

    def _base(self, captures: Captures) -> Base | None:
        for capture, nodes in captures.items():
            role, _, how = capture.partition(".")
            if role == "base":
                node = nodes[0]
                if node.type in _NO_BASES:
                    return None
                text = self._text(node)
                return Base(text, name_parts(text), how, node.start_point.row + 1, node.start_byte)
        return None

    def _method(self, captures: Captures) -> Method:
        node = captures["method"][0]
        owner = self._parts(captures["owner"][0]) if "owner" in captures else ()
        return Method(
            owner[-1] if owner else "",
            self._text(node),
            self._text(captures["parameters"][0]),
            self._text(captures["result"][0]) if "result" in captures else "",
            node.start_point.row + 1,
            "owner" in captures and captures["owner"][0].type == "pointer_type",
        )

    def _parts(self, node: tree_sitter.Node) -> Parts:
        return name_parts(self._text(node))

    def _text(self, node: tree_sitter.Node) -> str:
        end = min(node.end_byte, node.start_byte + 4 * NAME_CHARS)
        return " ".join(self._source[node.start_byte : end].decode("utf-8", "ignore").split())
