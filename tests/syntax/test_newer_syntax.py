"""Syntax that grammars do not know yet does not hide a file, or what is in a macro."""

from __future__ import annotations

import pytest

from tests.syntax.test_symbols import names, spans

NEWER = {
    "context parameters": ("a.kt", "context(log: Logger)\nfun f() { log.go() }\n", ["function f"]),
    "guards": (
        "a.kt",
        "fun f(a: Any) = when (a) {\n    is String if a.length > 2 -> 1\n"
        "    else if b -> 2\n    else -> 3\n}\n",
        ["function f"],
    ),
    "dollars": ("a.kt", 'val f = $$"""{"$a": "$$b"}"""\n', ["variable f"]),
    "backing fields": (
        "a.kt",
        "class f {\n    val a: Flow<Int>\n        field = make()\n}\n",
        ["class f", "property f.a"],
    ),
    "a name like a keyword": (
        "a.kt",
        "class f {\n    override fun <R : Any> suspend(a: R): R { return a }\n}\n",
        ["class f", "method f.suspend"],
    ),
    "extension blocks": (
        "a.cs",
        "static class f\n{\n    extension(string s)\n    {\n        public bool A => s.B();\n    }\n}\n",
        ["class f", "property f.A"],
    ),
    "directives in an enumeration": (
        "a.cs",
        "enum f\n{\n    A,\n#if X\n    B,\n#endif\n    C\n}\n",
        ["enum f", "enum_member f.A", "enum_member f.B", "enum_member f.C"],
    ),
    "two heads of a method": (
        "a.cs",
        "class f\n{\n#if X\n    void A()\n#else\n    void A(int b)\n#endif\n    {\n    }\n}\n",
        ["class f", "method f.A"],
    ),
    "type parameters of a method": (
        "a.go",
        "package a\n\nfunc (b *B) f[C any](c C) C { return c }\n",
        ["method B.f"],
    ),
    "typed templates": ("a.ts", "const f = html<Props>`<b>${x}</b>`;\n", ["constant f"]),
    "names of variables": (
        "Makefile",
        "f-$(A) += x.o\nB?=1\nc := d \\\n\te\nf-$(A)/g: h\n\ti\n",
        ["variable f-$(A)", "variable B", "variable c", "function f-$(A)/g"],
    ),
}


@pytest.mark.parametrize(("path", "source", "expected"), NEWER.values(), ids=NEWER)
def test_newer_syntax_hides_nothing(path: str, source: str, expected: list[str]) -> None:
    last = {"kt": "class Last\n", "cs": "class Last { }\n", "go": "type Last int\n", "ts": "class Last {}\n"}
    ending = path.partition(".")[2]
    assert names(source + last.get(ending, ""), path) == [*expected, *(["class Last"] if ending else [])]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "cfg_net! {\n    /// A.\n    pub fn f() {}\n\n    struct S;\n}\n",
            ["function f 2-3", "struct S 5-5"],
        ),
        (
            "cfg_if! {\n    if #[cfg(a)] {\n        fn f() {}\n    } else {\n        fn f() {}\n    }\n}\n",
            ["function f 3-3", "function f 5-5"],
        ),
        ("impl A {\n    cfg_time! {\n        pub fn f(&self) {}\n    }\n}\n", ["method A.f 3-3"]),
        ("lazy_static! {\n    static ref F: u8 = f();\n}\n", ["variable F 2-2"]),
        ('cfg_a! {\n    fn f() { "}" }\n\n    fn g() {}\n}\n', ["function f 2-2", "function g 4-4"]),
        ("fn f() -> T {\n    quote! {\n        pub fn g() {}\n    }\n}\n", ["function f 1-5"]),
        ("macro_rules! f {\n    () => { pub fn g() {} };\n}\n", ["function f 1-3"]),
    ],
)
def test_items_in_macros_of_rust_are_items(source: str, expected: list[str]) -> None:
    assert spans(f"{source}fn last() {{}}\n", "a.rs")[:-1] == expected
