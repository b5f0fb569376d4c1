from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.context.api_reference import api_reference
from rlm_core.context.context import Context
from rlm_core.errors import QueryError
from rlm_core.syntax.registry import preload
from rlm_core.workspace.snapshot import Skipped
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.contexts import ContextOf


def test_it_feels_like_a_mapping(context: Context) -> None:
    assert len(context) == 5
    assert next(iter(context)) == "README.md"
    assert "src/app.ts" in context
    assert "app.ts" not in context
    assert context["src/util/text.py"].startswith("def trim")
    assert context["./src/util/text.py"] == context["src/util/text.py"]


def test_an_unknown_path_suggests_near_ones(context: Context) -> None:
    with pytest.raises(
        QueryError, match=r"No file 'text.py' in the workspace. Did you mean src/util/text.py\?"
    ):
        context["text.py"]


def test_paths_know_their_files(context: Context) -> None:
    file = context.files("src/store.py")[0]
    assert (file.path, file.language, file.lines) == ("src/store.py", "Python", 21)
    assert file.size == len(context[file])
    assert context[file] == context[str(file)]


def test_facts(context_of: ContextOf) -> None:
    skipped = [Skipped("a.png", "binary"), Skipped("b.png", "binary"), Skipped(".env", "secret")]
    context = context_of(snapshot_of({"a.py": "x\n", "src/b.py": "y" * 2000, "src/c.zzz": "z\n"}, skipped))
    facts = context.facts
    assert (facts.files, facts.bytes) == (3, 2004)
    assert facts.languages == {"Python": 2, "other": 1}
    assert facts.skipped == {"binary": 2, "secret": 1}
    assert [(folder.path, folder.files) for folder in facts.folders] == [("src/", 2)]
    assert str(facts) == (
        "3 files, 2.0 kB\n"
        "files by language: Python 2, other 1\n"
        "largest folders: src/ (2 files, 2.0 kB)\n"
        "left out: binary 2, secret 1 (context.skipped lists them)"
    )
    assert [item.path for item in context.skipped] == ["a.png", "b.png", ".env"]
    assert "3 files, 2.0 kB" in repr(context)
    assert context.id in repr(context)


def test_an_empty_context_answers_everything(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({}))
    assert len(context) == 0
    assert context.grep("a") == []
    assert context.find("a") == []
    assert context.rank("something") == []
    assert context.files("*.py").note == "The workspace has no files."
    assert str(context.facts) == "0 files, 0 B"
    assert context.tree() == ""


def test_tree(context: Context) -> None:
    assert repr(context.tree(depth=2)) == (
        "src/  3 files, 504 B\n"
        "  util/  1 file, 64 B\n"
        "  app.ts  107 B\n"
        "  store.py  333 B\n"
        "tests/  1 file, 73 B\n"
        "  test_store.py  73 B\n"
        "README.md  35 B"
    )
    assert "store.py" not in context.tree(depth=1)


def test_a_long_tree_says_what_is_missing(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({f"folder{n}/{'x' * 80}{m}": "" for n in range(300) for m in range(3)}))
    assert "more lines; files(glob) lists a part" in context.tree()


def test_outline_of_one_file_has_everything(context: Context) -> None:
    assert repr(context.outline("src/store.py")) == (
        "src/store.py (21 lines)\n"
        "  3-3 LIMIT = 10\n"
        "  6-17 class Store:\n"
        "    9-10 def __init__(self, name):\n"
        "    12-14 (def at 13) def get(self, key):\n"
        "    16-17 def _load(self, key):\n"
        "  20-21 def get(key):"
    )
    assert "def get(self" not in context.outline("src/store.py", depth=1)


def test_values_share_a_line_of_an_outline(context_of: ContextOf) -> None:
    fields = "    a = 1  # type: int\n    b: int = 2\n    c = Field(max_length=3)\n"
    python = f"LIMIT = 1\n\n\nclass A:\n{fields}\n    def f(self):\n        pass\n"
    go = "package b\n\n// T is.\ntype T struct {\n\tX int\n\tY int\n}\n"
    context = context_of(snapshot_of({"a.py": python, "b.go": go}))
    assert context.outline("a.py") == (
        "a.py (10 lines)\n  1-1 LIMIT = 1\n  4-10 class A:\n    5-7 a, b, c\n    9-10 def f(self):"
    )
    assert "  3-7 (def at 4) type T struct\n    5-6 X, Y" in context.outline("b.go")
    assert context.outline("a.py", kinds="class") == "a.py (10 lines)\n  4-10 class A:"
    assert "  4-10 class A:\n    9-10 def f(self):" in context.outline("a.py", kinds=["method"])
    assert "a, b, c" not in context.outline("a.py", kinds=["method"])
    assert "X, Y" in context.outline("*", kinds=["field"])
    assert "f(self)" not in context.outline("a.py", depth=1)


