from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rlm_core.context import grep
from rlm_core.context.context import Context
from rlm_core.errors import QueryError
from rlm_core.workspace.line_endings import split_lines
from tests.context.conftest import FILES
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from tests.support.contexts import ContextOf

TEXTS = st.text(st.sampled_from("abAB_1 .\n\n\r\té\u2028"), max_size=60)
ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "B",
        "_",
        "é",
        ".",
        r"\.",
        r"\w",
        r"\s",
        r"\b",
        "[ab]",
        "[^a]",
        "[]a]",
        r"\x61",
        "(?:ab)",
        " ",
    ]
)
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "*?"])
BODIES = st.lists(
    st.tuples(ATOMS, QUANTIFIERS).map(lambda pair: pair[0] + ("" if pair[0] == r"\b" else pair[1])),
    min_size=1,
    max_size=5,
).map("".join)
BRANCHES = st.tuples(st.sampled_from(["", "^"]), BODIES, st.sampled_from(["", "$"])).map("".join)
PLAIN = st.lists(st.text("abB_é ", min_size=1, max_size=2), min_size=1, max_size=3).map("|".join)
EXPRESSIONS = st.one_of(
    PLAIN,
    PLAIN.map(r"\b({})\b".format),
    PLAIN.map(lambda texts: rf"\b{texts.partition('|')[0]}\b"),
    st.lists(BRANCHES, min_size=1, max_size=3).map("|".join),
    st.tuples(BODIES, BRANCHES, BODIES).map(lambda parts: f"{parts[0]}({parts[1]})?{parts[2]}"),
)
LOOKING = st.tuples(BODIES, st.sampled_from(["(?=b)", "(?!b)", "(?<!a)", "(?<=a)"]), BODIES).map("".join)


def expected(texts: dict[str, str], expression: str, flags: int) -> list[tuple[str, int, int, str]]:
    """What grep should find, found one line at a time."""
    pattern = re.compile(expression, flags)
    return [
        (path, number, match.start() + 1, line)
        for path in sorted(texts)
        for number, line in enumerate(split_lines(texts[path]), 1)
        if (match := pattern.search(line))
    ]


@settings(max_examples=200, deadline=None)
@example(texts={"a.py": "x get_all"}, expression=r"\b(get|get_all)\b", ignore_case=False)
@given(
    texts=st.dictionaries(st.sampled_from(["a.py", "b/c.py", "b.py", "z"]), TEXTS, max_size=4),
    expression=EXPRESSIONS,
    ignore_case=st.booleans(),
)
def test_grep_finds_what_a_search_line_by_line_finds(
    context_of: ContextOf, texts: dict[str, str], expression: str, ignore_case: bool
) -> None:
    hits = context_of(snapshot_of(texts)).grep(expression, limit=10_000, ignore_case=ignore_case)
    found = [(hit.path, hit.line, hit.column, hit.text) for hit in hits]
    assert found == expected(texts, expression, re.IGNORECASE if ignore_case else 0)


@settings(max_examples=150, deadline=None)
@given(texts=st.dictionaries(st.sampled_from(["a.py", "b/c.py"]), TEXTS, max_size=2), expression=LOOKING)
def test_what_re2_cannot_do_is_found_too(
    context_of: ContextOf, texts: dict[str, str], expression: str
) -> None:
    hits = context_of(snapshot_of(texts)).grep(expression, limit=10_000)
    assert [(hit.path, hit.line, hit.column, hit.text) for hit in hits] == expected(texts, expression, 0)
    assert "Python's slower re engine" in hits.note


def test_neighbours_in_the_arena_are_not_one_text(context_of: ContextOf) -> None:
    context = context_of(
        snapshot_of({"a": "one\nfoo", "b": "bar\n", "c": "", "d": "\n", "e": "x\r", "f": "foo\r\n"})
    )
    assert [hit.path for hit in context.grep("foobar")] == []
    assert [hit.path for hit in context.grep("^bar$")] == ["b"]
    assert [hit.path for hit in context.grep(r"\bfoo$")] == ["a", "f"]
    assert [(hit.path, hit.line) for hit in context.grep("^$")] == [("d", 1)]


