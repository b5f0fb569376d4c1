"""Calls and imports of a file, as they are written. What they mean is not known here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rlm_core.syntax.callees import callee
from rlm_core.syntax.parsing import parse, removed_lines
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.query_matches import query_matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import tree_sitter

    from rlm_core.syntax.language import Language
    from rlm_core.syntax.query_matches import Captures, Span

# A preprocessor works by lines, so we do; it does not ask in which language these are.
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*(?:include|import)[ \t]*([<"][^>"\n]{1,300}[>"])', re.MULTILINE)
_LIKE_A_CALL = re.compile(
    rb"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
    rb"|^[ \t]*#[^\n]*|\b([A-Za-z_]\w*)(?=[ \t]*\()",
    re.MULTILINE,
)
_NO_CALLS = frozenset(
    b"if for while switch return sizeof typeof __typeof__ alignof defined catch __attribute__".split()
)
# A name that is a keyword is written in another way: `r#try` (Rust), `@try` (C#), `` `try` ``.
_WRITTEN = (re.compile(r"(?:r#|[@`])([^`]+)"), re.compile(r".*::(\w+)"))
INCLUDE_LANGUAGES = frozenset({"C", "C++", "Objective-C", "Assembly", "Device Tree"})
_MODULE_CHARS = 1000
_MAX_AROUND = 100


@dataclass(frozen=True, slots=True)
class CallSite:
    """A place where a name is called.

    Attributes:
        name: the last part of what is called: `get` in `store.get()`.
        start: byte offset of the name.
        line: from 1.
    """

    name: str
    start: int
    line: int


@dataclass(frozen=True, slots=True)
class ImportStatement:
    """A module that is imported.

    Attributes:
        module: as it is written, with its quotes; for a Rust `mod x;` with `self::` before it.
        names: what is taken from it by name.
        start: byte offset of the statement.
        end: byte offset behind it.
        line: where the module is written, from 1.
        inside: the modules around it in the same file, the outer first.
    """

    module: str
    names: tuple[str, ...]
    start: int
    end: int
    line: int
    inside: tuple[str, ...] = ()


def calls(source: bytes, language: Language, spans: Sequence[Span] | None = None) -> list[CallSite]:
    r"""Returns the calls in a text in order of appearance; broken text gives what parses.

    Args:
        source: UTF-8 text with `\n` line ends.
        language: how to read it; there is nothing in one without a query for uses.
        spans: if given, calls whose names reach into none of them may be left out, which is faster.

    Raises:
        ParseLimitError: the text cannot be parsed within bounds.
    """
    found: dict[int, CallSite] = {}
    heads: set[int] = set()
    for captures in _matches(source, language, spans, imports_only=False):
        if "unparsed" in captures:
            text = captures["unparsed"][0]
            found |= _calls_in_text(source, text.start_byte, text.end_byte, text.start_point.row + 1)
        elif "head" in captures:
            heads.add(captures["head"][0].start_byte)
        elif node := _callee(captures):
            site = _call_site(source, node)
            found[site.start] = site
    for start, end, line in removed_lines(normalized(source), language):
        found |= _calls_in_text(source, start, end, line)
    return [found[at] for at in sorted(found.keys() - heads)]


def knows_calls(language: Language) -> bool:
    """Whether it is known what a call is in a language, and its grammar is there."""
    return language.parsable and "@call" in language.uses_query_source


def knows_imports(language: Language) -> bool:
    """Whether it is known how a language imports, and its grammar is there if that takes one."""
    return language.name in INCLUDE_LANGUAGES or (
        language.parsable and "@import" in language.uses_query_source
    )


def imports(source: bytes, language: Language, spans: Sequence[Span] | None = None) -> list[ImportStatement]:
    """Returns the imports in a text in order of appearance; as for `calls`."""
    if language.name in INCLUDE_LANGUAGES:
        return list(_includes(source))
    found: dict[int, ImportStatement] = {}
    names: dict[int, list[str]] = {}
    around: list[tuple[int, int, str]] = []
    for captures in _matches(source, language, spans, imports_only=True):
        if "around" in captures:
            block = captures["around"][0]
            around.append((block.start_byte, block.end_byte, _text(source, captures["name"][0])))
        elif "import" in captures:
            at = _module(captures).start_byte
            names.setdefault(at, []).extend(_text(source, node) for node in captures.get("name", ()))
            read = _import(source, captures)
            if at not in found or len(read.module) > len(found[at].module):
                found[at] = read
    inside = _enclosing_names(sorted(around), sorted(found))
    return [replace(found[at], names=tuple(names[at]), inside=inside[at]) for at in sorted(found)]


def _enclosing_names(blocks: list[tuple[int, int, str]], places: list[int]) -> dict[int, tuple[str, ...]]:
    """The names of the blocks around each place; both in order."""
    found: dict[int, tuple[str, ...]] = {}
    opened: list[tuple[int, str]] = []
    following = 0
    for place in places:
        while following < len(blocks) and blocks[following][0] <= place:
            start, end, name = blocks[following]
            following += 1
            while opened and opened[-1][0] <= start:
                opened.pop()
            opened.append((end, name))
        while opened and opened[-1][0] <= place:
            opened.pop()
        found[place] = tuple(name for _, name in opened[:_MAX_AROUND])
    return found


def _matches(
    source: bytes, language: Language, spans: Sequence[Span] | None, *, imports_only: bool
) -> Iterator[Captures]:
    if not language.parsable:
        return
    query = language.imports_query if imports_only else language.uses_query
    if query is not None:
        for _, captures in query_matches(query, parse(normalized(source), language), language, spans):
            yield captures


def _callee(captures: Captures) -> tree_sitter.Node | None:
    if "callee" in captures:
        return callee(captures["callee"][0])
    return captures["call"][0] if "call" in captures else None


def _call_site(source: bytes, node: tree_sitter.Node) -> CallSite:
    text = _text(source, node)
    written = _WRITTEN[node.type == "function"].match(text)  # Perl has the package in it
    start, name = (len(text[: written.start(1)].encode()), written[1]) if written else (0, text)
    return CallSite(name, node.start_byte + start, node.start_point.row + 1)


def _calls_in_text(source: bytes, start: int, end: int, line: int) -> dict[int, CallSite]:
    """What looks like a call in text of C that is not parsed."""
    found: dict[int, CallSite] = {}
    counted = start
    for match in _LIKE_A_CALL.finditer(source, start, end):
        if (name := match[1]) and name not in _NO_CALLS:
            line += source.count(b"\n", counted, match.start())
            counted = match.start()
            found[match.start()] = CallSite(name.decode("utf-8", "ignore"), match.start(), line)
    return found


def _import(source: bytes, captures: Captures) -> ImportStatement:
    """An import by one match. What matches once for each name is one import."""
    statement, module = captures["import"][0], _module(captures)
    text = f"self::{_text(source, module)}" if "submodule" in captures else _text(source, module)
    if "prefix" in captures:
        text = f"{_text(source, captures['prefix'][0])}\\{text}"
    if "all" in captures:
        text = f"{text}.*"
    return ImportStatement(text, (), statement.start_byte, statement.end_byte, module.start_point.row + 1)


def _module(captures: Captures) -> tree_sitter.Node:
    return (captures.get("module") or captures.get("submodule") or captures["import"])[0]


def _includes(source: bytes) -> Iterator[ImportStatement]:
    line, counted = 1, 0
    for match in _INCLUDE.finditer(source):
        line += source.count(b"\n", counted, match.start())
        counted = match.start()
        yield ImportStatement(match[1].decode("utf-8", "ignore"), (), match.start(), match.end(), line)


def _text(source: bytes, node: tree_sitter.Node) -> str:
    start = node.start_byte
    return source[start : min(node.end_byte, start + _MODULE_CHARS)].decode("utf-8", "ignore")
