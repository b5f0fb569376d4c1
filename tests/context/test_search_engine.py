"""Searches over many files, cut into pieces for threads: they find what a search of each file finds."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.context import grep, parallel
from rlm_core.context.context import Context
from rlm_core.context.search import engine
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = st.dictionaries(
    st.text("abc", min_size=1, max_size=2), st.text("needl \n\r", max_size=30), min_size=1, max_size=12
)
EXPRESSIONS = st.sampled_from(["ne", "ne|dl", r"\bne\b", "n.*d", "[ed]l", "e{2}", "$"])


@contextmanager
def small_pieces() -> Iterator[pytest.MonkeyPatch]:
    """What takes megabytes otherwise: work for threads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_FIRST_BATCH_BYTES", 4)
        patch.setattr(engine, "_MAX_BATCH_BYTES", 32)
        patch.setattr(engine, "_SERIAL_BATCHES", 1)
        yield patch


def allow_threads(patch: pytest.MonkeyPatch, allowed: int) -> None:
    """Lets that many threads start; after that the system has none, as in a worker with too many."""
    start = threading.Thread.start
    left = iter(range(allowed))

    def starting(thread: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(thread)

    patch.setattr(threading.Thread, "start", starting)


@pytest.mark.parametrize("threads", [0, 1, 100])
@settings(max_examples=60, deadline=None)
@given(
    texts=TEXTS, expression=EXPRESSIONS, ignore_case=st.booleans(), shard_bytes=st.sampled_from([40, 4096])
)
def test_the_lines_of_all_pieces_are_found_in_order(
    threads: int, texts: dict[str, str], expression: str, ignore_case: bool, shard_bytes: int
) -> None:
    pattern = re.compile(expression, re.IGNORECASE if ignore_case else 0)
    expected = [
        (path, number)
        for path in sorted(texts)
        for number, line in enumerate(re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", texts[path]), 1)
        if pattern.search(line.rstrip("\r\n"))
    ]
    with small_pieces() as patch:
        allow_threads(patch, threads)
        context = Context(snapshot_of(texts, shard_bytes=shard_bytes))
        hits = context.grep(expression, limit=10_000, ignore_case=ignore_case)
    assert [(hit.path, hit.line) for hit in hits] == expected


def test_a_search_that_is_not_read_to_its_end_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grep, "COUNTED_BYTES", 0)
    before = threading.active_count()
    with small_pieces():
        context = Context(snapshot_of({f"f{number:03}": "needle\n" * 4 for number in range(200)}))
        assert [hit.path for hit in context.grep("needle", limit=4)] == ["f000"] * 4
        assert threading.active_count() == before


def test_what_fails_on_a_thread_fails_for_the_caller() -> None:
    def work(number: int) -> int:
        if number == 50:
            raise MemoryError
        return number

    done: list[int] = []
    with pytest.raises(MemoryError):
        done.extend(parallel.parallel_map(work, range(100)))
    assert list(parallel.parallel_map(work, range(50))) == list(range(50))


WORDS = st.text("abcdefgh_", min_size=4, max_size=14).filter(lambda word: word.strip("_"))


@settings(max_examples=150, deadline=None)
@given(word=WORDS, at=st.integers(0, 12), slip=st.sampled_from(["missing", "added", "wrong", "swapped"]))
def test_names_that_are_one_slip_away_are_found(word: str, at: int, slip: str) -> None:
    at = min(at, len(word) - 2)
    name = {
        "missing": word[:at] + word[at + 1 :],
        "added": f"{word[:at]}x{word[at:]}",
        "wrong": f"{word[:at]}x{word[at + 1 :]}",
        "swapped": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }[slip].upper()
    found = Context(snapshot_of({"a.py": f"def {name}():\n    pass\n", "b.py": "x = 1\n"})).find(word)
    assert [symbol.name for symbol in found] == [name]
