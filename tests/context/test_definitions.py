"""find, slice, enclosing, symbols and references."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from rlm_core.context.context import Context
from rlm_core.errors import QueryError
from rlm_core.syntax.registry import LANGUAGES
from rlm_core.syntax.symbol_extraction import symbols
from rlm_core.syntax.symbols import walk
from rlm_core.workspace.snapshot import Skipped
from tests.context.conftest import FILES
from tests.support.snapshots import snapshot_of
from tests.syntax.test_symbols import SAMPLES, sample

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.contexts import ContextOf


def test_find_gives_definitions(context: Context) -> None:
    [store] = context.find("Store")
    assert repr(store) == "src/store.py:6-17 class Store"
    assert [repr(found) for found in context.find("get")] == [
        "src/store.py:12-14 (def at 13) method Store.get",
        "src/store.py:20-21 function get",
    ]


@pytest.mark.parametrize("name", ["Store.get", "Store::get", "Store#get", "Store.get()"])
def test_find_takes_qualified_names(context: Context, name: str) -> None:
    assert [found.qualified_name for found in context.find(name)] == ["Store.get"]


@pytest.mark.parametrize(
    ("path", "text", "name", "line"),
    [
        ("a.js", "class A {\n  #b() {}\n}\n", "A.#b", 2),
        ("a.js", "class A {\n  #b() {}\n}\n", "#b", 2),
        ("a.sh", "a::b() {\n  c\n}\n", "a::b", 1),
        ("a.md", "# A\n\n## 1.2 Node.js\n", "A.1.2 Node.js", 3),
        ("a.cpp", "struct A { A operator/(A b); };\n", "A.operator/", 1),
        ("a.css", ".a.b { color: red }\n", ".a.b", 1),
        ("a.ex", "defmodule A do\n  def b(c), do: c\nend\n", "A.b/1", 2),
    ],
)
def test_names_with_separators_in_them(
    context_of: ContextOf, path: str, text: str, name: str, line: int
) -> None:
    context = context_of(snapshot_of({path: text}))
    assert [symbol.line for symbol in context.find(name)] == [line]
    piece = context.slice(f"{path}::{name}")
    assert piece.start_line <= line <= piece.end_line


# Words of a name that is cut or put together from several elements do not stand in the text like that.
WITH_HINTS = [folder for folder in SAMPLES if sample(folder)[2].definition_hint and folder.name != "html"]


@pytest.mark.parametrize("folder", WITH_HINTS, ids=lambda folder: folder.name)
def test_every_definition_of_a_sample_is_found(folder: Path) -> None:
    path, source, language = sample(folder)
    context = Context(snapshot_of({path: source}))
    for symbol in walk(symbols(source, language, path)):
        assert symbol.line in {found.line for found in context.find(symbol.name)}, symbol


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        (
            "a.go",
            "package a\n\nconst (\n\tOne T = iota // one\n\tTwo       // two\n\tThree /* three */\n)\n",
            "One Two Three",
        ),
        (
            "a.go",
            "package a\n\ntype (\n\tSet[T any] = map[T]bool\n)\n\ntype Q struct{ name, desc string }\n",
            "Set name desc",
        ),
        ("a.go", "package a\n\ntype I interface { Next() bool; Stop() }\n", "Next Stop"),
        ("a.py", "class A: x: int; y: str = ...\nb, (c, *d) = e = f()\n", "A x y b c d e"),
        ("a.rs", "pub struct A { pub r#type: u8 }\nfn r#try() {}\n", "A type try"),
        (
            "a.h",
            "namespace a {\nclass B : public C {\n  void d() const;\n  std::vector<int> e;\n};\n}\n",
            "B d e",
        ),
        (
            "a.c",
            "struct a {\n\tint *b, c[2];\n};\ntypedef struct { int d; } e;\nvoid (*f(int x))(int);\n",
            "b c d e f",
        ),
        ("a.c", "SYSCALL_DEFINE1(close, int, fd)\n{\n}\nEXPORTED(weight) { }\n", "close weight"),
    ],
)
def test_what_stands_in_one_line_with_others_is_found(
    context_of: ContextOf, path: str, text: str, names: str
) -> None:
    context = context_of(snapshot_of({path: text}))
    for name in names.split():
        assert [symbol.name for symbol in context.find(name)] == [name]


def test_a_file_that_mostly_cannot_be_parsed_says_so(context_of: ContextOf) -> None:
    broken = "fun )( {\n" * 20
    context = context_of(snapshot_of({"a.kt": f"{broken}class Lost\n", "b.kt": "class Shop\n"}))
    told = "a.kt: lines 1 to 21 could not be parsed as Kotlin in whole, so definitions in them may be missing"
    assert told in context.symbols("a.kt").note
    assert told in context.find("fun").note
    assert told in context.outline("*.kt")
    assert context.symbols("b.kt").note == context.find("Shop").note == ""


def test_find_by_kind(context: Context) -> None:
    assert [found.qualified_name for found in context.find("get", kind="function")] == ["get"]
    missed = context.find("get", kind="class")
    assert missed == []
    assert missed.note == "None is a class; there are: function, method."


@pytest.mark.parametrize(
    ("name", "expected", "note"),
    [
        ("STORE", ["Store"], "No STORE in this spelling; these differ in case."),
        ("Stor", ["Store"], "No Stor; these names contain Stor."),
        ("Sotre", ["Store"], "No Sotre; these names are similar."),
        ("App.get", ["Store.get", "get"], "No App.get; these are called get."),
        ("nowhere", [], "No definition of nowhere."),
    ],
)
def test_find_falls_back_and_says_so(context: Context, name: str, expected: list[str], note: str) -> None:
    found = context.find(name)
    assert [symbol.qualified_name for symbol in found][: len(expected)] == expected
    assert bool(found) == bool(expected)
    assert found.note == note


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*ore", ["Store"]),
        ("_l*", ["Store._load"]),
        ("st*.get", ["Store.get"]),
        ("*e*t*", ["get", "Store.get", "test_get"]),
        ("*.get", ["Store.get"]),
    ],
)
def test_find_takes_patterns(context: Context, pattern: str, expected: list[str]) -> None:
    found = context.find(pattern)
    assert sorted(symbol.qualified_name for symbol in found) == sorted(expected)


def test_a_pattern_needs_letters(context: Context) -> None:
    with pytest.raises(QueryError, match="some letters of a name"):
        context.find("**")


@pytest.mark.parametrize("name", ["(" * 300, "a" * 1000])
def test_a_long_name_is_looked_for_as_it_is(context: Context, name: str) -> None:
    missed = context.find(name)
    assert (missed, missed.note) == ([], f"No definition of {name}.")


def test_a_name_has_a_longest_length(context: Context) -> None:
    with pytest.raises(QueryError, match="at most 1,000 characters, and was given 3,000"):
        context.find("(" * 3000)


def test_find_says_what_it_leaves_out(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({f"f{n}.py": "def same():\n    pass\n" for n in range(5)}))
    found = context.find("same", limit=3)
    assert (len(found), found.omitted) == (3, 2)
    assert found.note == "2 more than limit=3."


def test_definitions_in_c_are_found_among_many_calls(context_of: ContextOf) -> None:
    calls = {f"use{n}.c": f"int use{n}(void)\n{{\n\treturn grab({n});\n}}\n" for n in range(20)}
    context = context_of(
        snapshot_of(
            {
                **calls,
                "grab.c": "int\ngrab(int n)\n{\n\treturn n;\n}\n",
                "grab.h": "#define OTHER 1\nint grab(int n);\nstruct ops {\n\tint (*grab)(int n);\n};\n",
            }
        )
    )
    assert [(found.path, found.kind) for found in context.find("grab")] == [
        ("grab.c", "function"),
        ("grab.h", "field"),
        ("grab.h", "function"),
    ]


def test_symbols_are_a_tree(context: Context) -> None:
    limit, store, get = context.symbols("src/store.py")
    assert (limit.kind, store.kind, get.kind) == ("constant", "class", "function")
    assert [child.name for child in store.children] == ["__init__", "get", "_load"]
    assert store.children[1].path == "src/store.py"


def test_symbols_of_what_is_not_parsed(context_of: ContextOf) -> None:
    found = context_of(snapshot_of({"index.rst": "Shop\n====\n"})).symbols("index.rst")
    assert found == []
    assert found.note == "index.rst: reStructuredText is not parsed; grep, lines and chunks work."


def test_a_hostile_file_says_why_it_has_no_symbols(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.py": "(" * 100_000}))
    assert context.symbols("a.py").note.startswith("a.py: It is too broken to be parsed as Python.")


@pytest.mark.parametrize(
    ("ref", "header", "start"),
    [
        ("src/store.py::Store.get", "src/store.py:12-14 (def at 13) Store.get", "    # Looks a thing up."),
        ("./src/store.py::get", "src/store.py:20-21 get", "def get(key):"),
        ("src/store.py::_load", "src/store.py:16-17 Store._load", "    def _load"),
        ("src/store.py:14", "src/store.py:12-14 (def at 13) Store.get", "    # Looks"),
        ("src/store.py:10-12", "src/store.py:10-12 Store", "        self.name"),
        ("src/store.py#L13-L14", "src/store.py:13-14 Store.get", "    def get"),
        ("src/store.py:13:9", "src/store.py:12-14 (def at 13) Store.get", "    # Looks"),
        ("src/app.ts", "src/app.ts:1-7", "import"),
        ("src/store.py:3", "src/store.py:1-13", '"""Where'),
    ],
)
def test_slice(context: Context, ref: str, header: str, start: str) -> None:
    piece = context.slice(ref)
    assert piece.header == header
    assert piece.startswith(start)
    lines = f"{piece.path}:{piece.start_line}-{piece.end_line}"
    assert f"{lines} {piece.symbol}".strip() == header.replace(" (def at 13)", "")
    assert piece in context[piece.path]


