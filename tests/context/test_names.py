"""Names that are not only letters of ASCII, or have separators in them: each is found as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from tests.support.contexts import ContextOf

FILES = {
    "s.js": (
        "class Store {\n  #items = [];\n  #load() { return this.#items; }\n  get() { this.#load(); }\n}\n"
    ),
    "d.sh": "deploy::run() {\n  echo hi\n}\nrun() { :; }\ndeploy::run\nrun\n",
    "g.md": "# Guide\n\n## 1.2 Node.js setup\n\ntext\n\n## Next\n",
    "n.cpp": "struct V { V operator/(V o); };\nV V::operator/(V o) { return o; }\n",
    "s.css": ".btn.primary { color: red }\n",
    "m.ex": "defmodule Shop.Cart do\n  def add(a, b), do: a\nend\n",
    "u.py": (
        "def café(x):\n    return x\n\ndef 数据():\n    return café(1)\n\n"
        "class Übergröße:\n    größe = 1\n\nber = café\n"
    ),
    "u.go": "package u\n\nfunc Größé() {}\n\ntype Maß struct {\n\thöhe int\n}\n",
    "u.rs": "fn наж() {}\nstruct Ж { ж: u8 }\n",
    "u.c": "int naïveté(void) { return 0; }\n",
}


@pytest.mark.parametrize(
    ("ref", "place"),
    [
        ("s.js::Store.#load", "s.js:3"),
        ("s.js::#items", "s.js:2"),
        ("d.sh::deploy::run", "d.sh:1-3"),
        ("d.sh::run", "d.sh:4"),
        ("g.md::Guide.1.2 Node.js setup", "g.md:3-5"),
        ("g.md::1.2 Node.js setup", "g.md:3-5"),
        ("n.cpp::V.operator/", "n.cpp:2"),
        ("s.css::.btn.primary", "s.css:1"),
        ("u.py::Übergröße.größe", "u.py:8"),
    ],
)
def test_a_definition_is_cut_by_its_own_name(context_of: ContextOf, ref: str, place: str) -> None:
    assert context_of(snapshot_of(FILES)).slice(ref).header.startswith(place)


@pytest.mark.parametrize("path", FILES)
def test_every_definition_is_cut_and_found_by_the_name_that_it_shows(
    context_of: ContextOf, path: str
) -> None:
    context = context_of(snapshot_of(FILES))
    pending = list(context.symbols(path))
    assert pending
    for symbol in pending:
        pending.extend(symbol.children)
        assert context.slice(f"{path}::{symbol.qualified_name}").symbol == symbol.qualified_name
        found = context.find(symbol.name)
        assert (path, symbol.line) in {(item.path, item.line) for item in found}, (symbol, found.note)


def test_uses_of_a_name_with_separators(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(FILES))
    assert context.callers("deploy::run")[0].line == 5
    assert [item.line for item in context.callers("run")] == [6]
    assert [item.line for item in context.callers("#load")] == [4]
    assert [item.name for item in context.callees("Store.get")] == ["#load"]
    assert [item.name for item in context.callees("数据")] == ["café"]
    assert [item.line for item in context.references("café")] == [1, 5, 10]
    assert [item.line for item in context.references("ber")] == [10]
    assert [item.name for item in context.find("caf*")] == ["café"]
    assert [item.name for item in context.find("ÜBERGRÖSZE")] == []
    assert [item.name for item in context.find("übergröße")] == ["Übergröße"]
    assert [item.name for item in context.find("naïvetée")] == ["naïveté"]
    with pytest.raises(QueryError, match="no definition"):
        context.slice("g.md::js setup")
