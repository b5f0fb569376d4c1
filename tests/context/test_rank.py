from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.context import stemming
from rlm_core.context.query_words import analyze
from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.context import Context
    from tests.support.contexts import ContextOf

FILES = {
    "billing/invoice.py": "class Invoice:\n    def total(self):\n        return sum(self.amounts)\n",
    "billing/retry_policy.py": (
        "import time\n\n\ndef wait_before_retry(attempt):\n    # Back off.\n    time.sleep(2**attempt)\n"
    ),
    "docs/retries.md": "# Retries\n\nWe retry three times.\n",
    "http/client.py": "class Client:\n    def send(self):\n        self.retry = 3\n",
    "http/parser.py": "class HTTPParser:\n    def parseHeaderLine(self, line):\n        return line\n",
    "tests/test_retry.py": "def test_retry():\n    assert wait_before_retry(1)\n    retry = 1\n",
    "locale/de.po": "msgid retry\n" * 50,
}


@pytest.fixture
def files(context_of: ContextOf) -> Context:
    return context_of(snapshot_of(FILES))


def test_definitions_and_paths_come_first(files: Context) -> None:
    ranked = files.rank("How long does it wait before it retries?")
    assert ranked[0].path == "billing/retry_policy.py"
    assert (ranked[0].line, ranked[0].symbol) == (4, "wait_before_retry")
    assert (ranked[0].start_line, ranked[0].end_line) == (4, 6)
    assert repr(ranked[0]).split(" ", 1)[1] == (
        "billing/retry_policy.py:4 (wait_before_retry 4-6): def wait_before_retry(attempt):"
    )
    order = [item.path for item in ranked]
    assert order.index("tests/test_retry.py") < order.index("locale/de.po")


@pytest.mark.parametrize(
    "query", ["parse header lines", "parseHeaderLine", "parsing of HEADERS", "header_line"]
)
def test_words_are_split_and_stemmed_as_code_joins_them(files: Context, query: str) -> None:
    assert files.rank(query)[0].path == "http/parser.py"


def test_ranking_is_the_same_every_time(context_of: ContextOf) -> None:
    again = [
        [item.path for item in context_of(snapshot_of(FILES)).rank("retry the client")] for _ in range(3)
    ]
    assert again[0] == again[1] == again[2]


def test_the_number_of_results_and_the_glob(files: Context) -> None:
    ranked = files.rank("retry", k=2)
    assert len(ranked) == 2
    assert ranked.omitted == 3
    assert ranked.note == "5 files have one of the words."
    assert {item.path for item in files.rank("retry", glob="http/")} == {"http/client.py"}


def test_words_that_are_nowhere_are_told(files: Context) -> None:
    ranked = files.rank("retry the frobnicator")
    assert ranked
    assert "In no file: frobnicator." in ranked.note


def test_a_word_that_stands_in_capitals_only_is_found(context_of: ContextOf) -> None:
    context = context_of(
        snapshot_of(
            {
                "signals.h": "#define SIGTERM 15\n",
                "stop.c": "int stop(int pid) { return kill(pid, SIGTERM); }\n",
                "notes.md": "sigterm is sent first\n",
                "other.c": "int other;\n",
                "power.c": "int grace = MAX_GRACE_SECONDS;\n",
            }
        )
    )
    assert {item.path for item in context.rank("SIGTERM")} == {"signals.h", "stop.c", "notes.md"}
    ranked = context.rank("how many seconds of grace")
    assert ([item.path for item in ranked], ranked.note) == (["power.c"], "")


def test_words_in_other_scripts_and_with_umlauts_are_whole_words(context_of: ContextOf) -> None:
    files = {
        "aufnahme.md": "Geänderte Dateien werden am Inhalt erkannt.\n",
        "order.py": "def gender(order):\n    return order.ndert\n",
    }
    ranked = context_of(snapshot_of(files)).rank("geänderte Größe")
    assert [item.path for item in ranked] == ["aufnahme.md"]
    assert ranked.note == "In no file: größ."


def test_a_query_needs_words(files: Context) -> None:
    with pytest.raises(QueryError, match="rank needs a query with words in it"):
        files.rank("?!")


def test_stop_words_are_dropped_unless_there_is_nothing_else() -> None:
    assert analyze("Where does the cache get its entries from?").stems == [
        stemming.stem("cache"),
        stemming.stem("entries"),
    ]
    assert analyze("what is this").stems != []


def test_endings_are_dropped_with_the_consonant_that_they_double() -> None:
    assert [stemming.stem(word) for word in ("mapping", "stopped", "retransmitted")] == [
        "map",
        "stop",
        "retransmit",
    ]
    assert [stemming.stem(word) for word in ("passed", "calling", "stuffing")] == ["pass", "call", "stuff"]


def test_parts_of_names() -> None:
    assert stemming.split_identifier("getHTTPResponse2_fast") == ["get", "http", "response", "2", "fast"]
    assert stemming.split_identifier("größeÄndern_XMLÜbersicht2") == [
        "größe",
        "ändern",
        "xml",
        "übersicht",
        "2",
    ]
    assert stemming.split_identifier("日本語Test") == ["日本語", "test"]


@given(st.text())
def test_any_text_has_terms_that_do_not_crash(query: str) -> None:
    assert all(word.text and word.weight > 0 for word in analyze(query).words)


def test_a_large_workspace_is_ranked_like_a_small_one(context_of: ContextOf) -> None:
    # Above this size rare words are searched first, and frequent ones only where it matters.
    many = {
        f"area{n % 7}/file{n:05}.py": f"def common{n}():\n    return shared(value)\n" for n in range(12_000)
    }
    needle = {"core/decoder.py": "def decode_frame(shared):\n    value = common(shared)\n    return value\n"}
    context = context_of(snapshot_of({**many, **needle}, shard_bytes=1 << 24))
    ranked = context.rank("which common function decodes a frame of shared values?")
    assert (ranked[0].path, ranked[0].symbol) == ("core/decoder.py", "decode_frame")
    assert "files have one of the words" in ranked.note
    assert [item.path for item in context.rank("frame", glob="core/")] == ["core/decoder.py"]
