"""Text that was made to hurt ends within limits in every language: it is read, or refused with a sentence.

In a process of its own: a grammar is C, and where it fails it takes its process along.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import ParseLimitError
from rlm_core.syntax.calls_and_imports import calls
from rlm_core.syntax.chunks import chunks
from rlm_core.syntax.code_only import code_only
from rlm_core.syntax.constant_sites import constant_sites
from rlm_core.syntax.name_uses import call_starts, name_uses, uses_within
from rlm_core.syntax.parsing import parse
from rlm_core.syntax.preprocess import normalized
from rlm_core.syntax.registry import LANGUAGES
from rlm_core.syntax.symbol_extraction import symbols
from rlm_core.syntax.symbols import walk
from rlm_core.syntax.type_facts_reader import type_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.syntax.symbols import Symbol

PARSABLE = [language.name for language in LANGUAGES if language.parsable]
HOSTILE = {
    "brackets": b"(" * 100_000,
    "nested brackets": b"[" * 50_000 + b"]" * 50_000,
    "braces": b"{" * 100_000,
    "stars": b"*" * 100_000,
    "one line": b"x = f(1); " * 10_000 + b"x" * 200_000,
    "nul": b"\0" * 100_000,
    "quotes": b"\"'`" * 10_000,
    "classes": b"class A { " * 3_000,
    "generics": b"a<" * 2_000,
    "indented": b"".join(b" " * n + b"a:\n" for n in range(500)),
    "indicators": b"- ? " * 5_000,
    "letters": "ёжик 日本 ∀x∈Ω 🙂 ".encode() * 1_000,
    "not utf-8": bytes(range(128, 256)) * 500,
    "elements": b"<ul>" + b"<li>a <b>x</b> c</li>" * 2_000 + b"</ul>",
    "names": b"int a" + b", a" * 20_000 + b";",
    "comments over names": b"# c\n" * 21_000 + b"x = 1; " * 21_000,
    "lines over names": b"// c\n" * 21_000 + b"int x" + b", x" * 21_000 + b";\n",
    "mixed": b"{[(" * 100 + b"a, (b c) {d: e} <p>f</p>\n" * 2_000 + b")]}" * 100,
}

# What rewriting before parsing looks at.
MACROS = {
    "macros in a head": b"class AA " * 50_000,
    "macros": b"AA " * 200_000,
    "open macros": b"x AA(y " * 100_000,
    "macros on lines": b"AA(x)\n" * 100_000,
    "branches": b"#if A\n{\n#else\n{\n#endif\n" * 20_000,
    "nested branches": b"#if A\n{\n" * 20_000 + b"#else\n}\n#endif\n" * 20_000,
    "own macros": b"#define a(\n" * 20_000 + b"a(b)\n" * 50_000,
    "old prototypes": b"a P((" * 50_000 + b"a P((" + b"b" * 300_000,
    "words": b"a AA " * 100_000,
    "C++ alone": b"#ifdef __cplusplus\n" * 20_000 + b"\n" * 100_000,
    "blanks": b"class AA" + b" " * 400_000,
    "delimiters": b'R"aaaaaaaaaaaaaaaa(' * 20_000,
    "comments": b"/*x*/ " * 100_000 + b"\\\n",
    "parameters": b"a(b)\n" + b" int c;\n" * 50_000,
    "items": b"\nx! { pub fn " * 20_000,
    "conditions": b"\ncfg_if! { if #[a] { } else { " * 15_000,
    "raw strings": b'r#"' * 50_000,
    "guards": b"\nis A if b " * 50_000,
    "guards in a line": b"is A if b " * 50_000,
    "heads in a line": b"fun suspend " * 50_000,
    "fields in a line": b"val a:" * 100_000,
    "blocks": b"\nextension(a)\n{" * 20_000,
    "type parameters": b"\nfunc (a b) c[" + b"[a]" * 50_000,
    "templates": b"a<" + b"b " * 50_000 + b">`",
    "variables": b"\n$(a) " * 50_000,
}


def preprocessed(name: str) -> list[str]:
    """Rewrites every such text as a language; what came out in another length."""
    [language] = [language for language in LANGUAGES if language.name == name]
    assert language.preprocess is not None
    wrong: list[str] = []
    for label, source in MACROS.items():
        with contextlib.suppress(ParseLimitError):
            text = language.preprocess(source)
            if len(text) != len(source) or text.count(b"\n") != source.count(b"\n"):
                wrong.append(label)
    return wrong


def read(name: str) -> list[str]:
    """Reads every hostile text as a language; what went wrong, in words."""
    [language] = [language for language in LANGUAGES if language.name == name]
    wrong: list[str] = []
    for label, source in HOSTILE.items():
        tree: list[Symbol] = []
        with contextlib.suppress(ParseLimitError):
            parse(normalized(source), language)  # once: what takes too long is refused anew each time
            with contextlib.suppress(ParseLimitError):
                tree = symbols(source, language)
            calls(source, language)
            type_facts(source, language)
            constant_sites(source, language, "x")
            code_only(source, language)
            called = call_starts(source, language)
            for word in ("x", "a", "c"):
                name_uses(source, language, called, word, table=word == "c")
            uses_within(source, language, called, 1, 1_000)
        if any(len(symbol.qualified_name) >= 20_000 for symbol in walk(tree)):
            wrong.append(f"{label}: endless names")
        text = source[:4_000].decode("utf-8", "replace")
        if "".join(chunk.text for chunk in chunks(text, language, 400)) != text:
            wrong.append(f"{label}: chunks are not the text")
    return wrong


@pytest.fixture(scope="module")
def reader() -> Iterator[ProcessPoolExecutor]:
    """A process that reads."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("name", PARSABLE)
def test_hostile_text_ends(name: str, reader: ProcessPoolExecutor) -> None:
    assert reader.submit(read, name).result(50) == []


@pytest.mark.parametrize("name", [language.name for language in LANGUAGES if language.preprocess])
def test_hostile_text_is_rewritten_in_its_place(name: str, reader: ProcessPoolExecutor) -> None:
    assert reader.submit(preprocessed, name).result(50) == []