def test_slices_are_text_that_can_be_cited(context: Context) -> None:
    piece = context.slice("src/store.py::Store._load")
    assert piece.numbered == (
        "src/store.py:16-17 Store._load\n"
        "16     def _load(self, key):\n"
        '17         raise KeyError(f"get {key}")'
    )
    assert repr(piece) == piece.numbered
    assert (piece.name_line, context.slice("src/store.py::Store.get").name_line) == (16, 13)
    assert context.lines("src/store.py", 16, 17).name_line == 0
    assert str(piece) == piece.text


def test_slice_takes_results(context: Context) -> None:
    [store] = context.find("Store")
    assert context.slice(store).header == "src/store.py:6-17 Store"
    assert context.slice(context.grep("raise KeyError")[0]).header == "src/store.py:16-17 Store._load"
    assert context.slice(context.rank("looks a thing up")[0]).path == "src/store.py"
    assert context.slice(context.files("*.ts")[0]) == context["src/app.ts"]


def test_slice_tells_of_other_definitions(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.java": "class A {\n  void f() {}\n  void f(int x) {}\n}\n"}))
    piece = context.slice("a.java::A.f")
    assert piece == "  void f() {}\n"
    assert piece.note == "also defined at a.java:3"


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        ("src/stroe.py::get", r"No file 'src/stroe.py' in the workspace. Did you mean src/store.py"),
        ("store.py", r"No file 'store.py' in the workspace. Did you mean src/store.py\?"),
        (
            "src/store.py::Store.gte",
            r"no definition of 'Store.gte'. Did you mean Store.get, get\?",
        ),
        ("src/store.py::zzzzzz", r"outline\(path\) lists what it has"),
        ("README.md::Shpo", r"Did you mean Shop\?"),
        ("src/store.py:500", r"src/store.py has lines 1 to 21; 490 to 510 is not among them"),
        ("src/store.py:9-3", r"has lines 1 to 21; 9 to 3"),
        ("src/store.py:0", r"has lines 1 to 21"),
    ],
)
def test_a_bad_reference_is_explained(context: Context, ref: str, sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence):
        context.slice(ref)