def test_carriage_returns_end_lines(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a": "foo\r\nbar\r\nend\n", "b": "one\rtwo\rthree\n", "c": "two\n"}))
    assert [(hit.path, hit.line, hit.text) for hit in context.grep("foo$")] == [("a", 1, "foo")]
    assert [(hit.path, hit.line) for hit in context.grep("^two$")] == [("b", 2), ("c", 1)]
    assert context.grep("one.*three") == []


@pytest.mark.parametrize(
    "expression", ["fab?", "fab*", "fab{0,1}", "f(ab)?", "f|xy", r"f\x61", "[f]", r"\146", "fa??"]
)
def test_optional_parts_of_an_expression_are_optional(context_of: ContextOf, expression: str) -> None:
    assert len(context_of(snapshot_of({"a": "fa\n"})).grep(expression)) == 1


def test_plain_texts_far_apart_are_all_found(context_of: ContextOf) -> None:
    for gap in (4090, 4095, 4096, 4097, 9000):
        text = "needle\n" + "x" * gap + "needle\n" + "y\n" * gap + "sneedles\n" + "z" * gap
        hits = context_of(snapshot_of({"a": text})).grep("needle|absent")
        assert [(hit.line, hit.column) for hit in hits] == [(1, 1), (2, gap + 1), (gap + 3, 2)]


def test_texts_of_other_snapshots_are_not_found(context_of: ContextOf) -> None:
    whole = snapshot_of({"a": "needle\n", "b": "needle\n", "c": "needle\n"})
    part = whole.restricted([0, 2])
    assert [hit.path for hit in context_of(part).grep("needle")] == ["a", "c"]


def test_texts_that_lie_in_another_order_are_found_by_path(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"z": "needle\n", "a": "needle\n", "m": "needle\n"}, shard_bytes=16))
    assert [hit.path for hit in context.grep("needle")] == ["a", "m", "z"]


def test_columns_count_characters(context_of: ContextOf) -> None:
    [hit] = context_of(snapshot_of({"a": "äöü x needle\n"})).grep("needle")
    assert (hit.line, hit.column) == (1, 7)


def test_lines_around_a_hit(context: Context) -> None:
    [hit] = context.grep("class Store", "*.py", context=2)
    assert hit.before == ("", "")
    assert hit.after == ('    """Keeps things."""', "")
    assert repr(hit) == 'src/store.py\n-- 4-8 Store\n4\n5\n6: class Store:\n7      """Keeps things."""\n8'


def test_multiline_matches_go_over_lines(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a": "def f(\n    x,\n):\n    pass\n", "b": "def f(x): pass\n"}))
    [hit] = context.grep(r"def f\([^)]*\n[^)]*\)", multiline=True)
    assert (hit.path, hit.line, hit.text) == ("a", 1, "def f(\n    x,\n):")
    assert context.grep(r"f\(\n", multiline=False) == []


@pytest.mark.parametrize(
    "expression",
    [
        r"\u00fcber",
        r"(?i)\u00DCBER",
        r"\u{fc}ber",
        r"\U000000fcber",
        r"\N{LATIN SMALL LETTER U WITH DIAERESIS}ber",
    ],
)
def test_letters_may_be_written_as_numbers(context_of: ContextOf, expression: str) -> None:
    context = context_of(snapshot_of({"a": "uber\n\u00fcbergr\u00f6\u00dfe\n"}))
    assert [hit.line for hit in context.grep(expression)] == [2]


@pytest.mark.parametrize(
    ("expression", "lines"),
    [
        (r"\büber\b", [2, 3]),
        (r"\bber\b", []),
        (r"\b(?:über|größe)\b", [1, 2, 3]),
        (r"\bver\w*", [4]),
        (r"\b[vü]\w+r\b", [2, 3, 4]),
        (r"^\w+ = 2", [6]),
        (r"\bдйж\b", [7]),
        (r"ber\b.*\Bt", [2]),
        (r"a\sb", [8]),
        (r"\d\d", [9]),
        (r"^[\w']+$", [3, 9]),
        (r"\W", [1, 2, 4, 5, 6, 7, 8]),
        (r"\b\pL+ver\b", [5]),
    ],
)
def test_words_have_the_letters_of_all_languages(
    context_of: ContextOf, expression: str, lines: list[int]
) -> None:
    text = "größe = 1\ndef über(): test\nüber\nver = 1\nnaïver = ''\n数据x = 2\nдйж = 'ü'\na\u3000b\n٣٤\n"
    assert [hit.line for hit in context_of(snapshot_of({"a": text})).grep(expression)] == lines


def test_the_ends_of_a_text_are_its_files(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a": "zzz\n", "b": "first\nmiddle\nlast", "c": "alpha\nfirst\n"}))
    for expression, found in {
        r"\Afirst": ["b"],
        r"\A\w+\nmiddle": ["b"],
        r"last\z": ["b"],
        r"zzz\Z": ["a"],
        r"middle\s*\z": [],
        r"\Amiddle": [],
        r"\Afirst(?=\n)": ["b"],
        r"(?<=m)iddle\n(?=l)": ["b"],
        r"first\Z(?!x)": ["c"],
    }.items():
        assert [hit.path for hit in context.grep(expression, multiline=True)] == found, expression


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (r"a\nb", True),
        ("a\nb", True),
        ("(?s)a.b", True),
        (r"a[\s\S]*b", True),
        (r"a[,\n]b", True),
        (r"a[^\n]b", False),
        (r"a\\nb", False),
        (r"a\s+b", False),
        (r"(?i)a.b", False),
        ("[" * 100_000, None),
    ],
)
def test_a_match_that_cannot_go_over_lines_is_told(
    context_of: ContextOf, expression: str, told: bool | None
) -> None:
    context = context_of(snapshot_of({"x": "a\nb\n"}))
    if told is None:
        with pytest.raises(QueryError):
            context.grep(expression)
        return
    assert ("multiline=True" in context.grep(expression).note) == told


