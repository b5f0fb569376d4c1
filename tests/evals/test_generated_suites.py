from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.questions import Question, Suite, SuiteError, load
from benchmarks.evals.suites import extract as extraction
from benchmarks.evals.suites.generate import generate
from tests.support.files import git, git_repository, write_tree

if TYPE_CHECKING:
    from pathlib import Path

PRICES = '''\
"""Prices."""

import json
from decimal import Decimal

from shop.rates import BASE_RATE

RATE_LIMIT = BASE_RATE * 60 + 5
GREETING = "hello there"


def price_of(item, quantity=1, rounded=True):
    """Says what it costs."""
    return compute_total(item, quantity)


def compute_total(item, quantity):
    """Multiplies."""
    return fetch_rate(item) * quantity


def fetch_rate(article):
    """Looks it up."""
    return load_record(key=article)


def load_record(key):
    return Decimal(key)


def _hidden():
    def nested():
        return price_of("a", 2, False)

    return nested
'''
MODELS = """\
from .base import Record


class Order(Record):
    def save_all(self):
        return price_of(self.item)

    class Line(Record):
        def discard(self): ...


class Invoice(Order):
    def save_all(self):
        return [price_of(item, rounded=False) for item in self.items]


class Reminder(Invoice):
    pass
"""
URLS = """\
from django.conf import settings
from django.urls import path, re_path

urlpatterns = [path("", home), path("orders/", orders), re_path(r"^old/\\d+$", old), path(PREFIX, x)]
urlpatterns += path("one")


@app.get("/status")
def status():
    return settings.SHOP_NAME


@app.get("relative")
@cli.command()
def send_mail():
    import os

    return os.environ["MAIL_HOST"], os.getenv("MAIL_PORT"), os.environ.get("MAIL_USER", settings.SHOP_NAME)


def configure(parser):
    os.environ["WRITTEN"] = "1"
    parser.add_parser("refund")
"""
SHOP = {
    "shop/__init__.py": "from shop.prices import price_of\n",
    "shop/prices.py": PRICES,
    "shop/rates.py": "BASE_RATE = 1 << 4\n",
    "shop/base.py": "class Record:\n    def save_all(self): ...\n    def discard(self): ...\n",
    "shop/models.py": MODELS,
    "shop/web/urls.py": URLS,
    "shop/management/commands/restock.py": "class Command:\n    pass\n",
    "tests/test_prices.py": "from shop.prices import price_of\n\n\ndef test_one():\n    price_of('a')\n",
    "README.md": "`price_of` is called here: price_of(1)\n",
}


def made(tmp_path: Path, files: dict[str, str], limit: int = 100) -> Suite:
    return generate(git_repository(tmp_path / "shop", files), tmp_path / "suite", limit=limit)


def of_kind(suite: Suite, kind: str) -> list[Question]:
    return [question for question in suite.questions if question.kind == kind]


def truths(suite: Suite, kind: str) -> dict[str, tuple[str, ...]]:
    """Answers by what is asked about: the first word or words in backquotes that tell questions apart."""
    return {about(question): question.truth for question in of_kind(suite, kind)}


def about(question: Question) -> str:
    lines = re.findall(r"^[-+](?![-+]).*$", question.text, re.MULTILINE)
    return "\n".join(lines) or re.findall(r"`([^`]+)`", question.text.replace("`*.py` ", ""))[0]


def test_truths_of_one_lookup(tmp_path: Path) -> None:
    suite = made(tmp_path, SHOP)

    assert truths(suite, "definition") == {"price_of": ("shop/prices.py:12",)}
    assert truths(suite, "constant") == {"BASE_RATE": ("16",), "GREETING": ("hello there",)}
    assert truths(suite, "folded-constant") == {"RATE_LIMIT": ("965",)}
    assert {(re.findall(r"How many ([a-z ]+) are", each.text)[0], about(each)): each.truth
            for each in of_kind(suite, "count")} == {
        ("functions and methods", "shop/"): ("14",),
        ("classes", "shop/"): ("6",),
    }  # fmt: skip


