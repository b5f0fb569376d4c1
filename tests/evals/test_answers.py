"""How answers are read: the block that was asked for, and what comes nearest where there is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from benchmarks.evals.answers import MAX_ITEM_CHARS, MAX_ITEMS, number, read, spellings, without_footer
from benchmarks.evals.places import Files, Place, cited
from rlm_core.engine.answer import Answer, Citation, RunUsage
from rlm_core.engine.answer_markdown import markdown

FOOTER = "*gpt-x · 2 citations checked · 3 turns, 4 calls, 5,000 tokens · 1.2 s · snapshot 0a1b · run r-7*"


@pytest.mark.parametrize(
    "answer",
    [
        "Two.\n\n```answer\none\ntwo\n```\n",
        "Two.\r\n\r\n```answer\r\none\r\ntwo\r\n```\r\n",
        "~~~ Answer\none\ntwo\n~~~",
        "````answer\none\n\ntwo\n````\nAnd a word more.",
        "```answer\none\ntwo",  # never closed
        "  - ```answer\n    one\n    two\n    ```",
        "```answer\nfirst try\n```\nNo:\n```answer\none\ntwo\n```\n\n```python\nprint('one')\n```",
        "```python\nx = 1\n\nnever closed\n\n```answer\none\ntwo\n```",
        "```{.answer}\none\ntwo\n```",
        f"```answer\none\ntwo\n```\n\n### Citations\n\n- `a.py:1`\n\n{FOOTER}\n",
    ],
)
def test_the_last_block_that_is_marked_is_the_answer(answer: str) -> None:
    reading = read(answer, "names")
    assert [item.strip() for item in reading.items] == ["one", "two"]
    assert reading.block
    assert reading.notes == ()


def test_a_block_ends_at_a_fence_of_its_own_sign_and_length() -> None:
    reading = read("````answer\n```\n~~~~\none\n```` no end\n````\ntwo\n", "names")
    assert reading.items == ("```", "~~~~", "one", "```` no end")


def test_a_block_without_a_language_does_where_none_is_marked_and_code_does_not() -> None:
    reading = read("- no item\n```text\none\n```\n```python\nprint('two')\n```", "names")
    assert reading.items == ("one",)
    assert reading.block
    assert reading.notes == ("No block is marked `answer`; read was the last block without a language.",)


def test_of_names_in_no_block_the_last_list_counts_and_a_programs_citations_do_not() -> None:
    answer = "Seen:\n- not this\n\nSo:\n1. one\n   which is\n\n2. two\n\nThat is all."
    for text in (answer, f"{answer}\n\n### Citations\n\n- `a.py:1`\n\n{FOOTER}\n"):
        reading = read(text, "names")
        assert [spellings(item)[-1] for item in reading.items] == ["one", "two"]
        assert not reading.block
        assert reading.notes == ("No block is marked `answer`; read was the last list.",)


def test_of_names_in_no_list_the_last_line_counts() -> None:
    reading = read("I looked around.\n\nThe correct answer is (B).\n", "names")
    assert spellings(reading.items[0])[-1] == "B"
    assert reading.notes == ("No block is marked `answer`; read was the last line.",)


def test_of_places_and_numbers_in_no_block_the_text_is_read() -> None:
    text = "Of 12 files, `src/a.py:3-9` and b.py (line 4) count, so 2,5.\nThat makes 1,234 in all."
    assert read(text, "places").items == ("src/a.py:3-9", "b.py:4")
    assert read(text, "number").items == ("1,234",)


@pytest.mark.parametrize(
    ("item", "meant"),
    [
        ("- `Class.method`", "Class.method"),
        ("* **name**", "name"),
        ("12. name.", "name"),
        ("- [x] name", "name"),
        ("> name", "name"),
        ("name - since it calls it", "name"),
        ("`name` — since it calls it", "name"),
        ("`name`, which calls it", "name"),
        ("name (in the base class)", "name"),
        ("method()", "method"),
        ("method(self, x)", "method"),
        ("[a.py](src/a.py)", "a.py"),
        ("Answer: **B**", "B"),
        ("**B.** the second", "B"),
        ("B) the second", "B"),
        ("**name** calls it", "name"),
        ("Label: spam", "spam"),
        ("--verbose", "--verbose"),
        ("dash-ed", "dash-ed"),
        ("GET /users/<id>", "GET /users/<id>"),
    ],
)
def test_what_stands_around_an_item_is_taken_off(item: str, meant: str) -> None:
    assert spellings(item)[0] == item
    assert spellings(item)[-1] == meant


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("42", "42"),
        ("**1,234** functions of 2,000", "1234"),
        ("~3 000", "3"),
        ("-7", "-7"),
        ("0.25", "0.25"),
        ("none", "0"),
        ("v1.2.3", None),
        ("many", None),
    ],
)
def test_a_number_is_the_first_of_its_line(item: str, value: str | None) -> None:
    assert number(item) == (None if value is None else Decimal(value))


def test_places_are_read_in_the_ways_in_which_they_are_cited() -> None:
    text = (
        "`src/a.py:12`, (b/c.go:3-9), [d.rs](src/d.rs#L4-L6), e.ts:7:12, `f.py` (lines 20\u201330), "
        "g.py:1, 5-6, h.py at line 8, (line 9 in `i.py`); "
        "not http://host.example:8080/x, 12:30, 10.0.0.1:80 or v:2."
    )
    assert cited(text) == [
        Place("src/a.py", 12, 12),
        Place("b/c.go", 3, 9),
        Place("src/d.rs", 4, 6),
        Place("e.ts", 7, 7),
        Place("f.py", 20, 30),
        Place("g.py", 1, 1),
        Place("g.py", 5, 6),
        Place("h.py", 8, 8),
        Place("i.py", 9, 9),
    ]


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("django/db/base.py", "django/db/base.py"),
        ("./django/db/base.py", "django/db/base.py"),
        ("django\\db\\base.py", "django/db/base.py"),
        ("django/django/db/base.py", "django/db/base.py"),  # the checkout's folder and the package
        ("/tmp/x/django/db/base.py", "django/db/base.py"),
        ("repo/setup.py", "setup.py"),
        ("db/base.py", "django/db/base.py"),
        ("base.py", "base.py"),  # might be another
        ("tests/setup.py", "tests/setup.py"),  # is another
        ("models/sql.py", "models/sql.py"),  # of two
    ],
)
def test_a_path_means_a_file_of_the_question(path: str, file: str) -> None:
    files = Files(["django/db/base.py", "setup.py", "a/models/sql.py", "b/models/sql.py"], "django")
    assert files.resolve(path) == file


def test_a_footer_is_cut_and_an_answers_own_headings_are_not() -> None:
    answer = "Text.\n\n### Citations\n\nmine\n\n### End"
    assert without_footer(f"{answer}\n\n### Citations\n\n- x\n\n### Notes\n\n- y\n\n{FOOTER}\n") == answer
    assert without_footer(answer) == answer


def test_what_this_program_prints_after_an_answer_is_its_footer() -> None:
    text = "It is.\n\n### Notes\n\nmine"
    printed = Answer(
        text, "complete", "", [Citation("a.py", 1, 2, "f")], ["b.py:9"], "gpt-x", "0a1b2c",
        RunUsage(turns=3, seconds=1.5), "r-7", notes=["Skipped x."], changed=["a.py"],
    )  # fmt: skip
    assert without_footer(markdown(printed)) == text


def test_what_is_too_much_is_cut_and_said() -> None:
    reading = read("```answer\n" + "x\n" * (MAX_ITEMS + 1) + "```", "names")
    assert len(reading.items) == MAX_ITEMS
    assert reading.notes == ("Only the first 20,000 of 20,001 items were read.",)
    reading = read("y" * 2_000_000, "names")
    assert len(reading.items[0]) == MAX_ITEM_CHARS
    assert reading.notes[0] == "Only the last 1,000,000 of 2,000,000 characters were read."


def test_code_that_is_quoted_is_no_answer_in_places() -> None:
    answer = "It is in `a.py:3-4`:\n\n```\ndef f():\n    pass\n```"
    assert read(answer, "places").items == ("a.py:3-4",)
    assert read("```\na.py:7\n```", "places").items == ("a.py:7",)
