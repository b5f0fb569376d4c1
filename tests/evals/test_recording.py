from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evals import recording
from benchmarks.evals.recording import Recording
from rlm_core.models.base import Completion, Message, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def call(into: Recording, messages: Sequence[Message], reply: str, usd: float | None = 0.5) -> None:
    into.end(into.begin("root", "m", messages, 9.0), Completion(reply, "m", Usage(10, 5, 2)), usd)


def test_what_a_request_repeats_is_not_new(tmp_path: Path) -> None:
    kept = Recording(tmp_path / "a.jsonl")
    opening = [Message("system", "s" * 100), Message("user", "u" * 50)]
    call(kept, opening, "r" * 20)
    call(kept, [*opening, Message("assistant", "r" * 20), Message("user", "n" * 7)], "x")
    first, second = recording.read(kept.path)
    assert (first.cost.input_chars, first.cost.new_chars) == (150, 150)
    assert (second.cost.input_chars, second.cost.new_chars) == (177, 7)  # the reply was its own
    assert (second.after, second.kept, len(second.messages)) == (1, 3, 1)
    assert kept.cost.largest_chars == 177
    assert kept.cost.usd == 1.0


def test_a_reply_that_was_changed_is_new(tmp_path: Path) -> None:
    kept = Recording(tmp_path / "a.jsonl")
    opening = [Message("user", "u" * 50)]
    call(kept, opening, "r" * 20)
    call(kept, [*opening, Message("assistant", "r" * 19), Message("user", "n" * 7)], "x")
    assert recording.read(kept.path)[1].cost.new_chars == 26


def test_a_request_is_compared_with_all_earlier_ones(tmp_path: Path) -> None:
    kept = Recording(tmp_path / "a.jsonl")
    shared = Message("system", "s" * 100)
    call(kept, [shared, Message("user", "one")], "x")
    call(kept, [Message("system", "another"), Message("user", "two")], "x")
    call(kept, [shared, Message("user", "three")], "x")
    third = recording.read(kept.path)[2]
    assert (third.after, third.kept, third.cost.new_chars) == (1, 1, 5)


def test_an_unknown_price_stays_unknown(tmp_path: Path) -> None:
    kept = Recording(tmp_path / "a.jsonl")
    call(kept, [Message("user", "one")], "x")
    call(kept, [Message("user", "two")], "x", None)
    assert kept.cost.usd is None


def test_calls_of_a_try_that_was_stopped_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for _ in range(3):
        call(Recording(path), [Message("user", "one")], "x")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl", "a.jsonl.try-1", "a.jsonl.try-2"]


def test_a_call_under_way_is_in_the_record(tmp_path: Path) -> None:
    kept = Recording(tmp_path / "a.jsonl")
    kept.begin("sub", "m", [Message("user", "one")], 0.25)
    (call,) = recording.read(kept.path)
    assert call.error == "It is not known what became of this call."
    assert (call.role, call.cost.calls, call.cost.new_chars, call.cost.usd) == ("sub", 1, 3, 0.25)


def test_odd_characters_stay_in_their_line(tmp_path: Path) -> None:
    kept = Recording(tmp_path / "a.jsonl")
    call(kept, [Message("user", "one\u2028two\x85three\ud800")], "four\u2029")
    (only,) = recording.read(kept.path)
    assert only.messages[0].content == "one\u2028two\x85three?"
    assert only.reply == "four\u2029"


def test_a_line_that_was_cut_is_left_out(tmp_path: Path) -> None:
    kept = Recording(tmp_path / "a.jsonl")
    call(kept, [Message("user", "one")], "x")
    with kept.path.open("a") as file:
        file.write('{"number": 2, "ro')
    assert [item.number for item in recording.read(kept.path)] == [1]