def test_slice_of_something_else_is_explained(context: Context) -> None:
    with pytest.raises(
        QueryError, match=r"slice takes a string or a result, not int. Write 'path::Class.method'"
    ):
        context.slice(3)  # type: ignore[arg-type]  # what a program may well do


def test_lines_behind_the_end_are_told(context: Context) -> None:
    piece = context.lines("src/store.py", 20, 99)
    assert (piece.start_line, piece.end_line, piece.note) == (20, 21, "the file ends at line 21")


def test_enclosing(context: Context) -> None:
    found = context.enclosing("src/store.py", 14)
    assert found is not None
    assert found.qualified_name == "Store.get"
    assert context.enclosing("src/store.py", 19) is None
    assert context.enclosing("src/util/text.py", 3) is None


def test_references_tell_what_each_place_is(context: Context) -> None:
    found = context.references("get")
    assert [(place.path, place.line, place.role, place.symbol) for place in found] == [
        ("README.md", 3, "text", "Shop"),
        ("src/app.ts", 5, "call", "App.start"),
        ("src/store.py", 13, "definition", "Store.get"),
        ("src/store.py", 17, "string", "Store._load"),
        ("src/store.py", 20, "definition", "get"),
        ("src/store.py", 21, "call", "get"),
        ("tests/test_store.py", 5, "call", "test_get"),
    ]