def test_truths_of_relations(tmp_path: Path) -> None:
    suite = made(tmp_path, SHOP)

    assert truths(suite, "callers")["price_of"] == (
        "shop/models.py::Invoice.save_all",
        "shop/models.py::Order.save_all",
        "shop/prices.py::_hidden.nested",
        "tests/test_prices.py::test_one",
    )
    assert truths(suite, "undocumented") == {
        "shop/": (
            "shop/base.py::Record.discard",
            "shop/base.py::Record.save_all",
            "shop/models.py::Invoice.save_all",
            "shop/models.py::Order.Line.discard",
            "shop/models.py::Order.save_all",
            "shop/prices.py::load_record",
        )
    }
    assert truths(suite, "unused-imports") == {"shop/": ("shop/prices.py::json",)}
    assert truths(suite, "subclasses") == {
        "Record": ("shop/models.py::Order", "shop/models.py::Order.Line"),
        "Order": ("shop/models.py::Invoice",),
        "Invoice": ("shop/models.py::Reminder",),
    }
    below = ("shop/models.py::Invoice", "shop/models.py::Order", "shop/models.py::Order.Line")
    assert truths(suite, "descendants") == {
        "Record": (*below, "shop/models.py::Reminder"),
        "Order": ("shop/models.py::Invoice", "shop/models.py::Reminder"),
    }
    assert truths(suite, "overrides") == {"Record": ("shop/models.py::Invoice", "shop/models.py::Order")}


def test_truths_of_what_strings_name(tmp_path: Path) -> None:
    suite = made(tmp_path, SHOP)

    assert truths(suite, "routes") == {"shop/": ("/status", r"^old/\d+$", "orders/")}
    assert truths(suite, "environment") == {"shop/": ("MAIL_HOST", "MAIL_PORT", "MAIL_USER")}
    assert truths(suite, "commands") == {"shop/": ("refund", "restock", "send-mail")}
    assert truths(suite, "settings") == {
        "SHOP_NAME": ("shop/web/urls.py::send_mail", "shop/web/urls.py::status")
    }


def test_truths_of_traces_and_diffs(tmp_path: Path) -> None:
    suite = made(tmp_path, SHOP)

    assert truths(suite, "trace") == {
        "price_of": (
            "shop/prices.py::price_of",
            "shop/prices.py::compute_total",
            "shop/prices.py::fetch_rate",
            "shop/prices.py::load_record",
        )
    }
    header = "def price_of(item, quantity=1, rounded=True):"
    calls = ("shop/models.py:6", "shop/models.py:14", "shop/prices.py:33", "tests/test_prices.py:5")
    renamed = truths(suite, "diff-rename")[f"-{header}\n+{header.replace('price_of', 'price_of_renamed')}"]
    assert renamed == ("shop/__init__.py:1", *calls[:3], "tests/test_prices.py:1", calls[3])
    longer = header.replace("True)", "True, *, required_flag)")
    assert truths(suite, "diff-new-parameter")[f"-{header}\n+{longer}"] == calls
    shorter = header.replace(", rounded=True", "")
    assert truths(suite, "diff-lost-parameter") == {f"-{header}\n+{shorter}": calls[1:3]}


def test_a_name_that_means_two_things_is_not_asked_about(tmp_path: Path) -> None:
    files = SHOP | {"shop/other.py": "class Order: ...\n\n\ndef price_of(): ...\n"}
    files |= {"shop/third.py": "from shop.prices import fetch_rate as rate\nfrom .models import Order as O\n"}

    suite = made(tmp_path, files)

    assert truths(suite, "definition") == {}
    assert "price_of" not in truths(suite, "callers")
    assert "Record" in truths(suite, "subclasses")
    assert "Record" not in truths(suite, "descendants")  # a class below it has a name of two
    assert not any("fetch_rate" in text for text in truths(suite, "diff-rename"))


