"""Facts of Go, Rust and TypeScript files, out of the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.suites.extract import extract

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.evals.suites.facts import Facts, FileFacts

GO = """\
// Package shop sells.
package shop

import "os"

// Limit is how many fit.
const Limit = 1 << 4

const (
	plain = iota
	// Motto is said often.
	Motto = "more" // always
)

// Seller sells things.
type Seller interface {
	// Sell sells one.
	Sell(name string, price int) error
	Close()
}

type both interface {
	Seller
	*Cart | Count
}

type (
	// Cart holds.
	Cart[T any] struct {
		Shelf
		*pkg.Wheels
		first, second T
	}
	Count int
)

// Sell takes what it gets.
//
// It is never nil.
//
//go:noinline
func (c *Cart[T]) Sell(name string, price int) error {
	price = max(price, Limit)
	func() { c.check(name, price) }()
	return nil
}

// far away

func start(names ...string) {
	use(start)
	mux.HandleFunc("/cart", handle)
	os.Getenv("SHOP_HOME")
	each[int](names...)
}
"""

RUST = """\
use std::{io::{self, Read, BufRead as Lines, prelude::*}, Shelf};

/// How many fit.
pub const LIMIT: usize = 4 * OTHER;

/// Sells.
///
/// Always.
#[derive(Debug)]
pub struct Cart<T> { items: Vec<T> }

/** Things that sell. */
pub trait Sell: Named + other::Closed<u8> + 'static {
    fn sell(&self, name: &str) -> bool;
}

impl<T> Sell for Cart<T> {
    // not said to anybody
    fn sell(&self, mut name: &str) -> bool {
        name = trim::<u8>(name);
        assert!(self.check(name), "{}", say(price));
        let count = parse(Cart::size);
        std::env::var("SHOP_HOME").is_ok()
    }
}

impl<T: Sell> Named for T {}

cfg_shop! {
    /// Opens.
    pub(crate) fn open(how: u8) { unlock(how) }
}

hidden! { let x = 1; fn secret() {} impl<T> Sell for Ticket {} }

macro_rules! make {
    ($x:expr) => { fn made() { called($x) } };
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn open() { super::open(1).await }
}
"""

TYPESCRIPT = """\
import shop, { type Price as Cost, unused } from "shop"
import * as things from "./things"
export type * from "./types"
export { unused as other } from "./elsewhere"

/** How many fit. */
export const LIMIT = 4 * 5 as number, HIDDEN = "x"

/** Sells. */
@Entity("cart")
export abstract class Cart<T> extends things.Base<T> implements Seller, Named {
    /** Sells one. */
    @Column()
    protected async sell(name: string, price?: Cost, ...more: any[]): Promise<void> {
        name = this.trim(name)
        shop(new Item(name), price, ...more)
    }
    // not documentation
    over(a: string): void
    over(a: any) { super.over(fallback(a)) }
    handler = (event: Event) => listen(event)
}

interface Seller extends Named { sell(name: string): void }

const open = async (how = guess()) => { unlock(how) }
const table = { first: () => 1, second() {} }

