"""bases, subclasses, mro and overrides: small hierarchies in the ways of each language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.context import Context
    from rlm_core.context.rows import Relation
    from tests.support.contexts import ContextOf

PYTHON = {
    "shop/__init__.py": "from .base import Base as Item\nfrom shop.extra import *\n",
    "shop/base.py": (
        "import abc\n\n\nclass Base(abc.ABC):\n    def price(self):\n        return 0\n\n"
        "    class Meta:\n        pass\n\n\nOld = Base\n"
    ),
    "shop/extra.py": (
        "from shop.base import Base\n\n\nclass Tea(Base):\n    price = property(lambda self: 1)\n"
    ),
    "app/models.py": (
        "import shop.base\nimport shop as s\nfrom shop import Item, Tea\nfrom shop.base import Old\n\n\n"
        "class One(shop.base.Base): ...\n\n\n"
        "class Two(s.Item[int], metaclass=Item):\n    def price(self):\n        return 2\n\n"
        "    class Meta(s.Item.Meta):\n        pass\n\n\n"
        "class Three(\n    Old,  # Base\n): ...\n\n\n"
        "def make():\n    class Four(Tea):\n        async def price(self): ...\n    return Four\n\n\n"
        "class Five(mixed(Item)): ...\n"
    ),
    # Another type of the same name, and what only looks like a type.
    "other/base.py": "class Base: ...\n\n\nclass Mine(Base): ...\n",
    "other/docs.py": '"""\nclass Six(Base):\n"""\nfrom elsewhere import Base\n\n\nclass Seven(Base): ...\n',
    "other/late.py": (
        "try:\n    from fast import Item\nexcept ImportError:\n    from shop import Item\n\n\n"
        "class Eight(Item): ...\n\n\nclass Item(Item): ...\n\n\nclass Nine(Item): ...\n"
    ),
}


def names(found: list[Relation]) -> list[str]:
    return [relation.qualified_name for relation in found]


def places(found: list[Relation]) -> list[str]:
    return [f"{relation.path}:{relation.line} {relation.name}" for relation in found]


@pytest.fixture
def shop(context_of: ContextOf) -> Context:
    """Classes of Python that are imported in every way."""
    return context_of(snapshot_of(PYTHON))


def test_subclasses_are_found_through_imports_aliases_and_exports(shop: Context) -> None:
    found = shop.subclasses("shop/base.py::Base")
    assert names(found) == ["One", "Two", "Three", "make.Four", "Eight", "Item", "Nine", "Tea"]
    assert repr(found[3]) == "app/models.py:24 class make.Four  (via Tea)"
    assert shop.slice(found[1]).startswith("class Two(s.Item[int]")
    direct = shop.subclasses("shop.Item", transitive=False)
    assert names(direct) == ["One", "Two", "Three", "Eight", "Item", "Tea"]
    assert names(shop.subclasses("shop/__init__.py::Tea")) == ["make.Four"]
    assert places(shop.subclasses("other/base.py::Base")) == ["other/base.py:4 Mine"]
    assert names(shop.subclasses("Base.Meta")) == ["Two.Meta"]


def test_subclasses_say_what_they_do_not_know(shop: Context) -> None:
    found = shop.subclasses("Base")
    assert "Base is defined 2 times, all are meant: other/base.py:1, shop/base.py:4;" in found.note
    unknown = "1 base may mean it by an expression that is not followed: app/models.py:29 (mixed(Item))"
    assert unknown in found.note
    assert shop.subclasses("Base", limit=1).note.startswith("8 more than limit=1.")
    with pytest.raises(QueryError, match="limit of at least 1"):
        shop.subclasses("Base", limit=0)


def test_bases_of_other_packages_have_subclasses_too(shop: Context) -> None:
    found = shop.subclasses("abc.ABC", transitive=False)
    assert places(found) == ["shop/base.py:4 Base"]
    assert found.note == "No type abc.ABC is defined in the workspace."
    assert places(shop.subclasses("elsewhere.Base")) == ["other/docs.py:7 Seven"]


def test_bases_and_order_of_lookup(context_of: ContextOf, shop: Context) -> None:
    found = shop.bases("Two")
    assert places(found) == ["shop/base.py:4 Base"]
    assert found[0].via == "s.Item[int]"
    outside = shop.bases("shop/base.py::Base")
    assert repr(outside[0]) == "shop/base.py:4 external abc.ABC  (via abc.ABC)"
    assert outside.note == "Not defined in the workspace: abc.ABC (shop/base.py:4)."
    diamond = (
        "class A: ...\nclass B(A): ...\nclass C(A): ...\nclass D(B, C): ...\nclass E(D, missing.F): ...\n"
    )
    order = context_of(snapshot_of({"a.py": diamond})).mro("E")
    assert names(order) == ["E", "D", "B", "C", "A", "missing.F"]
    assert "missing.F (a.py:5)" in order.note
    assert names(shop.mro("make.Four")) == ["make.Four", "Tea", "Base", "abc.ABC"]


def test_an_order_that_does_not_exist_is_one_by_depth(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.py": "class A(B): ...\nclass B(A): ...\nclass C(A, B): ...\n"}))
    order = context.mro("C")
    assert names(order) == ["C", "A", "B"]
    assert "no consistent order" in order.note


def test_overrides_are_what_types_below_define_themselves(shop: Context) -> None:
    found = shop.overrides("shop/base.py::Base.price")
    assert [(each.qualified_name, each.kind) for each in found] == [
        ("Two.price", "method"),
        ("make.Four.price", "method"),
        ("Tea.price", "field"),
    ]
    method = shop.find("Base.price")[0]
    assert shop.overrides(method) == found
    with pytest.raises(QueryError, match="Name the type too"):
        shop.overrides("price")


OTHERS = {
    "typescript": (
        {
            "lib/base.ts": (
                "export default abstract class Base<T> {}\n"
                "export interface Shown extends Seen {}\n"
            ),
            "lib/index.ts": "export { default as Root } from './base';\nexport * from './base';\n",
            "app/a.ts": (
                "import Anything, { Shown } from '../lib/base';\n"
                "class A extends Anything<{ x: 1 }> implements Shown {}\n"
            ),
            "app/b.tsx": "import * as lib from '../lib';\nexport const B = class extends lib.Root<X> {};\n",
            "app/c.js": (
                "const { Root: R } = require('../lib');\nclass C extends R {}\n"
                "module.exports = { See: C };\n"
            ),
            "app/d.js": "const c = require('./c');\nclass D extends c.See {}\n",
            "app/e.ts": (
                "class Base {}\nclass E extends Base {}\n"
                "namespace n { export class F extends Base {} }\n"
            ),
        },
        "lib/base.ts::Base",
        ["A", "B", "C", "D"],
    ),
    "typescript interfaces": (
        {
            "a.ts": (
                "interface I {}\ninterface J extends I, K<string> {}\nclass A implements J {}\n"
                "class B extends A {}\n"
            )
        },
        "I",
        ["J", "A", "B"],
    ),
    "java": (
        {
            "a/Base.java": "package a;\npublic class Base { static class In extends Base {} }\n",
            "a/Near.java": "package a;\nclass Near extends Base implements Runnable {}\n",
            "b/Far.java": (
                "package b;\nimport a.Base;\nclass Far<T> extends Base { }\n"
                "record R() implements a.Shown {}\n"
            ),
            "b/Wide.java": (
                "package b;\nimport a.*;\nenum Wide implements Shown { X }\n"
                "class W extends Base {}\n"
            ),
            "c/Base.java": "package c;\nclass Base {}\nclass Other extends Base {}\n",
            "d/None.java": "package d;\nimport org.lib.Base;\nclass None extends Base {}\n",
            "e/Full.java": "package e;\nclass Full extends a.Base.In {}\n",
        },
        "a/Base.java::Base",
        ["Base.In", "Near", "Far", "W", "Full"],
    ),
    "c#": (
        {
            "Base.cs": "namespace Shop;\npublic abstract class Base<T> : IThing { }\n",
            "A.cs": (
                "using Shop;\nusing Root = Shop.Base<int>;\n"
                "namespace App { class A : Base<int>, IOther {} class B : Root {} }\n"
            ),
            "C.cs": "namespace Shop.Inner { record C(int X) : Base<int>(X); struct S : IThing {} }\n",
        },
        "Base.cs::Base",
        ["App.A", "App.B", "Shop.Inner.C"],
    ),
    "c++": (
        {
            "base.h": "namespace n {\nclass Base { virtual void f(); };\n}\n",
            "a.cc": (
                "#include \"base.h\"\nclass A final : public n::Base, private Other<int> { };\n"
                "using B = n::Base;\nstruct C : B { class D : virtual C {}; };\n"
                "template <class T> class E : public A {};\n"
            ),
        },
        "n.Base",
        ["A", "C", "C.D", "E"],
    ),
    "php": (
        {
            "src/Base.php": "<?php\nnamespace Shop;\nabstract class Base {}\ntrait Loud {}\n",
            "src/A.php": (
                "<?php\nnamespace App;\nuse Shop\\Base as Root;\n"
                "class A extends Root { use \\Shop\\Loud; }\n"
            ),
            "src/B.php": (
                "<?php\nnamespace Shop;\nclass B extends \\Shop\\Base implements I {}\n"
                "class C extends B {}\n"
            ),
            "src/N.php": "<?php\nnamespace Other;\nclass N extends Base {}\n",
        },
        "src/Base.php::Base",
        ["A", "B", "C"],
    ),
    "ruby": (
        {
            "a.rb": "module Shop\n  class Base; end\n  class A < Base\n    include Loud\n  end\nend\n",
            "b.rb": "class B < Shop::Base; end\nRoot = Shop::Base\nclass C < Root; end\nmodule Loud; end\n",
        },
        "Shop.Base",
        ["Shop.A", "B", "C"],
    ),
    "ruby modules": (
        {"a.rb": "module Loud; end\nclass A\n  include Loud, Other\nend\nclass B < A; end\n"},
        "Loud",
        ["A", "B"],
    ),
    "rust": (
        {
            "Cargo.toml": '[package]\nname = "shop"\n',
            "src/lib.rs": "pub mod base;\npub use base::{Base as Root, Other};\n",
            "src/base.rs": (
                "pub trait Base: Send {}\npub trait Sub: Base {}\npub struct S;\n"
                "impl Base for S {}\n"
            ),
            "src/a.rs": (
                "use crate::base::{self, Base};\nstruct A<T>(T);\nimpl<T: Sub> Base for A<T> {}\n"
                "impl base::Base for u8 {}\n"
            ),
            "src/b.rs": (
                "use std::x::Base;\nstruct B;\nimpl Base for B {}\n#[derive(Clone, Base)]\n"
                "enum E {}\n"
            ),
        },
        "src/base.rs::Base",
        ["A", "u8", "Sub", "S"],
    ),
    "go": (
        {
            "go.mod": "module example.org/shop\n",
            "base/base.go": (
                "package base\n\ntype Base struct{}\ntype Near struct {\n\t*Base\n\tname string\n"
                "}\n"
            ),
            "app/app.go": (
                'package app\n\nimport "example.org/shop/base"\n\ntype Far struct {\n'
                '\tbase.Near\n}\ntype Base struct{}\ntype No struct {\n\tBase\n}\n'
            ),
        },
        "base/base.go::Base",
        ["Far", "Near"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "base", "expected"), OTHERS.values(), ids=OTHERS)
def test_subclasses_in_other_languages(
    context_of: ContextOf, files: dict[str, str], base: str, expected: list[str]
) -> None:
    assert names(context_of(snapshot_of(files)).subclasses(base)) == expected


def test_languages_without_bases_say_so(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.c": "struct A { int x; };\n", "b.py": "class B: ...\n"}))
    found = context.subclasses("A")
    assert found == []
    assert found.note == "Bases are not known in C; grep works."
    assert context.bases("B").note == ""
    assert context.subclasses("nowhere").note.startswith("No type nowhere is defined")


def test_files_that_cannot_be_parsed_are_named(context_of: ContextOf) -> None:
    broken = "class A(Base): ...\n" + "(" * 60_000
    context = context_of(snapshot_of({"a.py": broken, "base.py": "class Base: ...\n"}))
    found = context.subclasses("Base")
    assert "a.py" in found.note
    assert names(found) in ([], ["A"])
