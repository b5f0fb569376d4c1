"""A query matches what stands in a row one by one, not in every combination.

It cannot be stopped while it runs, so none may be written that hostile text can keep busy.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tree_sitter

from rlm_core.errors import ParseLimitError
from rlm_core.syntax import query_matches
from rlm_core.syntax.calls_and_imports import calls, imports
from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.registry import LANGUAGES, of_source
from rlm_core.syntax.symbol_extraction import symbols
from rlm_core.syntax.symbols import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rlm_core.syntax.language import Language

QUERIES = sorted(
    file.name
    for file in (resources.files("rlm_core.syntax") / "queries").iterdir()
    if file.name.endswith(".scm")
)
SAMPLES = sorted(path.parent for path in Path(__file__).parent.glob("samples/*/outline.txt"))
# A query that waits for something after each of several siblings has more matches under way than this.
REPEATED, FEW = 60, 40

ROWS: dict[str, tuple[str, Callable[[int], str]]] = {
    "items of a list": ("HTML", lambda n: "<ul>" + "<li>a <b>x</b> c</li>" * n + "</ul>"),
    "elements of a heading": ("HTML", lambda n: "<h1>" + "<b>x</b> c" * n + "</h1>"),
    "attributes": ("HTML", lambda n: "<p " + "id=a " * n + ">x</p>"),
    "targets and lines": ("Make", lambda n: "a " * n + ":\n" + "\techo\n" * n),
    "attributes and names": (
        "Fortran",
        lambda n: "module m\ninteger" + ", parameter" * n + " :: " + "a = 1, " * n + "b = 1\nend module m\n",
    ),
    "labels and attributes": ("HCL", lambda n: "locals " + "a " * n + "{\n" + "x = 1\n" * n + "}\n"),
    "receivers": ("Go", lambda n: "package a\nfunc (" + "a T, " * n + "b T) m() {}\n"),
    "parts of a type": ("Kotlin", lambda n: "fun " + "a<T>." * n + "c() = 1\n"),
    "escapes in a test": ("Zig", lambda n: 'test "' + "a\\n" * n + '" { }\n'),
    "escapes in a description": ("Elixir", lambda n: 'test "' + "a\\n" * n + '" do\n 1\nend\n'),
    "types of an implementation": ("Elixir", lambda n: "defimpl A, " + "a: B, " * n + "b: C do\n 1\nend\n"),
    "escapes in a key": ("JSON", lambda n: '{"' + "a\\n" * n + '": {}}'),
}


def language(name: str) -> Language:
    return next(found for found in LANGUAGES if found.name == name)


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_is_quantified_without_bound(name: str) -> None:
    query = (resources.files("rlm_core.syntax") / "queries" / name).read_text("utf-8")
    code = re.sub(r'"(?:\\.|[^"\\])*"|;.*', "", query)
    assert not re.search(r"[*+]", code)


@pytest.mark.parametrize(("name", "text"), ROWS.values(), ids=ROWS)
def test_what_stands_in_a_row_is_found_one_by_one(name: str, text: Callable[[int], str]) -> None:
    source = text(1000).encode()
    assert len(list(walk(symbols(source, language(name))))) <= 2000
    assert len(calls(source, language(name))) + len(imports(source, language(name))) <= 1


def test_the_names_of_one_import_are_collected_one_by_one() -> None:
    [statement] = imports(b"from a import b" + b", b" * 100_000, language("Python"))
    assert len(statement.names) == 100_001


def test_a_text_that_keeps_too_many_matches_waiting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # No query of ours gets near the limit that it has.
    monkeypatch.setattr(query_matches, "MATCH_LIMIT", 16)
    with pytest.raises(ParseLimitError, match="too entangled"):
        symbols(b"struct A {" * 200 + b"int x;" + b"} a;" * 200, language("C"))


def parts(node: tree_sitter.Node, depth: int) -> list[tree_sitter.Node]:
    if depth == 0:
        return [node]
    return [part for child in node.named_children for part in parts(child, depth - 1)]


def depth_of(root: tree_sitter.Node) -> int:
    deepest, left = 0, [(root, 0)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        left.extend((child, depth + 1) for child in node.named_children)
    return deepest


def repeated(source: bytes, node: tree_sitter.Node, depth: int) -> bytes:
    """A text with everything repeated that is so many levels below a node, and what stands between it."""
    pieces: list[bytes] = []
    at = 0
    for part in parts(node, depth):
        after, before = part.next_named_sibling, part.prev_named_sibling
        between = b", "
        if after is not None:
            between = source[part.end_byte : after.start_byte]
        elif before is not None:
            between = source[before.end_byte : part.start_byte]
        pieces += [
            source[at : part.start_byte],
            (source[part.start_byte : part.end_byte] + between) * REPEATED,
        ]
        at = part.end_byte
    return b"".join([*pieces, source[at:]])


def variants(source: bytes, root: tree_sitter.Node) -> Iterator[bytes]:
    """Repeats what the node of each kind that holds most has in it, at each of three levels."""
    made: set[bytes] = set()
    kinds: dict[str, list[tree_sitter.Node]] = {}
    left = [root]
    while left:
        node = left.pop()
        kinds.setdefault(node.type, []).append(node)
        left.extend(node.named_children)
    for nodes in kinds.values():
        node = max(nodes, key=lambda node: node.named_child_count)
        for depth in range(1, 4):
            if not parts(node, depth):
                continue
            text = repeated(source, node, depth)
            if len(text) < 20_000 and text not in made:
                made.add(text)
                yield text


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_repeated_parts_keep_few_matches_waiting(folder: Path) -> None:
    [path] = [path for path in folder.iterdir() if path.name != "outline.txt"]
    source = normalized(path.read_bytes())
    found = of_source(path.name, source)
    assert found is not None
    queries = [
        query for query in (found.definition_query, found.uses_query, found.types_query) if query is not None
    ]
    sample = parse(source, found).root_node
    usual = depth_of(sample)
    for text in variants(source, sample):
        try:
            root = parse(text, found).root_node
        except ParseLimitError:
            continue
        if depth_of(root) > usual + 20:
            continue  # not in a row but within each other, which has a bound of its own
        for query in queries:
            cursor = tree_sitter.QueryCursor(query, match_limit=FEW)
            cursor.matches(root)
            assert not cursor.did_exceed_match_limit, text[:2000].decode()