function route() {
    app.get("/cart", handle)
    return process.env.SHOP_HOME
}
"""


async def facts_of(folder: Path, name: str, text: str) -> tuple[Facts, FileFacts]:
    (folder / name).write_text(text)
    facts = (await extract(folder)).facts
    (only,) = facts.files
    return facts, only


def definitions(file: FileFacts) -> list[str]:
    """A line for each: kind, name, lines, `+` where public, documentation."""
    lines = []
    for each in file.definitions:
        public = " +" if each.exported else ""
        doc = f" {each.doc!r} {each.doc_first}-{each.doc_last}" if each.doc else ""
        lines.append(f"{each.kind} {each.qualified} {each.line}:{each.first}-{each.last}{public}{doc}")
    return lines


def calls(file: FileFacts) -> list[str]:
    return [
        f"{each.within}: {each.name}({', '.join(each.args)}){'*' if each.spread else ''} {each.line}"
        for each in file.calls
    ]


def bases(file: FileFacts) -> list[tuple[str, str]]:
    return [(each.type, each.base) for each in file.bases]


def mentions(file: FileFacts) -> list[tuple[str, str, str]]:
    return [(each.sort, each.text, each.within) for each in file.mentions]


async def test_go(tmp_path: Path) -> None:
    facts, file = await facts_of(tmp_path, "shop.go", GO)
    assert definitions(file) == [
        "constant Limit 7:7-7 + 'Limit is how many fit.' 6-6",
        "constant plain 10:10-10",
        "constant Motto 12:12-12 + 'Motto is said often.' 11-11",
        "interface Seller 16:16-20 + 'Seller sells things.' 15-15",
        "method Seller.Sell 18:18-18 + 'Sell sells one.' 17-17",
        "method Seller.Close 19:19-19 +",
        "interface both 22:22-25",
        "struct Cart 29:29-33 + 'Cart holds.' 28-28",
        "type Count 34:34-34 +",
        "method Cart.Sell 42:42-46 + 'Sell takes what it gets.\\n\\nIt is never nil.' 37-40",
        "function start 50:50-55",
    ]
    assert calls(file) == [
        "Cart.Sell: max(price, Limit) 43",
        "Cart.Sell: check(name, price) 44",
        "start: use(start) 51",
        "start: HandleFunc(, handle) 52",
        "start: Getenv() 53",
        "start: each()* 54",
    ]
    assert bases(file) == [
        ("both", "Seller"),
        ("both", "Cart"),
        ("both", "Count"),
        ("Cart", "Shelf"),
        ("Cart", "Wheels"),
    ]
    assert mentions(file) == [("route", "/cart", "start"), ("environment", "SHOP_HOME", "start")]
    by_name = {each.qualified: each for each in file.definitions}
    assert by_name["Limit"].postfix == ("1", "4", "<<")
    assert by_name["Motto"].postfix == ('"more"',)
    assert (by_name["Cart.Sell"].params, by_name["Cart.Sell"].required) == (("name", "price"), 2)
    assert by_name["Cart.Sell"].rebound == ("price",)
    assert by_name["Cart.Sell"].header == "func (c *Cart[T]) Sell(name string, price int) error {"
    assert {each.name: each.receiver for each in file.calls} == {
        "max": "",
        "check": "self",
        "use": "",
        "HandleFunc": "mux",
        "Getenv": "os",
        "each": "",
    }
    assert (by_name["start"].params, by_name["start"].required) == (("*names",), 0)
    # A function that is passed on is mentioned; one that is only called is not.
    assert "start" in facts.mentioned
    assert "each" not in facts.mentioned
    assert facts.unknown == frozenset()


async def test_rust(tmp_path: Path) -> None:
    facts, file = await facts_of(tmp_path, "shop.rs", RUST)
    assert definitions(file) == [
        "constant LIMIT 4:4-4 + 'How many fit.' 3-3",
        "struct Cart 10:9-10 + 'Sells.\\n\\nAlways.' 6-8",
        "trait Sell 13:13-15 + 'Things that sell.' 12-12",
        "method Sell.sell 14:14-14",
        "method Cart.sell 19:19-24",
        "function open 31:31-31 'Opens.' 30-30",
        "function tests.open 43:42-43",
    ]
    assert calls(file) == [
        "Cart.sell: trim(name) 20",
        "Cart.sell: check(name) 21",
        "Cart.sell: say(price) 21",
        "Cart.sell: parse() 22",
        "Cart.sell: is_ok() 23",
        "Cart.sell: var() 23",
        "open: unlock(how) 31",
        "tests.open: open() 43",
    ]
    assert bases(file) == [("Sell", "Named"), ("Sell", "Closed"), ("Cart", "Sell")]
    assert mentions(file) == [("environment", "SHOP_HOME", "Cart.sell")]
    by_name = {each.qualified: each for each in file.definitions}
    assert by_name["LIMIT"].postfix == ("4", "@OTHER", "*")
    assert by_name["Cart"].decorators == ("derive",)
    assert by_name["Cart.sell"].rebound == ("name",)
    assert by_name["open"].params == ("how",)
    # What other macros are given may define these; nothing exact can be asked of them.
    assert facts.unknown == {"secret", "made", "called", "T", "Ticket", "Sell"}
    assert {(each.name, each.source, each.line) for each in file.imports} == {
        ("Read", "Read", 1),
        ("Lines", "BufRead", 1),
        ("Shelf", "Shelf", 1),
    }
    assert [(each.name, each.receiver) for each in file.calls][1:4] == [
        ("check", "?"),
        ("say", ""),
        ("parse", ""),
    ]
    assert {each.name: each.receiver for each in file.calls if each.name in ("var", "open")} == {
        "var": "env",
        "open": "super",
    }


async def test_typescript(tmp_path: Path) -> None:
    facts, file = await facts_of(tmp_path, "shop.ts", TYPESCRIPT)
    assert definitions(file) == [
        "constant LIMIT 7:7-7 + 'How many fit.' 6-6",
        "constant HIDDEN 7:7-7 + 'How many fit.' 6-6",
        "class Cart 11:10-22 + 'Sells.' 9-9",
        "method Cart.sell 14:13-17 'Sells one.' 12-12",
        "method Cart.over 19:19-19 +",
        "method Cart.over 20:20-20 +",
        "method Cart.handler 21:21-21 +",
        "interface Seller 24:24-24",
        "method Seller.sell 24:24-24 +",
        "function open 26:26-26",
        "constant table 27:27-27",
        "function second 27:27-27",
        "function route 29:29-32",
    ]
    assert calls(file) == [
        ": Entity() 10",
        "Cart: Column() 13",
        "Cart.sell: trim(name) 15",
        "Cart.sell: shop(, price, )* 16",
        "Cart.sell: Item(name) 16",
        "Cart.over: over() 20",
        "Cart.over: fallback(a) 20",
        "Cart.handler: listen(event) 21",
        ": guess() 26",
        "open: unlock(how) 26",
        "route: get(, handle) 30",
    ]
    assert bases(file) == [("Cart", "Base"), ("Cart", "Seller"), ("Cart", "Named"), ("Seller", "Named")]
    assert [(each.name, each.source, each.used) for each in file.imports] == [
        ("shop", "shop", True),
        ("Cost", "Price", True),
        ("unused", "unused", False),
        ("things", "things", True),
    ]
    assert {each.module for each in file.imports} == {"shop", "./things"}
    assert {each.receiver for each in file.calls if each.name in ("trim", "over", "get")} == {
        "this",
        "super",
        "app",
    }
    assert mentions(file) == [("route", "/cart", "route"), ("environment", "SHOP_HOME", "route")]
    by_name = {each.qualified: each for each in file.definitions}
    assert by_name["LIMIT"].postfix == ("4", "5", "*")
    assert (by_name["Cart.sell"].params, by_name["Cart.sell"].required) == (("name", "price", "*more"), 1)
    assert by_name["Cart.sell"].rebound == ("name",)
    assert facts.unknown == {"first", "unused"}  # the second is another module's, under its name


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.go", "package a\n\nfunc (", 3),
        ("a.rs", "fn good() {}\nfn bad( {}\n", 2),
        ("a.ts", "const a = 1\nclass {\n", 2),
    ],
)
async def test_what_does_not_parse_is_left_out_with_its_words(
    tmp_path: Path, name: str, text: str, line: int
) -> None:
    (tmp_path / name).write_text(text)
    facts = (await extract(tmp_path)).facts
    assert facts.files == ()
    (only,) = facts.unparsed
    assert only.why.startswith(f"line {line} is not what the grammar of ")
    assert set(only.names) <= facts.unknown


async def test_deep_nesting_ends(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("f(" * 20_000 + ")" * 20_000)
    (tmp_path / "b.ts").write_text("function last() {}")
    facts = (await extract(tmp_path)).facts
    assert [each.name for file in facts.files for each in file.definitions] == ["last"]
