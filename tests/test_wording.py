"""Wording: what truncated texts, counts and lists read like."""

import pytest

from rlm_core.wording import bullet_list, comma_list, elide, one_line, pluralize, truncate


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("abcd", "abcd"), ("abcde", "abc…")])
def test_a_truncated_text_is_no_longer_than_it_may_be_and_says_that_it_goes_on(text: str, shown: str) -> None:
    assert truncate(text, 4) == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" a \n\t b\n", "a b"),
        ("a\nb c d e f", "a b c…"),
        ("x" * 1000, "xxxxx…"),
        ("a\n" + " " * 1000 + "b", "a…"),  # there is more, further on than is looked
    ],
)
def test_one_line_has_the_beginning_of_a_text_and_says_where_there_is_more(text: str, line: str) -> None:
    assert one_line(text, 6) == line


@pytest.mark.parametrize(
    ("text", "head", "tail", "shown"),
    [
        ("abcdef", 3, 3, "abcdef"),
        ("abcdefg", 3, 3, "abc\n[1 character left out]\nefg"),
        ("a" * 2000, 1, 0, "a\n[1,999 characters left out]"),
        ("abc", 0, 1, "\n[2 characters left out]\nc"),
    ],
)
def test_what_is_taken_out_of_a_text_is_counted(text: str, head: int, tail: int, shown: str) -> None:
    assert elide(text, head, tail) == shown


def test_elided_text_says_why() -> None:
    assert elide("abc", 1, 1, why="too many") == "a\n[1 character too many]\nc"


@pytest.mark.parametrize(("count", "said"), [(0, "0 files"), (1, "1 file"), (1200, "1,200 files")])
def test_a_count_has_its_noun_in_singular_or_plural(count: int, said: str) -> None:
    assert pluralize(count, "file") == said


def test_a_plural_can_be_irregular() -> None:
    assert pluralize(1, "entry is", "entries are") == "1 entry is"
    assert pluralize(2, "entry is", "entries are") == "2 entries are"


@pytest.mark.parametrize(
    ("items", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")],
)
def test_a_list_in_a_sentence_says_how_many_more_there_are(items: list[str], said: str) -> None:
    assert comma_list(items, 2) == said


def test_bullets_are_lines_and_the_last_says_how_many_more_there_are() -> None:
    assert bullet_list([]) == ""
    assert bullet_list(["a", "b"]) == "- a\n- b"
    assert bullet_list(["a", "b"], 2) == "- a\n- b"
    assert bullet_list(["a", "b", "c"], 1) == "- a\n- and 2 more"