def test_references_are_whole_words_and_limited(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.py": "get = forget = get_all = 1\n# get\n" * 50}))
    found = context.references("get", limit=10)
    assert len(found) == 10
    assert {place.column for place in found} <= {1, 3}
    assert found.note == "a.py has 100; not all are listed."
    assert [place.role for place in found[:2]] == ["definition", "comment"]


def test_a_section_of_a_document_is_a_block(context_of: ContextOf) -> None:
    context = context_of(
        snapshot_of({"README.md": "# Top\n\ntext\n\n## Usage\n\nrun it\n\n## Licence\n", "a.py": "x = 1\n"})
    )
    assert context.slice("README.md:7").strip() == "## Usage\n\nrun it"
    assert "## Usage" in context.outline(["*.md", "*.py"])


def test_find_says_which_files_could_not_be_looked_at(
    context_of: ContextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    kotlin = next(language for language in LANGUAGES if language.name == "Kotlin")
    monkeypatch.setitem(kotlin.__dict__, "parsable", False)  # as where the extra is not installed
    found = context_of(snapshot_of({"a.kt": "class Shop\n", "b.py": "Shop = 1\n"})).find("Shop")
    assert [symbol.path for symbol in found] == ["b.py"]
    assert "1 file that mentions it was not looked at: Kotlin is parsed only where" in found.note
    files = {
        "a.ipynb": '{"source": ["def load(): pass"]}',
        "b.proto": "message Order {}\n",
        "c.txt": "load\n",
    }
    context = context_of(snapshot_of(files))
    assert context.find("load").note == (
        "No definition of load. 1 file that mentions it was not looked at: Jupyter notebook is not parsed."
    )
    assert "Protocol Buffers is not parsed" in context.find("Order").note
    assert context_of(snapshot_of({**files, "d.py": "def load(): pass\n"})).find("load").note == ""


def test_parsing_leaves_no_copies_of_the_text_behind(context_of: ContextOf) -> None:
    subs = "".join(
        f'sub step{n} {{\n    my ($x) = @_;\n    return "a $x" . q(b);\n}}\n' for n in range(1_000)
    )
    context = context_of(snapshot_of({"steps.pl": subs}))
    context.find("none")
    tracemalloc.start()
    try:
        found = context.find("step7")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [symbol.line for symbol in found] == [29]
    # The grammar asks for the text thousands of times.
    assert kept < 40_000_000


def test_a_short_name_is_looked_for_in_whole_words_of_names(context_of: ContextOf) -> None:
    source = "def out_of_room(): ...\n\n\ndef oom_kill(): ...\n\n\nclass VectorRoom: ...\n"
    found = context_of(snapshot_of({"a.py": source})).find("OOM")
    assert [symbol.name for symbol in found] == ["oom_kill"]
    names = ["OOM_KILL", "getOOMScore", "OomKiller", "maxOom", "oom2"]
    many = context_of(snapshot_of({"a.py": "".join(f"def {name}(): ...\n" for name in names)}))
    assert {symbol.name for symbol in many.find("oom")} == set(names)
    assert found.note == "No OOM; these names contain OOM."


class _Endless(str):
    def strip(self, _chars: str | None = None, /) -> str:
        raise MemoryError


def test_a_search_that_runs_out_of_memory_says_what_to_do() -> None:
    context = Context(snapshot_of(FILES))
    for search in (context.find, context.references, context.callers):
        with pytest.raises(QueryError, match=r"ran out of memory: narrow it .*--memory-mb") as caught:
            search(_Endless("Store"))
        assert caught.value.__context__ is None


def test_find_tells_of_generated_files_where_it_finds_nothing(context_of: ContextOf) -> None:
    made = [Skipped("api.pb.go", "generated: its head says so"), Skipped("logo.png", "binary")]
    context = context_of(snapshot_of({"a.py": "x = 1\n"}, made))
    assert "1 generated file is not part of the context" in context.find("PodSpec").note
    assert not context.find("x").note


LARGE = "def large():\n    pass\n" + "x = 1\n" * 800_000


def test_files_too_large_to_parse_are_named(context_of: ContextOf) -> None:
    texts = {"big.py": LARGE, "huge.py": LARGE, "small.py": "def small():\n    return large()\n"}
    context = context_of(snapshot_of(texts))
    told = "big.py could not be parsed: 4,800,022 bytes are too many to parse (at most 4,194,304)."
    assert context.symbols("big.py").note.startswith("big.py: 4,800,022 bytes are too many to parse")
    assert context.find("large").note == f"No definition of large. {told} Nor could 1 other file."
    assert context.find("small").note == ""
    assert context.callers("large", "*.py").note.endswith(f"{told} Nor could 1 other file.")
    assert [place.path for place in context.callers("large")] == ["small.py"]
    assert context.outline(["big.py", "small.py"]).endswith(f"\n({told})")


def test_what_one_search_left_out_is_not_said_of_the_next(
    context_of: ContextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    kotlin = next(language for language in LANGUAGES if language.name == "Kotlin")
    monkeypatch.setitem(kotlin.__dict__, "parsable", False)
    context = context_of(snapshot_of({"a.kt": "class Shop\n", "b.py": "class Store:\n    pass\n"}))
    assert "1 file that mentions it was not looked at" in context.find("Shop").note
    assert context.find("Store").note == ""
