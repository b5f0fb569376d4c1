"""implementers and methods: by what types say, and in Go by what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.context import Context
    from rlm_core.context.rows import Relation
    from tests.support.contexts import ContextOf

GO = {
    "go.mod": "module example.org/shop\n",
    "store/store.go": (
        "package store\n\n"
        "type Store interface {\n\tio.Closer\n\tGet(key, kind string) (Item, error)\n}\n\n"
        "type Item struct{}\n\n"
        "type Shelf struct{ items []Item }\n\n"
        "func (s *Shelf) Get(key string, kind string) (item Item, err error) { return }\n\n"
        "func (Shelf) Len() int { return 0 }\n"
    ),
    "store/logged.go": (
        "package store\n\n"
        "type Logged struct{ Store }\n\n"
        "func (l Logged) Close() error { return l.Store.Close() }\n\n"
        "type Lines struct{ Shelf }\n\n"
        "func (Lines) Get(key, kind string) (Item, error) { return Item{}, nil }\n"
    ),
    "store/close.go": "package store\n\nfunc (s *Shelf) Close() error { return nil }\n",
    "app/app.go": (
        "package app\n\n"
        'import st "example.org/shop/store"\n\n'
        "type Cache struct {\n\t*st.Shelf\n\tname string\n}\n\n"
        "func (c Cache) Len() int { return 1 }\n\n"
        "type Wrapped struct{ st.Store }\n\n"
        "type Value struct{}\n\n"
        "func (Value) Get(string, string) (st.Item, error) { return st.Item{}, nil }\n"
        "func (Value) Close() error                        { return nil }\n\n"
        "type Other struct{}\n\n"
        "func (Other) Get(key int) (st.Item, error) { return st.Item{}, nil }\n"
        "func (Other) Close() error                 { return nil }\n\n"
        "type Half struct{}\n\n"
        "func (Half) Close() error { return nil }\n\n"
        "type Both struct {\n\tHalf\n\tOther\n}\n\n"
        "func close() { x.Close() }\n"
    ),
}


def related(found: list[Relation]) -> list[str]:
    return [f"{each.qualified_name} {each.via}".strip() for each in found]


@pytest.fixture
def go(context_of: ContextOf) -> Context:
    """Types of Go that have methods in every way."""
    return context_of(snapshot_of(GO))


def test_types_of_go_implement_by_their_methods(go: Context) -> None:
    found = go.implementers("Store")
    assert related(found) == [
        "Cache embeds st.Shelf",
        "Wrapped embeds st.Store",
        "Value",
        "Logged embeds Store",
        "Lines embeds Shelf",
        "Shelf *",
    ]
    assert "not all as it asks for: Other.Get (app/app.go:21)." in found.note
    assert repr(found[-1]) == "store/store.go:10 struct Shelf  (via *)"
    assert related(go.implementers("io.Closer")) == [
        "Cache embeds st.Shelf",
        "Wrapped embeds st.Store",
        "Value",
        "Other",
        "Half",
        "Logged",
        "Lines embeds Shelf",
        "Shelf *",
    ]
    assert go.implementers("Store", limit=1).note.startswith("5 more than limit=1.")
    with pytest.raises(QueryError, match="limit of at least 1"):
        go.implementers("Store", limit=0)


def test_methods_of_go_are_promoted(go: Context) -> None:
    assert [repr(each) for each in go.methods("Cache")] == [
        "store/close.go:3 method Shelf.Close  (via st.Shelf)",
        "store/store.go:12 method Shelf.Get  (via st.Shelf)",
        "app/app.go:10 method Cache.Len",
    ]
    # Two of the name at one depth hide each other.
    assert related(go.methods("Both")) == ["Other.Get Other"]
    assert related(go.methods("Store")) == ["Store.Close io.Closer", "Store.Get"]


def test_signatures_are_compared_without_names_and_packages(context_of: ContextOf) -> None:
    text = (
        "package a\n\ntype I interface {\n"
        "\tF(f func(a, b int) (c string), m map[string]*p.Item, x ...interface{}) (n int)\n}\n\n"
        "type Same struct{}\n\n"
        "func (Same) F(func(int, int) string, map[string]*Item, ...any) int { return 0 }\n\n"
        "type Not struct{}\n\n"
        "func (Not) F(func(int) string, map[string]*Item, ...any) int { return 0 }\n\n"
        "type G[T any] struct{}\n\n"
        "func (G[T]) F(f func(T) string, m map[string]*Item, x ...any) int { return 0 }\n"
    )
    assert related(context_of(snapshot_of({"a.go": text})).implementers("I")) == ["Same", "G"]


SAID = {
    "a.ts": ("interface I {}\ninterface J extends I {}\nclass A implements J {}\n", ["A J"]),
    "a.py": ("from typing import Protocol\n\nclass I(Protocol): ...\n\nclass A(I): ...\n", ["A I"]),
    "A.java": (
        "interface I {}\nenum E implements I { X }\nclass A implements I {}\nclass B extends A {}\n",
        ["E I", "A I", "B A"],
    ),
    "A.cs": ("interface I {}\nstruct S : I {}\nclass A : I {}\n", ["S I", "A I"]),
    "a.php": ("<?php\ninterface I {}\nclass A implements I {}\n", ["A I"]),
    "a.rs": (
        "trait I {}\ntrait J: I {}\nstruct A;\nimpl I for A {}\nimpl<T> I for Vec<T> {}\n"
        "impl I for &A {}\ncfg_net! {\n    impl I for B {}\n}\nquote! {\n    impl I for C {}\n}\n",
        ["A I", "Vec<T> I", "&A I", "B I"],
    ),
}


@pytest.mark.parametrize("path", SAID)
def test_types_implement_by_what_they_say(context_of: ContextOf, path: str) -> None:
    text, expected = SAID[path]
    found = context_of(snapshot_of({path: text})).implementers("I")
    assert related(found) == expected
    assert ("may be missing: a.rs" in found.note) is (path == "a.rs")
    assert ("others may have its shape" in found.note) is (path in {"a.ts", "a.py"})


def test_methods_are_inherited_in_order(context_of: ContextOf) -> None:
    text = (
        "class A:\n    def one(self): ...\n    def two(self): ...\n\n\n"
        "class B(A):\n    x = 1\n    def two(self): ...\n\n\nclass C(B, Unknown): ...\n"
    )
    found = context_of(snapshot_of({"a.py": text})).methods("C")
    assert related(found) == ["B.two B", "A.one A"]
    assert found.note == "Not defined in the workspace: Unknown (a.py:11)."


def test_methods_of_rust_are_in_any_file(context_of: ContextOf) -> None:
    files = {
        "Cargo.toml": '[package]\nname = "shop"\n',
        "src/lib.rs": "pub mod cart;\nmod more;\nmod other;\n",
        "src/cart.rs": (
            "pub struct Cart;\nimpl Cart { fn one(&self) {} }\npub trait T { fn three(&self) {} }\n"
        ),
        "src/more.rs": "use crate::cart::{Cart, T};\nimpl Cart { fn two(&self) {} }\nimpl T for Cart {}\n",
        "src/other.rs": "struct Cart;\nimpl Cart { fn not(&self) {} }\n",
    }
    found = context_of(snapshot_of(files)).methods("src/cart.rs::Cart")
    assert related(found) == ["Cart.one", "Cart.two", "T.three T"]
