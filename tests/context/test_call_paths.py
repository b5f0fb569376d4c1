"""call_paths: chains of calls by name, and what else leads from one function to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.context import call_paths
from rlm_core.context.context import Context
from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.contexts import ContextOf

SHOP = {
    "shop/cart.py": (
        "from shop import prices\n\n\nclass Cart:\n    def pay(self):\n        self.check()\n"
        "        return prices.total(self)\n\n    def check(self):\n        prices.rates()\n"
    ),
    "shop/prices.py": (
        "def total(cart):\n    return sum(rates())\n\n\ndef rates():\n    return load('x')\n\n\n"
        "def load(name):\n    return open(name)\n\n\ndef alone():\n    pass\n"
    ),
    "shop/other.py": "class Other:\n    def check(self):\n        load('y')\n\n\ndef load(name):\n    pass\n",
    "tests/test_cart.py": "def test():\n    alone()\n",
}


def test_chains_are_found_and_can_be_cited(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(SHOP))
    found = context.call_paths("Cart.pay", "shop/prices.py::load")
    assert [repr(each) for each in found] == [
        "Cart.pay -> Cart.check -> rates -> load\n"
        "  shop/cart.py:6: Cart.pay -> Cart.check [call, 1 of 2 of this name]: self.check()\n"
        "  shop/cart.py:10: Cart.check -> rates [call]: prices.rates()\n"
        "  shop/prices.py:6: rates -> load [call, 1 of 2 of this name]: return load('x')",
        "Cart.pay -> total -> rates -> load\n"
        "  shop/cart.py:7: Cart.pay -> total [call]: return prices.total(self)\n"
        "  shop/prices.py:2: total -> rates [call]: return sum(rates())\n"
        "  shop/prices.py:6: rates -> load [call, 1 of 2 of this name]: return load('x')",
    ]
    assert found[0].names == ["Cart.pay", "Cart.check", "rates", "load"]
    assert context.excerpts(found[0].edges[1], around=0).startswith("shop/cart.py\n-- 10 in Cart.check")
    limited = context.call_paths(context.find("Cart.pay")[0], "shop/prices.py::load", limit=1)
    assert (len(limited), limited.total) == (1, None)


# What leads from `start` to `end`: the names in between, and the kinds of the steps.
KINDS: dict[str, tuple[Mapping[str, str], str]] = {
    "function pointer": (
        {
            "a.c": "static int end(void) { return 0; }\nstruct ops o = { .open = end };\n",
            "b.c": "int start(struct ops *o) { return o->open(); }\n",
        },
        "start -call- .open -assigned- end",
    ),
    "table": (
        {"a.c": "void end(void) {}\nstatic fn *t[] = { other, end };\nvoid start(int n) { t[n](); }\n"},
        "start -uses- .t -listed- end",
    ),
    "argument": (
        {"a.go": "package a\n\nfunc start() { run(end) }\n\nfunc run(f func()) { f() }\n\nfunc end() {}\n"},
        "start -passes- end",
    ),
    "registration": (
        {"a.py": "def end(): ...\n\n\ndef reg(f): ...\n\n\ndef start():\n    reg(1)\n\n\nreg(end)\n"},
        "start -call- reg -given- end",
    ),
    "decorator": (
        {"a.py": "def start():\n    route('/x')\n\n\n@app.route('/')\ndef end(): ...\n"},
        "start -call- route -decorates- end",
    ),
    "attribute": (
        {
            "a.ts": "export function end() {}\nclass A { constructor() { this.handler = end; } }\n",
            "b.ts": "function start(a) { a.handler(); }\n",
        },
        "start -call- .handler -assigned- end",
    ),
    "inner function": (
        {
            "a.js": (
                "function start() {\n  function inner() { end(); }\n  return inner\n}\nfunction end() {}\n"
            )
        },
        "start -call- end",
    ),
    "constructor": (
        {
            "a.py": (
                "def start():\n    K()\n\n\n"
                "class K:\n    def __init__(self):\n        end()\n\n\ndef end(): ...\n"
            )
        },
        "start -call- K.__init__ -call- end",
    ),
    "inherited method": (
        {
            "a.py": "class A:\n    def run(self):\n        end()\n\n\ndef end(): ...\n",
            "b.py": "from a import A\n\n\nclass B(A):\n    def start(self):\n        super().run()\n",
            "c.py": "class C:\n    def run(self):\n        end()\n",
        },
        "B.start -call- A.run -call- end",
    ),
    "override": (
        {
            "a.py": "class A:\n    def start(self):\n        self.run()\n\n    def run(self): ...\n",
            "b.py": (
                "from a import A\n\n\nclass B(A):\n    def run(self):\n        end()\n\n\ndef end(): ...\n"
            ),
            "c.py": "class C:\n    def run(self):\n        end()\n",
        },
        "A.start -call- B.run -call- end",
    ),
    "table in Rust": (
        {"a.rs": "fn end() {}\nconst T: [fn(); 1] = [end];\nfn start() { for f in T { f() } }\n"},
        "start -uses- .T -listed- end",
    ),
    "method reference": (
        {"A.java": "class A { void start() { run(this::end); } void end() { } }\n"},
        "A.start -passes- A.end",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_or_passed_leads_on_too(context_of: ContextOf, kind: str) -> None:
    files, expected = KINDS[kind]
    found = context_of(snapshot_of(files)).call_paths("start", "end")
    assert len(found) == 1
    edges = found[0].edges
    shown = edges[0].caller + "".join(f" -{edge.kind}- {edge.callee}" for edge in edges)
    assert shown == expected


# What a name cannot mean where it is.
NO_CHAINS = {
    "another type's method in Go": {
        "a.go": "package a\n\ntype A struct{}\n\nfunc (m *A) start() { m.run() }\n\nfunc (m *A) run() {}\n",
        "b.go": "package a\n\ntype B struct{}\n\nfunc (b *B) run() { end() }\n\nfunc end() {}\n",
    },
    "an attribute": {
        "a.py": "def start(request):\n    f(request.end)\n",
        "b.py": "def end(): ...\n",
    },
    "the own method by super": {
        "a.py": (
            "class A:\n    def run(self): ...\n\n\n"
            "class B(A):\n    def start(self):\n        super().run()\n\n"
            "    def run(self):\n        end()\n\n\ndef end(): ...\n"
        )
    },
    "another class's method": {
        "a.py": "class A:\n    def start(self):\n        self.run()\n\n    def run(self): ...\n",
        "b.py": "class B:\n    def run(self):\n        end()\n\n\ndef end(): ...\n",
    },
    "a method without an object": {
        "a.py": (
            "def start():\n    run()\n\n\nclass A:\n    def run(self):\n        end()\n\n\ndef end(): ...\n"
        )
    },
    "a static function of another file": {
        "a.c": "int start(void) { return run(); }\n",
        "b.c": "int end(void);\nstatic int run(void) { return end(); }\nint end(void) { return 0; }\n",
    },
    "a function in another function": {
        "a.py": (
            "def start():\n    x.inner()\n\n\ndef f():\n    def inner():\n        end()\n\n\ndef end(): ...\n"
        )
    },
    "another language": {"a.py": "def start():\n    x.end()\n", "b.go": "package b\n\nfunc end() {}\n"},
}


@pytest.mark.parametrize("case", NO_CHAINS)
def test_places_rule_out_what_a_name_cannot_mean(context_of: ContextOf, case: str) -> None:
    found = context_of(snapshot_of(NO_CHAINS[case])).call_paths("start", "end")
    assert found == []
    assert found.note.startswith("No chain of up to ")


def test_call_paths_say_what_they_did_not_follow(context_of: ContextOf) -> None:
    files = {f"m{number}.py": "def f():\n    x.spread()\n" for number in range(301)}
    files |= {"a.py": "def start():\n    g()\n", "b.py": "def spread():\n    pass\n"}
    context = context_of(snapshot_of({**SHOP, **files}))
    found = context.call_paths("start", "spread")
    assert "These names are in over 300 files, and their calls were not followed: spread." in found.note
    assert "Calls in tests and examples were not followed." in context.call_paths("Cart.pay", "alone").note
    assert len(context.call_paths("tests/test_cart.py::test", "alone")) == 1
    assert (
        "load is defined 2 times outside of tests, all are meant: "
        in context.call_paths("Cart.pay", "load").note
    )


@pytest.mark.parametrize("bound", ["MAX_SECONDS", "PARSED_BYTES"])
def test_call_paths_stop_and_go_on(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    context = Context(snapshot_of(SHOP))
    with monkeypatch.context() as patch:
        patch.setattr(call_paths, bound, -1)
        stopped = context.call_paths("Cart.pay", "shop/prices.py::load")
    assert stopped == []
    assert "Ask again to go further" in stopped.note
    assert "name left out there" in stopped.note or "file" in stopped.note
    found = context.call_paths("Cart.pay", "shop/prices.py::load")
    assert len(found) == 2
    assert "Ask again" not in found.note


def test_call_paths_say_where_places_were_too_many() -> None:
    files = {"a.py": "def start():\n    end()\n\n\ndef end(): ...\n\n\n" + "end\n" * 2_000}
    found = Context(snapshot_of(files)).call_paths("start", "end")
    assert len(found) == 1
    assert "at most 2,000 places in a file were looked at, so not all in a.py." in found.note


def test_what_is_in_tests_is_meant_only_if_nothing_else_is() -> None:
    files = {"a.py": "def start():\n    end()\n\n\ndef end(): ...\n", "tests/b.py": "def end(): ...\n"}
    found = Context(snapshot_of(files)).call_paths("start", "end")
    assert [each.names for each in found] == [["start", "end"]]
    assert "is defined" not in found.note


def test_call_paths_need_definitions(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(SHOP))
    with pytest.raises(QueryError, match="No function, method or type 'nowhere' was found"):
        context.call_paths("nowhere", "load")
    with pytest.raises(QueryError, match="limit of at least 1"):
        context.call_paths("total", "load", limit=0)
