"""`CHECK`: which citations of a draft exist, and whether what it quotes stands in the lines that it cites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.engine import draft_check
from rlm_core.engine.draft_check import check_draft
from rlm_core.engine.events import CellCompleted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rlm_core.workspace.snapshot import Snapshot
    from tests.engine.conftest import Asker
    from tests.support.model_server import ModelServer, Script

    Serve = Callable[[Mapping[str, Script]], ModelServer]

TRUE = [
    "The rate is `RATE = 0.2` (`shop/tax.py:1`).",
    "`tax()` gives `return amount  *  RATE` in tax.py:4-5.",
    "`Cart.total` sums: `shop/cart.py:3`",  # the names are around the line, not in it
    "It is `def tax … RATE` (`shop/tax.py:4-5`).",
    "See `shop/tax.py:4`:\n\n```python\n4  def tax(amount):\n```",
    "See `shop/tax.py:4-5`:\n~~~~\ndef tax(amount):\n\n    return amount * RATE\n~~~~",
    "`shop/tax.py:1` and `shop/cart.py:1` have `class Cart:` and `RATE = 0.2`.",
]
FALSE = {
    "It is in `shop/tax.py:6`.": "shop/tax.py:6 is not there: shop/tax.py has 5 lines.",
    "It is in `shop/fee.py:6`.": "shop/fee.py:6 is not there: there is no such file.",
    "`RATE = 0.3` stands there (`shop/tax.py:1`).": (
        "`RATE = 0.3` is not in shop/tax.py:1, nor elsewhere in the file."
    ),
    "`return amount * RATE` (`shop/tax.py:1`)": (
        "`return amount * RATE` is not in shop/tax.py:1, but in shop/tax.py:5."
    ),
    "`fee()` (`shop/tax.py:4`)": "`fee()` is not in shop/tax.py:4, nor elsewhere in the file.",
    "In `shop/tax.py:4`:\n```\ndef fee(amount):\n```": (
        "`def fee(amount):` is not in shop/tax.py:4, nor elsewhere in the file."
    ),
}


@pytest.mark.parametrize("draft", TRUE)
def test_what_stands_there_is_right(draft: str, snapshot: Snapshot) -> None:
    assert check_draft(draft, snapshot).endswith("all where the draft says.")


@pytest.mark.parametrize("draft", FALSE)
def test_what_does_not_is_told(draft: str, snapshot: Snapshot) -> None:
    head, *faults = check_draft(draft, snapshot).splitlines()
    assert head.endswith("wrong:")
    assert faults == [FALSE[draft]]


def test_numbers_are_told(snapshot: Snapshot) -> None:
    draft = "`RATE = 0.2` is in shop/tax.py:1 and shop/tax.py:9; no word of it in shop/tax.py:1."
    assert check_draft(draft, snapshot).startswith("2 places cited, 1 exist; 1 quotation; wrong:")
    assert check_draft("There is none.", snapshot).startswith("No place is cited")


def test_checking_ends(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    places = " ".join(f"shop/tax.py:{line}" for line in range(1, 6))
    text = check_draft("\n".join(f"`a{n} b` {places}" for n in range(2_000)), snapshot)
    assert text.startswith("The end was not checked")
    assert len(text) < 10_000
    monkeypatch.setattr(draft_check, "MAX_SEARCHED_CHARS", 100)
    text = check_draft("\n".join(f"`a{n} b` {places}" for n in range(20)), snapshot)
    assert text.startswith("The end was not checked")


async def test_a_program_checks_its_draft(asker: Asker, serve: Serve) -> None:
    program = 'print(CHECK("`RATE = 0.2`: shop/tax.py:1"), CHECK("shop/tax.py:7"), sep="\\n")\nCHECK(1)'
    await asker.ask("?", serve({"root": [f"```repl\n{program}\n```", "FINAL(done)"]}))
    (result,) = asker.of(CellCompleted)
    assert "1 place cited, 1 exist; 1 quotation, all where the draft says." in result.output
    assert "shop/tax.py:7 is not there: shop/tax.py has 5 lines." in result.output
    assert "CHECK takes a draft as a string, not int." in result.error
