"""code and query: what is code in a file, and what a program's own query captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from tests.support.contexts import ContextOf

# Where something is blank, `_` stands for it.
CODE = {
    "a.py": (
        'x = "ä\\n" + f"b {y} c"  # hi\n"""doc\n  b"""\n',
        'x = "___" + f"_ {y} _"  _ __\n"""___\n  _"""\n',
    ),
    "a.ts": (
        "a = `x ${b + 'q'} y`; // c\n/* d */ r = 'it'\n",
        "a = `_ ${b + '_'} _`; __ _\n__ _ __ r = '__'\n",
    ),
    "a.go": ("a := `raw\nx` + \"s\" // c\nr := 'c'\n", "a := `___\n_` + \"_\" __ _\nr := '_'\n"),
    "a.rs": ("/// doc\nfn f<'a>() { r#\"q\"# ; 'c'; }\n", "___ ___\nfn f<'a>() { r#\"_\"# ; '_'; }\n"),
    "A.java": (
        "class A { String a = \"x\" + 'c'; /** d */ }\n",
        "class A { String a = \"_\" + '_'; ___ _ __ }\n",
    ),
    "a.c": ('char *a = "x\\n" "y"; /* c */\n', 'char *a = "___" "_"; __ _ __\n'),
    "A.cs": (
        'class A { string a = $"x {y} z" + @"v\\w"; }\n',
        'class A { string a = $"_ {y} _" + @"___"; }\n',
    ),
    "a.rb": ("a = \"x #{y} z\" + 'q' # c\n", "a = \"_ #{y} _\" + '_' _ _\n"),
    "a.sh": ("a=\"x $(cmd b)\" # c\necho 'lit'\n", "a=\"_ $(cmd b)\" _ _\necho '___'\n"),
    "a.php": (
        "<?php // c\n$a = \"x $b\"; $e = 'f'; # g\n$h = <<<T\nx $y\nT;\n",
        "<?php __ _\n$a = \"_ $b\"; $e = '_'; _ _\n$h = <<<T\n_ $y\nT;\n",
    ),
    "a.css": ('a { content: "x"; /* c */ }\n', 'a { content: "_"; __ _ __ }\n'),
    "a.tsx": ('const a = <A b="c">text {d} /* x */</A>;\n', 'const a = <A b="_">____ {d} __ _ __</A>;\n'),
    "a.scala": ('val a = s"x ${b} $c" // c\n', 'val a = s"_ ${b} $c" __ _\n'),
}


@pytest.mark.parametrize("path", CODE)
def test_code_is_as_long_as_the_text(context_of: ContextOf, path: str) -> None:
    text, expected = CODE[path]
    found = context_of(snapshot_of({path: text})).code(path)
    assert len(found) == len(text)
    blank = "".join("_" if there != here else here for there, here in zip(text, found, strict=True))
    assert blank == expected
    assert (found.path, found.start_line, found.end_line) == (path, 1, text.count("\n"))


def test_code_of_what_is_not_parsed(context_of: ContextOf) -> None:
    files = {"a.txt": "text", "b.py": "x = 1  # no end", "c.py": "(" * 60_000, "d.md": "# `code`\n"}
    context = context_of(snapshot_of(files))
    with pytest.raises(QueryError, match=r"a\.txt: Text is not parsed, so its comments"):
        context.code("a.txt")
    with pytest.raises(QueryError, match=r"d\.md is Markdown: text for people"):
        context.code("d.md")
    with pytest.raises(QueryError, match="too broken"):
        context.code("c.py")
    assert context.code("b.py") == "x = 1          "


def test_code_keeps_the_ends_of_lines_and_says_what_may_be_left(context_of: ContextOf) -> None:
    files = {
        "a.py": "x = 1  # a\r\ny = 'b'\rz = 2\r\n",
        "b.py": "x = 'a'\ndef f(:\n    pass\n",
        "c.vue": "<!-- a -->\n<script>\nx = 'b' // c\n</script>\n",
    }
    context = context_of(snapshot_of(files))
    assert context.code("a.py") == "x = 1     \r\ny = ' '\rz = 2\r\n"
    assert context.code("a.py").note == ""
    assert context.code("b.py").note.startswith("Line 2 could not be parsed")
    assert context.code("c.vue") == "<!-- a -->\n<script>\nx = ' '     \n</script>\n"
    assert context.code("c.vue").note == "Comments and strings outside of its scripts are left."


FILES = {
    "a.py": "def f(a, b):\n    return a\n\n\ndef g(): ...\n",
    "b.py": "class K:\n    def h(self, ä):\n        pass\n",
    "c.go": "package c\n",
    "d.txt": "def f\n",
}
QUERY = "(function_definition name: (identifier) @name parameters: (parameters) @given)"


def test_captures_are_results(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(FILES))
    found = context.query("*.py", QUERY)
    assert [repr(each) for each in found] == [
        "a.py:1: @name f  (in f)",
        "a.py:1: @given (a, b)  (in f)",
        "a.py:5: @name g  (in g)",
        "a.py:5: @given ()  (in g)",
        "b.py:2: @name h  (in K.h)",
        "b.py:2: @given (self, ä)  (in K.h)",
    ]
    assert [each.match for each in found] == [1, 1, 2, 2, 3, 3]
    assert (found[4].kind, found[4].column, found[4].end_line) == ("identifier", 9, 2)
    assert context.slice(found[4]).symbol == "K.h"
    assert context.excerpts(found[:1], around=0).startswith("a.py\n-- 1 in f (1-2)")
    assert len(context.query("*.py", f'({QUERY} (#eq? @name "g"))')) == 2
    assert len(context.query("*.py", "((comment)* @doc . (function_definition) @f)")) == 3


def test_queries_say_what_they_left_out(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({**FILES, "e.py": "(" * 60_000}))
    globs = ["a.py", "*.go", "*.txt", "e.py"]
    found = context.query(globs, QUERY, limit=1)
    assert (len(found), found.total) == (1, None)
    assert found.note.startswith("Stopped at limit=1: c.go and what follows (3 files) not queried.")
    assert context.query("a.py", QUERY, limit=1).note == "3 more than limit=1."
    assert context.query(globs, QUERY).note == (
        "Go left out, since the query does not fit: The query does not fit Go: invalid node type "
        "function_definition at line 1, column 2. Did you mean function_declaration, function_type? "
        "Files of these kinds are not parsed: Text (1). "
        "e.py: It is too broken to be parsed as Python."
    )
    assert "No file matches" in context.query("nowhere/", QUERY).note
    assert "not parsed: Text (1)" in context.query("*.txt", QUERY).note


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (
            "(call\n  fuction: (_))",
            "does not fit Python: invalid field name fuction at line 2, column 3. Did",
        ),
        ("(function_defintion)", "at line 1, column 2. Did you mean function_definition"),
        ("(module (block))", "impossible pattern at line 1, column 9. No such node"),
        ("(call", "unexpected eof. Are all brackets closed?"),
        (" ", "1 to 20,000 characters"),
        (
            '((call) @a (#has? @a "x"))',
            "predicate #has\\? at line 1, column 13 is not known; there are #any-eq",
        ),
        ('(call) @a (#eq? @a "x")', "outside of a pattern"),
        ("(" * 101, "nested deeper than 100 at line 1, column 101"),
        ("(module (_)* @a (_)+ @b)", "second \\* or \\+ in one pattern at line 1, column 20"),
    ],
)
def test_queries_that_are_none_say_where(context_of: ContextOf, query: str, error: str) -> None:
    with pytest.raises(QueryError, match=error):
        context_of(snapshot_of(FILES)).query("*.py", query)


def test_queries_end(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.py": "f(x)\n" * 3_000, "b.py": "f(x)\n" * 300}))
    found = context.query("*.py", "(module (_)* @a (call)? @b)", limit=10)
    assert found.note.startswith("290 more than limit=10. a.py: it has more than 2,000 nodes in a row")
    pairs = context.query("b.py", "(module (_) @a (_) @b)")
    assert "b.py: some matches are missing, since too many were under way at once." in pairs.note
    with pytest.raises(QueryError, match="limit of at least 1"):
        context.query("*.py", QUERY, limit=0)
