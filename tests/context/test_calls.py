"""callers and callees, and the roles that references tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.context import Context
    from tests.support.contexts import ContextOf

# Each calls `run` in as many ways as its language has, and mentions it without a call.
CALLS = {
    "a.py": ("@run\n@app.run(1)\ndef f():\n    run(x.run())\n    g = run\n    # run()\n", [1, 2, 4, 4]),
    "a.js": ("run(1);\na?.run();\nnew run();\nlet g = run;\n'run()';\n", [1, 2, 3]),
    "a.tsx": ("const x = <Run a={run()} />;\nthis.run<T>();\nlet g: typeof run;\n", [1, 2]),
    "a.go": ("package a\nfunc f() {\n\trun(p.run())\n\tg := run\n}\n", [3, 3]),
    "a.rs": (
        "fn f() {\n    run(a::run::<T>());\n    run!(1);\n    b!(run(2));\n    let g = run;\n}\n",
        [2, 2, 3, 4],
    ),
    "A.java": (
        "class A {\n  void f() {\n    run(x.run());\n    new run<T>();\n    Object o = A::run;\n  }\n}\n",
        [3, 3, 4],
    ),
    "a.c": ("int f(void)\n{\n\trun(p->run());\n\tg = run;\n\treturn 0;\n}\n", [3, 3]),
    "a.cc": ("int f() {\n  n::run(t.run<int>());\n  run<int>();\n  return new run();\n}\n", [2, 2, 3, 4]),
    "A.cs": (
        "class A {\n  void F() {\n    run(x.run(), y?.run());\n    run<int>();\n    new run();\n  }\n}\n",
        [3, 3, 3, 4, 5],
    ),
    "a.rb": ("def f\n  run(1)\n  x.run\n  g = :run\nend\n", [2, 3]),
    "a.php": ("<?php\nrun(1);\n$a->run();\nA::run();\nnew run();\n$g = 'run';\n", [2, 3, 4, 5]),
    "b.go": ("package a\nfunc f() {\n\trun[int](1)\n\tp.run[A, B](2)\n\t(run)(3)\n}\n", [3, 4, 5]),
    "b.ts": ("run!(1);\nthis.run!(2);\n(run)(3);\n@run class A {}\n", [1, 2, 3, 4]),
    "b.cc": (
        "int f() {\n  a::b::c::run();\n  a::b::run<int>();\n  x.template run<T>();\n  run{1};\n}\n",
        [2, 3, 4, 5],
    ),
    "b.c": (
        "#define A(x) run(x)\n#define B \\\n  run(1)  // run(2)\nint f(void)\n{\n  (run)(3);\n#if C\n"
        "  if (run(4)) {\n#else\n  if (run(5)) {\n#endif\n  }\n}\n",
        [1, 3, 6, 8, 10],
    ),
    "B.java": ("class A {\n  void f() {\n    new a.b.run<T>();\n    this.<T>run();\n  }\n}\n", [3, 4]),
    "B.cs": ("class A {\n  void F() {\n    a?.b.run();\n    run!(1);\n    (run)(2);\n  }\n}\n", [3, 4, 5]),
    "b.php": ("<?php\nA\\run(1);\nnew A\\run(2);\n($a->run)(3);\n", [2, 3, 4]),
    "a.kt": (
        "fun f() {\n  run(1)\n  a.run(2)\n  b.map { run(it) }\n  a.run { it }\n  val g = ::run\n}\n",
        [2, 3, 4, 5],
    ),
    "a.swift": ("func f() {\n  run(1)\n  a?.run(2)\n  run { $0 }\n  let g = run\n}\n", [2, 3, 4]),
    "a.scala": (
        "object A {\n  def f = {\n    run(1)\n    a.run[Int](2)\n    new run(3)\n  }\n}\n",
        [3, 4, 5],
    ),
    "a.lua": ("run(1)\na.run(2)\na:run(3)\nlocal g = run\n", [1, 2, 3]),
    "a.dart": ("void f() {\n  run(1);\n  a.run(2);\n  a?.run<int>(3);\n  var g = run;\n}\n", [2, 3, 4]),
    "a.ex": (
        "defmodule A do\n  def run(x), do: x\n  def f do\n    run(1)\n    B.run(2)\n"
        "    x |> run()\n  end\nend\n",
        [4, 5, 6],
    ),
    "a.groovy": ("def f() {\n  run(1)\n  a.run(2)\n  run 3\n}\n", [2, 3, 4]),
    "a.hs": ("f x = run x\ng = M.run 1 2\n", [1, 2]),
    "a.ml": ("let f x = run x\nlet g = M.run 1 2\n", [1, 2]),
    "a.zig": ("fn f() void {\n  run(1);\n  a.run(2);\n}\n", [2, 3]),
    "a.jl": ("function run(x)\nend\nrun(1)\nM.run(2)\nrun.(x)\n", [3, 4, 5]),
    "a.ps1": ("run 1\n$a.run(2)\n", [1, 2]),
    "a.pl": ("run(1);\n$a->run(2);\nM::run(3);\n", [1, 2, 3]),
    "a.sol": ("contract A { function f() public {\n  run(1);\n  a.run(2);\n  emit run(3);\n} }\n", [2, 3, 4]),
    "a.m": ("@implementation A\n- (void)f {\n  run(1);\n  [self run];\n}\n@end\n", [3, 4]),
    "a.f90": ("program p\n  call run(1)\n  x = run(2)\nend program\n", [2, 3]),
    "a.nix": ("{ x = run 1;\n  y = lib.run 2; }\n", [1, 2]),
    "a.sql": ("select run(1);\n", [1]),
    "a.tf": ("x = run(1)\n", [1]),
    "c.rs": ("fn f() {\n    r#run(1);\n}\n", [2]),
    "c.cs": ("class A {\n  void F() {\n    @run();\n  }\n}\n", [3]),
    "c.kt": ("fun f() {\n  `run`(1)\n}\n", [2]),
    "a.sh": ("f() {\n  run one\n  echo run\n}\n", [2]),
}


@pytest.mark.parametrize("path", CALLS)
def test_calls_are_told_from_other_mentions(context_of: ContextOf, path: str) -> None:
    text, lines = CALLS[path]
    found = context_of(snapshot_of({path: text, "notes.md": "run()\n"})).callers("run")
    assert [place.line for place in found] == lines
    assert found.note == ""


def test_components_are_called_by_their_elements(context_of: ContextOf) -> None:
    files = {"a.tsx": "const x = <Panel><b/></Panel>;\n", "b.jsx": "export const y = () => <Panel />;\n"}
    context = context_of(snapshot_of(files))
    assert [place.path for place in context.callers("Panel")] == ["a.tsx", "b.jsx"]
    assert context.callers("b") == []


def test_what_defines_is_not_called(context_of: ContextOf) -> None:
    text = "defmodule A do\n  def b(c), do: d(c)\n  def d(c), do: c\nend\n"
    context = context_of(snapshot_of({"a.ex": text}))
    assert [callee.name for callee in context.callees("A.b/1")] == ["d"]
    assert context.callers("def") == []


def test_components_that_are_members_are_called_too(context_of: ContextOf) -> None:
    files = {"a.tsx": "const x = <Menu.Item/>;\n", "b.jsx": "const y = <Menu.Item>z</Menu.Item>;\n"}
    assert [place.path for place in context_of(snapshot_of(files)).callers("Item")] == ["a.tsx", "b.jsx"]


def test_where_calls_are_not_known_it_says_so(context_of: ContextOf) -> None:
    texts = {"b.r": "run()\n", "c.r": "run()\n", "notes.md": "run()\n"}
    context = context_of(snapshot_of(texts))
    said = "Calls in R are not known (2 files); grep works."
    assert said in context.callers("run").note
    assert said in context.references("run").note
    assert context.callers("nothing").note == ""
    assert context.callees("b.r").note == "b.r: Calls in R are not known; grep works."


def test_the_caller_is_the_innermost_of_definitions_on_a_line(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.cpp": "struct A { void f() { run(); } };\n"}))
    assert [place.symbol for place in context.callers("run")] == ["A.f"]


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("a.sh", "a::run() {\n  x\n}\na::run\n", "a::run"),
        ("a.js", "class A {\n  #run() {}\n\n  go() { this.#run(); }\n}\n", "A.#run"),
        ("a.js", "class A {\n  #run() {}\n\n  go() { this.#run(); }\n}\n", "#run"),
    ],
)
def test_a_name_with_a_separator_in_it_is_called(
    context_of: ContextOf, path: str, text: str, name: str
) -> None:
    assert [place.line for place in context_of(snapshot_of({path: text})).callers(name)] == [4]


def test_callers_have_the_function_around_them(context: Context) -> None:
    found = context.callers("Store.get")
    assert [repr(place) for place in found] == [
        'src/app.ts:5: return new Store().get("home");  (in App.start)',
        'src/store.py:21: return Store("default").get(key)  (in get)',
        "tests/test_store.py:5: assert Store('a').get('b')  (in test_get)",
    ]
    assert "the type before it is not known" in found.note
    limited = context.callers("get", limit=1)
    assert len(limited) == 1
    assert "Stopped at limit=1: files from src/store.py on not searched." in limited.note
    assert {place.path for place in context.callers("get", "src/")} == {"src/app.ts", "src/store.py"}


def test_callees_are_each_listed_once(context_of: ContextOf, context: Context) -> None:
    by_place = context.callees("src/store.py::Store.get")
    assert [repr(callee) for callee in by_place] == ["src/store.py:14: _load: return self._load(key)"]
    assert by_place.note == ""
    assert context.callees(context.find("Store.get")[0]) == by_place
    assert context.callees("Store.get") == by_place
    assert context.callees("src/store.py:14") == by_place
    twice = context_of(snapshot_of({"a.py": "def f():\n    g(h(1))\n    h(2)\n"}))
    assert [(callee.name, callee.line, callee.times) for callee in twice.callees("f")] == [
        ("g", 2, 1),
        ("h", 2, 2),
    ]


def test_callees_of_several_and_of_none(context: Context) -> None:
    assert context.callees("get").note.startswith("Also defined at src/store.py:20.")
    with pytest.raises(QueryError, match="No file 'nowhere'"):
        context.callees("nowhere")
    assert context.callees("README.md") == []


def test_references_tell_imports(context: Context) -> None:
    roles = {(place.path, place.line): place.role for place in context.references("Store")}
    assert roles["src/app.ts", 1] == "import"
    assert roles["tests/test_store.py", 1] == "import"
    assert roles["src/store.py", 6] == "definition"