def test_limits_are_told(context_of: ContextOf, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"f{n:03}": "needle\n" * 20 for n in range(30)}
    hits = context_of(snapshot_of(texts)).grep("needle", limit=50)
    assert [hit.path for hit in hits] == ["f000"] * 20 + ["f001"] * 20 + ["f002"] * 10
    assert (len(hits), hits.omitted, hits.total) == (50, 550, 600)
    assert hits.note == "550 more than limit=50."
    monkeypatch.setattr(grep, "COUNTED_BYTES", 100)
    hits = context_of(snapshot_of(texts)).grep("needle", limit=40)
    assert (len(hits), hits.omitted, hits.total) == (40, None, None)
    assert "Stopped at limit=40; f002 has more, and 27 files after it were not searched" in hits.note
    assert "count(regex, glob) counts" in hits.note


def test_where_nothing_is_asked_for_no_file_hides_the_others(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a": "needle\n" * 60, "b": "needle\n", "c": "needle\n" * 70}))
    hits = context.grep("needle")
    assert [sum(hit.path == path for hit in hits) for path in "abc"] == [50, 1, 50]
    assert hits.total == 131
    assert "further hits in a (10), c (20): at most 50 of one file without a glob or a limit" in hits.note


@pytest.mark.parametrize("glob", ["a", "[a]", ["a", "b"], "*"])
def test_a_loop_over_a_file_that_was_asked_for_loses_nothing(
    context_of: ContextOf, glob: str | list[str]
) -> None:
    context = context_of(snapshot_of({"a": "needle\n" * 630, "b": "needle\n"}))
    hits = context.grep("needle", glob)
    assert len([hit for hit in hits if hit.path == "a"]) == 630
    assert (hits.omitted, hits.note) == (0, "")


def test_a_part_of_a_list_knows_the_total(context_of: ContextOf) -> None:
    hits = context_of(snapshot_of({"a": "needle\n" * 90})).grep("needle", limit=30)
    assert (hits[:10].total, hits[10:].omitted, hits[10:].total) == (90, 70, 90)


def test_counts_have_no_limit(context_of: ContextOf) -> None:
    texts = {"a": "needle needle\n" * 5000, "b/c": "Needle\n", "b/d": "hay\n"}
    context = context_of(snapshot_of(texts))
    counts = context.count("needle")
    assert (dict(counts), counts.total, counts.note) == ({"a": 5000}, 5000, "")
    assert context.count("needle", ignore_case=True) == {"a": 5000, "b/c": 1}
    assert repr(context.count("(?i)needle")) == "5,001 in 2 files\n5,000 a\n1 b/c"
    assert context.count("needle|hay", "b/") == {"b/d": 1}
    assert "No file matches 'q/'" in context.count("needle", "q/").note
    assert context.count(r"needle(?= needle)").total == 5000


def test_long_lines_are_cut_around_the_match(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a": "x" * 500_000 + "needle" + "y" * 500_000 + "\nshort needle\n"}))
    long, short = context.grep("needle")
    assert "needle" in long.text
    assert len(long.text) == grep.LINE_CHARS + 2
    assert long.column == 500_001
    assert short.text == "short needle"
    assert context.grep("needle").note == "Lines over 300 characters are cut around the match."


def test_flags_at_the_start_work(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a": "NEEDLE\n"}))
    assert len(context.grep("(?i)needle")) == 1
    assert len(context.grep("(?i:need)LE")) == 1
    assert len(context.grep(r"\ANEEDLE\Z")) == 1


def test_a_glob_that_matches_nothing_is_told(context: Context) -> None:
    hits = context.grep("Store", "scr/*.py")
    assert hits == []
    assert hits.note == "No file matches 'scr/*.py'. Did you mean src?"


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        (
            "foo(",
            r"'foo\('.* does not compile: missing \), unterminated subpattern at position 3\..*re\.escape",
        ),
        ("[z-a]", r"bad character range z-a at position 1"),
        ("(?P<n>a", r"does not compile"),
    ],
)
def test_a_bad_expression_is_explained(context: Context, expression: str, sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence):
        context.grep(expression)


def test_half_a_surrogate_pair_is_in_no_file() -> None:
    # What comes from a guest is well-formed already.
    with pytest.raises(QueryError, match="half a surrogate pair"):
        Context(snapshot_of(FILES)).grep("\ud800")


def test_bad_numbers_are_explained(context: Context) -> None:
    with pytest.raises(QueryError, match="limit must be at least 1, not 0"):
        context.grep("a", limit=0)
    with pytest.raises(QueryError, match="context must be from 0 to 50 lines, not 51"):
        context.grep("a", context=51)
