"""Definitions of a file. The samples have their outline beside them: `lines @name-line kind name | head`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import ParseLimitError
from rlm_core.syntax.language import Language
from rlm_core.syntax.registry import LANGUAGES, detect, of_source
from rlm_core.syntax.symbol_extraction import symbols, symbols_reaching_into
from rlm_core.syntax.symbols import BLOCKS, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rlm_core.syntax.symbols import Symbol

SAMPLES = sorted(path.parent for path in Path(__file__).parent.glob("samples/*/outline.txt"))
PARSABLE = [language for language in LANGUAGES if language.parsable]


def outlined(tree: Iterable[Symbol], level: int = 0) -> str:
    lines = []
    for symbol in tree:
        place = f"{symbol.start_line}-{symbol.end_line} @{symbol.line}"
        lines.append(f"{'  ' * level}{place} {symbol.kind} {symbol.qualified_name} | {symbol.signature}\n")
        lines.append(outlined(symbol.children, level + 1))
    return "".join(lines)


def sample(folder: Path) -> tuple[str, bytes, Language]:
    [path] = [path for path in folder.iterdir() if path.name != "outline.txt"]
    source = path.read_bytes()
    language = of_source(path.name, source)
    assert language is not None
    return path.name, source, language


def language(name: str) -> Language:
    return next(language for language in LANGUAGES if language.name == name)


def names(source: str, path: str) -> list[str]:
    found = of_source(path, source.encode())
    assert found is not None
    return [f"{symbol.kind} {symbol.qualified_name}" for symbol in walk(symbols(source.encode(), found))]


def spans(source: str, path: str) -> list[str]:
    found = of_source(path, source.encode())
    assert found is not None
    return [
        f"{symbol.kind} {symbol.qualified_name} {symbol.start_line}-{symbol.end_line}"
        for symbol in walk(symbols(source.encode(), found))
    ]


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_outline_of_a_sample(folder: Path) -> None:
    name, source, found = sample(folder)
    assert outlined(symbols(source, found, name)) == (folder / "outline.txt").read_text("utf-8")


def test_every_language_that_is_parsed_has_a_sample() -> None:
    assert {sample(folder)[2].name for folder in SAMPLES} == {found.name for found in PARSABLE}


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_definitions_that_reach_into_a_line_are_those_of_the_whole(folder: Path) -> None:
    name, source, found = sample(folder)

    def around(tree: Iterable[Symbol], line: int) -> list[str]:
        return [
            f"{symbol.qualified_name} @{symbol.line}-{symbol.end_line}"
            for symbol in walk(tree)
            if symbol.kind in BLOCKS and symbol.start_line <= line <= symbol.end_line
        ]

    whole = symbols(source, found, name)
    start = 0
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        span = (start, start + len(line))
        start += len(line)
        assert around(symbols_reaching_into(source, found, name, [span]), number) == around(whole, number)


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_line_ends_make_no_difference(folder: Path) -> None:
    _, source, found = sample(folder)
    expected = outlined(symbols(source, found))
    assert outlined(symbols(source.replace(b"\n", b"\r\n"), found)) == expected
    assert outlined(symbols(source.replace(b"\n", b"\r"), found)) == expected


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_half_a_file_still_gives_what_parses(folder: Path) -> None:
    _, source, found = sample(folder)
    lines = source.splitlines(keepends=True)
    whole = {symbol.name for symbol in walk(symbols(source, found))}
    half = {symbol.name for symbol in walk(symbols(b"".join(lines[: len(lines) * 2 // 3]), found))}
    assert len(half & whole) >= len(whole) // 3


def test_a_broken_definition_does_not_hide_its_neighbours() -> None:
    source = "def first():\n    pass\n\ndef (((:\n\nclass Last:\n    def method(self):\n        pass\n"
    assert {"function first", "class Last", "method Last.method"} <= set(names(source, "a.py"))


def test_a_comment_behind_code_does_not_belong_to_what_follows() -> None:
    source = "x = 1  # about x\ndef f():\n    pass\n"
    [f] = [s for s in symbols(source.encode(), language("Python")) if s.name == "f"]
    assert f.start_line == 2


def test_a_blank_line_ends_a_comment() -> None:
    source = "// license\n\n// about f\nfunc f() {}\n"
    [f] = symbols(b"package p\n" + source.encode(), language("Go"))
    assert (f.start_line, f.line) == (4, 5)


def test_attribute_macros_of_c_do_not_swallow_the_name() -> None:
    source = "static __always_inline __alloc_size(1) void *grab(size_t size)\n{\n\treturn __grab(size);\n}\n"
    assert names(source, "a.c") == ["function grab"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("SYSCALL_DEFINE1(close, unsigned int, fd)\n{\n\treturn 0;\n}\n", ["function close"]),
        ("int *__weak grab(void)\n{\n}\n", ["function grab"]),
        ("asmlinkage __visible void start(void)\n{\n}\n", ["function start"]),
        ("struct a {\n\tint x;\n} __packed;\n", ["struct a", "field a.x"]),
        ("extern __printf(1, 2)\nvoid say(const char *f, ...);\n", ["function say"]),
        ("#define debug(f, a...) print(f, a)\nint x;\n", ["function debug", "variable x"]),
    ],
)
def test_macros_of_c_do_not_hide_what_they_are_on(source: str, expected: list[str]) -> None:
    assert names(source, "a.c") == expected


def test_variables_of_functions_are_no_definitions_of_the_file() -> None:
    source = "int outer;\nint f(void) { int inner = 1; int proto(void); return inner; }\n"
    assert names(source, "a.c") == ["variable outer", "function f"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('#ifdef __cplusplus\nextern "C" {\n#endif\nstruct class { int new; };\nvoid f(void);\n', "C"),
        ("namespace a {\nint f();\n}\n", "C++"),
        ("class A {\n public:\n  int f();\n};\n", "C++"),
        ("template <typename T> T f();\n", "C++"),
    ],
)
def test_a_header_is_cpp_if_it_looks_like_it(header: str, expected: str) -> None:
    found = of_source("include/a.h", header.encode())
    assert found is not None
    assert found.name == expected


def test_a_signature_is_one_bounded_line() -> None:
    source = f"def f({', '.join(f'argument_{n}' for n in range(500))}):\n    pass\n"
    [f] = symbols(source.encode(), language("Python"))
    assert len(f.signature) == 200
    assert f.signature.endswith("…")
    assert "\n" not in f.signature


def test_text_without_a_grammar_has_no_symbols() -> None:
    assert symbols(b"Title\n=====\n", language("reStructuredText")) == []


def test_a_symbol_prints_with_its_place() -> None:
    [f] = symbols(b"def f():\n    pass\n", language("Python"), "src/a.py")
    assert repr(f) == "src/a.py:1-2 function f"


def test_deep_nesting_is_kept_flat() -> None:
    depth = 2_000
    source = "class A { " * depth + "}" * depth
    found = list(walk(symbols(source.encode(), language("Java"))))
    assert len(found) > 100
    assert max(symbol.qualified_name.count(".") for symbol in found) <= 40


def test_too_large_a_text_is_refused_with_a_sentence() -> None:
    with pytest.raises(ParseLimitError, match=r"are too many to parse"):
        symbols(b"x = 1\n" * 1_000_000, language("Python"))


@pytest.mark.parametrize(
    ("path", "first_line", "expected"),
    [
        ("a/b.py", "", "Python"),
        ("a.PY", "", "Python"),
        ("x.tsx", "", "TSX"),
        ("Rakefile", "", "Ruby"),
        ("bin/run", "#!/usr/bin/env python3", "Python"),
        ("bin/run", "#!/usr/bin/env -S node --harmony", "JavaScript"),
        ("bin/run", "#!/bin/sh -e", "Bash"),
        ("bin/run", "#!/usr/bin/python3.12", "Python"),
        ("bin/run", "print(1)", None),
        (".py", "", None),
        ("notes.md", "", "Markdown"),
        ("Dockerfile", "", "Dockerfile"),
        ("docker/Dockerfile.dev", "", "Dockerfile"),
        ("Makefile.md", "", "Markdown"),
        ("build.gradle.kts", "", "Kotlin"),
        ("unknown.zzz", "#!/bin/sh", None),
    ],
)
def test_languages_are_known_by_name_or_shebang(path: str, first_line: str, expected: str | None) -> None:
    found = detect(path, first_line)
    assert (found and found.name) == expected


def test_a_language_whose_grammar_is_not_installed_says_what_to_install() -> None:
    missing = Language("Nonesuch", (".nonesuch",), wheel="nonesuch", extra=True)
    assert not missing.parsable
    assert symbols(b"def f(): pass\n", missing) == []
    assert missing.why_unparsed == (
        "Nonesuch is parsed only where its grammar is installed (rlm-mcp[languages])"
    )
    assert language("Text").why_unparsed == "Text is not parsed"
    assert language("Python").why_unparsed == ""


def test_headings_are_called_by_all_their_text() -> None:
    source = "".join(f"<h{n} id=x{n}>a <b>b <i>c</i></b>\n<code>d</code></h{n}>\n" for n in range(1, 7))
    assert names(f"<body>{source}<h2></h2><h7>no</h7></body>", "a.html") == ["string a b c d"] * 6


def test_strings_that_are_names_are_whole() -> None:
    assert names('{"a\\nb.c": {"\\u0041": 1}, "": 2}', "a.json") == [
        "object a\\nb.c",
        "property a\\nb.c.\\u0041",
    ]


def test_a_rule_reaches_to_the_end_of_its_recipe() -> None:
    source = "a b:\n\tx\nifdef Y\n\ty\nendif\n\tz\n\nc: d\n\tw\n\nifdef Y\nE = 1\nendif\n"
    found = of_source("Makefile", source.encode())
    assert found is not None
    lines = [(rule.name, rule.start_line, rule.end_line) for rule in symbols(source.encode(), found)]
    assert lines == [("a", 1, 6), ("b", 1, 6), ("c", 8, 9), ("E", 12, 12)]


SHAPES = {
    "type parameters of an alias": ("a.py", "type A = int\ntype B[T] = list[T]\n", "class A, class B"),
    "several targets": (
        "a.py",
        "A, (B, *C) = f()\n[d, e] = g\nx = y = z, w = 1\nself.a, b[1] = 1, 2\n",
        "variable A, variable B, variable C, variable d, variable e, variable x, variable y, variable z, "
        "variable w",
    ),
    "bound under a condition": (
        "a.py",
        "if x:\n    A = 1\ntry:\n    B = 1\nexcept E:\n    B = 2\nclass K:\n    if x:\n        c = 1\n"
        "def f():\n    if x:\n        d = 1\n",
        "variable A, variable B, class K, field K.c, function f",
    ),
    "parameters that are fields": (
        "a.ts",
        "class A {\n  constructor(private readonly b: B, public c = 1, readonly d?: D, e: E) {}\n}\n",
        "class A, constructor A.constructor, field A.b, field A.c, field A.d",
    ),
    "destructured": (
        "a.ts",
        "export const { a, b: c, ...d } = x;\nconst [e, f = g, { h: { i } }] = y;\nconst j = ({ k }) => k;\n",
        "variable a, variable c, variable d, variable e, variable f, variable i, function j",
    ),
    "functions in wrappers": (
        "a.jsx",
        "const A = memo(function B() {});\nfunction C() {\n  const d = useCallback(() => {}, []);\n"
        "  const e = items.map((x) => x);\n}\n",
        "function A, function C, function C.d",
    ),
    "named expressions": (
        "a.js",
        "module.exports = function a() {};\nexports.b = class C {};\n",
        "function exports, function a, class b, class C",
    ),
    "raw names": ("a.rs", "fn r#try() {}\n", "function try"),
    "components of a record": ("a.java", "record A(int b, T c) {}\n", "class A, field A.b, field A.c"),
    "a compact source file": ("a.java", "int a = 0;\nvoid main() { int b; }\n", "variable a, method main"),
    "conversions": (
        "a.cs",
        "class A { public static implicit operator int(A a) => 1; }\nrecord B(int C);\n",
        "class A, operator A.int, class B, property B.C",
    ),
    "promoted properties": (
        "a.php",
        "<?php\nclass A { function __construct(private int $b, $c) {} }\ndefine('D', 1);\n",
        "class A, constructor A.__construct, property A.b, constant D",
    ),
    "other definitions of Ruby": (
        "a.rb",
        "class A\n  B ||= 1\n  C, D = 1, 2\n  alias e f\n  alias_method :g, :h\n"
        "  define_method(:i) { 1 }\nend\nA::J = 1\n",
        "class A, constant A.B, constant A.C, constant A.D, method A.e, method A.g, method A.i, constant A.J",
    ),
    "macros and tuples of Swift": (
        "a.swift",
        "macro a() = #b\nlet (c, d) = (1, 2)\n",
        "function a, variable c, variable d",
    ),
    "assignments of Bash": (
        "a.sh",
        "a=1 b=2\nif x; then\n  c=1\nfi\nd=1 run\n",
        "variable a, variable b, variable c",
    ),
}


@pytest.mark.parametrize(("path", "source", "expected"), SHAPES.values(), ids=SHAPES)
def test_definitions_in_less_usual_shapes(path: str, source: str, expected: str) -> None:
    assert names(source, path) == expected.split(", ")


def test_a_heredoc_belongs_to_what_begins_it() -> None:
    source = (
        "A = <<~X\n  a\nX\n\ndef b = <<~X\n  b\nX\n\ndef c\n  d(<<~X, <<~Y)\n    x\n  X\n    y\n  Y\nend\n"
    )
    assert spans(source, "a.rb") == ["constant A 1-3", "function b 5-7", "function c 9-15"]


def test_decorators_belong_to_the_method_below() -> None:
    source = "class A {\n  /** b */\n  @Get(1)\n  @Log()\n  b() {}\n\n  @Input() c = 1;\n}\n"
    assert spans(source, "a.ts") == ["class A 1-8", "method A.b 2-5", "field A.c 7-7"]
