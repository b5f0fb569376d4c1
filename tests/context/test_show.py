"""Several places at once, as a model reads and cites them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.context import Context
    from tests.support.contexts import ContextOf

GET = """src/store.py
-- 12-14 Store.get (def at 13)
12     # Looks a thing up.
13     def get(self, key):
14         return self._load(key)"""


def test_places_are_numbered_and_by_file(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    places = [
        "src/store.py::get",
        "src/app.ts:1-2",
        "src/store.py::Store.get",
        "src/store.py::_laod",
        "x.py:3",
    ]
    context.show(*places)
    shown = capsys.readouterr().out
    assert shown == (
        f"{GET}\n"
        "-- 20-21 get\n"
        "20 def get(key):\n"
        '21     return Store("default").get(key)\n'
        "\n"
        "src/app.ts\n"
        "-- 1-2\n"
        '1 import { Store } from "./store";\n'
        "2\n"
        "\n"
        "(src/store.py::_laod: src/store.py has no definition of '_laod'. Did you mean Store._load?)\n"
        "\n"
        "(x.py:3: No file 'x.py' in the workspace.)\n"
    )
    assert context.excerpts(*places) == shown[:-1]


def test_windows_around_hits_are_one_where_they_touch(context: Context) -> None:
    hits = context.grep("key", "src/store.py")
    shown = context.excerpts(hits, around=0)
    assert shown == (
        "src/store.py\n"
        "-- 13-14 in Store.get (12-14)\n"
        "13:     def get(self, key):\n"
        "14:         return self._load(key)\n"
        "-- 16-17 in Store._load (16-17)\n"
        "16:     def _load(self, key):\n"
        '17:         raise KeyError(f"get {key}")\n'
        "-- 20-21 in get (20-21)\n"
        "20: def get(key):\n"
        '21:     return Store("default").get(key)'
    )
    assert context.excerpts(list(hits), hits[0], "src/store.py:13", around=0) == shown
    joined = context.excerpts(hits, around=2)
    assert joined.count("--") == 1
    assert joined.startswith(
        "src/store.py\n-- 11-21 in Store.get (12-14), in Store._load (16-17), in get (20-21)\n"
        "11\n12      # Looks"
    )


@pytest.mark.parametrize(
    "program",
    [
        "c.find('Store.get')",
        "c.find('Store.get')[0]",
        "c.slice('src/store.py::Store.get')",
        "'src/store.py:12-14'",
    ],
)
def test_what_context_returns_can_be_shown(context: Context, program: str) -> None:
    assert context.excerpts(eval(program, {"c": context})) == GET


@pytest.mark.parametrize(
    "program",
    [
        "callers('_load')",
        "references('_load')[0]",
        "callees('Store.get')",
        "grep('self._load')",
        "rank('load')",
    ],
)
def test_what_has_a_line_is_shown_with_what_is_around(context: Context, program: str) -> None:
    shown = context.excerpts(eval(f"c.{program}", {"c": context}), around=1)
    assert re.search(r"^1[46]:     (    return self._load\(key\)|def _load)", shown, re.MULTILINE)


def test_what_cannot_be_shown_is_said_in_its_place(context: Context) -> None:
    assert "has lines 1 to 7; 99 to 99 is not among them" in context.excerpts("src/app.ts:99")
    assert "slice takes a string or a result, not int" in context.excerpts(3, "src/app.ts")  # type: ignore[arg-type]
    assert context.excerpts() == context.excerpts([]) == "(no places)"
    with pytest.raises(QueryError, match="around must be from 0 to 50 lines, not -1"):
        context.excerpts("src/app.ts:1", around=-1)


def test_a_hit_in_a_long_line_is_shown_in_few_characters(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.js": "x" * 90_000 + "\n"}))
    assert len(context.excerpts("a.js")) < 600


def test_grep_with_context_is_by_file_too(context_of: ContextOf) -> None:
    source = "def f():\n    a()\n    b()\n\n\ndef g():\n    return b()\n" + "\n" * 9 + "b()\n"
    context = context_of(snapshot_of({"a.py": source, "c.txt": "b()\n\n"}))
    hits = context.grep(r"b\(\)", context=2)
    assert [hit.symbol for hit in hits] == ["f", "g", "", ""]
    assert repr(hits) == (
        "a.py\n"
        "-- 1-7 f, g\n"
        "1  def f():\n"
        "2      a()\n"
        "3:     b()\n"
        "4\n"
        "5\n"
        "6  def g():\n"
        "7:     return b()\n"
        "8\n"
        "9\n"
        "-- 15-17\n"
        "15\n"
        "16\n"
        "17: b()\n"
        "c.txt\n"
        "-- 1-2\n"
        "1: b()\n"
        "2"
    ).replace("-- 1-7", "-- 1-9")
    many = context_of(snapshot_of({"a.txt": "b\n\n\n" * 500})).grep("b", "a.txt", context=1)
    assert "… 455 more, which are [45:]" in repr(many) or "more, which are [60:]" in repr(many)
    assert repr(many[:200]).count(": b") == 200
