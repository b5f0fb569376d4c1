"""`rlm-mcp find`, `grep` and so on: methods of `context` as commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rlm_core.context.api_reference import methods
from rlm_mcp.cli.main import QUERIES, main, parser
from tests.support.files import write_tree

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "shop/cart.py": "class Cart:\n    def total(self):\n        return 1\n\n\nclass Big(Cart):\n    pass\n",
    "shop/pay.py": "from shop.cart import Cart\n\n\ndef pay(cart):\n    return cart.total()\n",
    "notes.md": "# Notes\n\nTOTAL of all\x1b[31m\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write_tree(tmp_path / "repo", FILES)
    monkeypatch.chdir(root)
    return root


def test_every_method_is_a_command_or_needs_a_program() -> None:
    assert methods().keys() - set(QUERIES) == {"chunks", "enclosing", "excerpts", "lines", "load"}
    assert set(QUERIES) <= methods().keys()


@pytest.mark.parametrize("name", QUERIES)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser(name).parse_args([name, "--help"])
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_results_are_lines_that_editors_follow(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", "total"]) == 0
    assert capsys.readouterr().out == "shop/cart.py:2-3 method Cart.total\n"
    assert main(["grep", "-i", "total", "*.py", "*.md", "!pay.py"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["shop/cart.py:2: def total(self):"]
    assert main(["callers", "total", "shop/"]) == 0
    found = capsys.readouterr()
    assert found.out == "shop/pay.py:5: return cart.total()  (in pay)\n"


def test_several_places_are_shown(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "shop/cart.py::Big", "shop/pay.py:5", "--around", "0"]) == 0
    shown = capsys.readouterr().out
    assert "6 class Big(Cart):\n7     pass" in shown
    assert "5:     return cart.total()" in shown


def test_json_has_results_note_and_total(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["subclasses", "Cart", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(row["path"], row["line"], row["name"]) for row in answer["results"]] == [
        ("shop/cart.py", 6, "Big")
    ]
    assert (answer["total"], answer["note"]) == (1, "")
    assert main(["count", "total", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"] == {"shop/cart.py": 1, "shop/pay.py": 1}


def test_nothing_found_is_told_by_the_exit_code(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", "nothing"]) == 1
    found = capsys.readouterr()
    assert found.out == ""
    assert "No definition of nothing." in found.err


def test_what_is_wrong_is_one_sentence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slice", "shop/crat.py"]) == 1
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("rlm-mcp: No file 'shop/crat.py' in the workspace. Did you mean shop/cart.py")
    with pytest.raises(SystemExit) as end:
        main(["callers"])
    assert end.value.code == 2