def test_the_same_commit_gives_the_same_suite(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "shop", SHOP)
    first = generate(root, tmp_path / "first", limit=2)
    generate(root, tmp_path / "again", limit=2)
    write_tree(root, {"shop/more.py": "def another_one(): ...\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=second")
    second = generate(root, tmp_path / "second", limit=2)

    for name in ("suite.json", "questions.jsonl"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert load(tmp_path / "first").questions == first.questions
    assert max(len(of_kind(first, question.kind)) for question in first.questions) == 2
    assert first.origin["commit"] != second.origin["commit"]
    assert second.origin["commit"] == git(root, "rev-parse", "HEAD").strip()
    assert (first.origin["files"], second.origin["files"]) == ("8", "9")
    assert first.origin["kinds left out"] == "implementers: nothing to ask about"


def test_what_cannot_be_parsed_is_told_and_not_asked_about(tmp_path: Path) -> None:
    broken = "def load_record(:\n    price_of(1)\n"

    suite = made(tmp_path, SHOP | {"shop/web/broken.py": broken})

    assert suite.origin["files not parsed"] == "1: shop/web/broken.py (line 1: invalid syntax)"
    assert truths(suite, "definition") == {}  # price_of may be defined or called there
    assert "compute_total" in truths(suite, "callers")
    assert not of_kind(suite, "count")
    assert not of_kind(suite, "routes")
    assert truths(suite, "undocumented") == {}


def test_a_file_that_ends_the_program_is_told_and_the_others_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A program may tell of four files, so the fifth is its end.
    monkeypatch.setattr(extraction, "SANDBOX", extraction.SANDBOX.model_copy(update={"cell_calls": 4}))

    suite = made(tmp_path, SHOP)

    assert suite.origin["files"] == "7"
    told = "1: shop/prices.py (RlmError: This cell has made the 4 calls that a cell may make"
    assert suite.origin["files not parsed"].startswith(told)
    assert truths(suite, "settings")  # of the files behind it
    assert "Order" in truths(suite, "subclasses")
    assert "discard" not in str(truths(suite, "definition"))
    assert not of_kind(suite, "trace")


def test_hostile_files_are_told_and_the_others_count(tmp_path: Path) -> None:
    deep = "".join(f"{' ' * depth}class {'A' * 40}{depth}:\n" for depth in range(60))
    hostile = {
        "a/parentheses.py": "(\n" * 100_000 + ")\n" * 100_000,
        "a/minus.py": "(" + "-\n" * 100_000 + "1)\n",
        "a/dots.py": "(a" + ".b\n" * 100_000 + ")\n",
        "a/number.py": f"ENORMOUS = {'9' * 5_000}\n",
        "a/long_names.py": f"{deep}{' ' * 60}pass\n",
        "a/list.py": "BIG = [\n" + f"{'0,' * 20}\n" * 10_000 + "]\n",
        "a/generated.py": "x=1;" * 100_000,
        "a/surrogate.py": 'path("\\ud800", x)\n',
        "a/shift.py": "HUGE = 1 << 1 << 60 << 60 << 60\nMINE = HUGE * HUGE\nLOOP = LOOP + 1\n",
    }

    suite = made(tmp_path, SHOP | hostile)

    told = suite.origin["files not parsed"]
    assert told.startswith("6: a/dots.py (maximum recursion depth exceeded")
    assert "; a/long_names.py (its facts are not of the form" in told
    assert suite.origin["files not read"].startswith("1: a/generated.py (minified or generated")
    assert truths(suite, "constant") == {"BASE_RATE": ("16",), "GREETING": ("hello there",)}
    assert "price_of" in truths(suite, "callers")


def test_a_suite_needs_a_commit_that_the_files_are_of(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no git repository with a commit"):
        generate(write_tree(tmp_path / "bare", SHOP), tmp_path / "suite")

    root = git_repository(tmp_path / "shop", SHOP)
    write_tree(root, {"shop/rates.py": "BASE_RATE = 2\n"})
    with pytest.raises(SuiteError, match=r"differ from its commit .*: shop/rates\.py and 0 more"):
        generate(root, tmp_path / "suite")
    git(root, "checkout", "--quiet", ".")
    write_tree(root, {"notes.txt": "do not matter\n", "shop/new.py": "NEW = 12\n"})
    with pytest.raises(SuiteError, match=r"shop/new\.py and 0 more"):  # who searches the folder would see it
        generate(root, tmp_path / "suite")

    with pytest.raises(SuiteError, match="no file of a language that is known"):
        generate(git_repository(tmp_path / "text", {"README.md": "no code\n"}), tmp_path / "suite")