def test_outline_of_many_files_leaves_out_values(context: Context) -> None:
    outline = context.outline("src/")
    assert "src/app.ts (7 lines)\n  3-7 export class App" in outline
    assert "LIMIT" not in outline
    cut = context.outline("src/", max_chars=120)
    assert "cut at max_chars=120: 2 of 3 files are missing or cut" in cut
    assert context.outline("scr/") == "No file matches 'scr/'. Did you mean src?"


def test_chunks_know_their_place(context: Context) -> None:
    pieces = context.chunks("src/", max_chars=150)
    assert {piece.path for piece in pieces} == {"src/app.ts", "src/store.py", "src/util/text.py"}
    for path in ("src/app.ts", "src/store.py", "src/util/text.py"):
        assert "".join(piece for piece in pieces if piece.path == path) == context[path]
    for piece in pieces:
        assert context.lines(piece.path, piece.start_line, piece.end_line) == piece
    assert any(piece.symbol.startswith("Store") for piece in pieces)


def test_chunks_say_what_they_are_in(context_of: ContextOf) -> None:
    methods = "".join(f"    def m{n}(self):\n        return {n}\n\n" for n in range(6))
    context = context_of(snapshot_of({"a.py": f"class A:\n{methods}def f():\n    return 1\n"}))
    headers = [piece.header for piece in context.chunks("a.py", max_chars=90)]
    assert headers == ["a.py:1-7 A", "a.py:8-13 A", "a.py:14-19 A", "a.py:20-21 f"]
    overlapping = context.chunks("a.py", max_chars=90, overlap=30)
    assert [piece.header for piece in overlapping][1:3] == ["a.py:3-7 A.m1", "a.py:6-10 A.m2"]


def test_chunks_of_other_line_ends(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.txt": "one\r\ntwo\rthree\nfour" * 3}))
    pieces = context.chunks("a.txt", max_chars=9)
    assert "".join(pieces) == context["a.txt"]
    assert [(piece.start_line, piece.end_line) for piece in pieces][:2] == [(1, 2), (3, 3)]


def test_long_lists_print_their_beginning_and_the_rest_as_a_number(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({f"f{n:04}.py": "x = 1\n" for n in range(500)}))
    shown = repr(context.files())
    assert "\n'f0044.py'\n… 440 more, which are [45:485] …\n'f0485.py'\n" in shown
    assert shown.endswith("'f0499.py'")
    assert len(shown) < 2_000
    assert repr(context.files()[:2]) == "'f0000.py'\n'f0001.py'"


def test_a_list_whose_length_was_asked_for_is_printed_whole(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.py": "def f(): g()\n" * 150}))
    assert "90 more, which are [45:135]" in repr(context.grep("def", "a.py"))
    for asked in (
        context.grep("def", limit=150),
        context.grep("def", "a.py")[:150],
        context.callers("g", limit=150),
    ):
        assert len([line for line in repr(asked).splitlines() if line.startswith("a.py:")]) == 150
    assert "a.py:120: def" not in repr(context.grep("def", "a.py")[10:])


def test_the_reference_is_complete_and_short() -> None:
    text = api_reference()
    assert len(text) < 3_300
    public = {name for name in vars(Context) if not name.startswith("_")}
    assert all(f"\n.{name}" in text or f" .{name}" in text for name in public)
    assert "\n.grep(regex, glob=, ignore_case=, context=, multiline=): Matching lines" in text
    assert "\n.show(*places, around=): " in text


def test_everything_can_be_loaded_ahead() -> None:
    preload()
    preload()


def test_a_file_that_was_left_out_is_not_called_missing(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.py": "a"}, [Skipped("big.txt", "larger than 4096 KB")]))
    looks: list[Callable[[], object]] = [
        lambda: context["big.txt"],
        lambda: context.lines("./big.txt", 1, 2),
    ]
    for look in looks:
        with pytest.raises(QueryError, match=r"big\.txt is not part of the context: larger than 4096 KB"):
            look()


def test_rows_lead_on_to_what_they_are_about(context_of: ContextOf) -> None:
    files = {"a.py": "class A:\n    def f(self):\n        g()\n\n\nclass B(A):\n    pass\n"}
    context = context_of(snapshot_of(files))
    assert [row.ref for row in context.subclasses("A")] == ["a.py::B"]
    assert [row.symbol for row in context.find("f")] == ["A.f"]
    (call,) = context.callers("g")
    assert call.ref == "a.py::A.f"
    assert str(context.slice(call.ref)) == "    def f(self):\n        g()\n"
    assert context.callees(call.ref)[0].ref == "a.py:3"
