from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.__main__ import main
from benchmarks.evals.models.oracle import OracleLeaf
from benchmarks.evals.models.reader import ReaderModel, waiting
from rlm_core.models.base import Message

if TYPE_CHECKING:
    from pathlib import Path


async def request(folder: Path) -> Path:
    async with asyncio.timeout(20):
        while not (found := waiting(folder)):  # noqa: ASYNC110 - a file cannot be awaited
            await asyncio.sleep(0.01)
    return found[0]


async def test_whoever_answers_the_files_is_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = ReaderModel(tmp_path, "reader")
    opening = [Message("system", "rules"), Message("user", "What is it?")]
    asking = asyncio.create_task(reader.complete(opening))
    await request(tmp_path)
    assert main(["reader", "next", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "Request 1: 2 messages, the first 0 of them shown before.\n\n"
        "#### system\n\nrules\n\n#### user\n\nWhat is it?\n\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("A thing."))
    assert main(["reader", "say", str(tmp_path), "1"]) == 0
    assert (await asking).text == "A thing."
    asking = asyncio.create_task(
        reader.complete([*opening, Message("assistant", "A thing."), Message("user", "Which?")])
    )
    # Only what is new is shown; a provider would have the rest in its cache.
    assert (await request(tmp_path)).read_text() == (
        "Request 2: 4 messages, the first 3 of them shown before.\n\n#### user\n\nWhich?\n"
    )
    (tmp_path / "2.reply.md").write_text("That one.")
    completion = await asking
    assert completion.text == "That one."
    assert completion.usage.cached_tokens == sum(map(len, ("rules", "What is it?", "A thing."))) // 4


async def test_a_request_is_taken_away_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    asking = asyncio.create_task(ReaderModel(tmp_path, "reader").complete([Message("user", "What?")]))
    await request(tmp_path)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert waiting(tmp_path) == []
    assert main(["reader", "next", str(tmp_path), "--seconds", "0"]) == 3


def test_an_answer_says_to_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reader", "say", str(tmp_path)]) == 2
    assert "Give its number" in capsys.readouterr().err


async def test_an_oracle_says_what_the_labels_say() -> None:
    oracle = OracleLeaf({"item-0001": "matches", "item-0002": "differs"})
    asked = [Message("user", "Judge item-0002 and item-0001 and item-0002, and item-0009.")]
    assert (await oracle.complete(asked)).text == "item-0002: differs\nitem-0001: matches"
