"""Scores of answers whose score is known: right ones, half right ones, and what models make of a form."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.evals.matching import Range, common_subsequence, overlapping
from benchmarks.evals.questions import Question, SuiteError
from benchmarks.evals.scorers import WIDEST, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evals.questions import Form
    from benchmarks.evals.score import Score


def asked(form: Form, *truth: str, gold: Sequence[str] = ()) -> Question:
    return Question("q", "kind", 1, "project", "Which?", form, truth, gold_files=tuple(gold))


def block(*items: str) -> str:
    return "\n".join(["Here it is.", "", "```answer", *items, "```", ""])


def scored(form: Form, truth: Sequence[str], *items: str) -> Score:
    return score(asked(form, *truth), block(*items))


class TestNames:
    def test_right(self) -> None:
        found = scored("names", ["a.f", "b.g"], "b.g", "- `a.f`", "a.f — again")
        assert found.value == 1.0
        assert found.parts == {"precision": 1.0, "recall": 1.0, "exact": 1.0}
        assert found.why == ""

    def test_half(self) -> None:
        found = scored("names", ["a", "b"], "a", "c")
        assert found.value == 0.5
        assert found.parts == {"precision": 0.5, "recall": 0.5, "exact": 0.0}
        assert found.why == "Missing (1): b. Wrong (1): c."

    def test_extra_and_missing(self) -> None:
        assert scored("names", ["a", "b"], "a", "b", "c", "d").value == pytest.approx(2 / 3)
        assert scored("names", ["a", "b", "c"], "a").value == 0.5

    def test_case_counts(self) -> None:
        assert scored("names", ["Name"], "name").value == 0.0

    def test_what_is_right_is_taken_as_it_is_written(self) -> None:
        assert scored("names", ["f (x)", "f (y)"], "f (x)", "`f (y)` - the other").value == 1.0
        assert scored("names", ["None"], "None").value == 1.0

    def test_names_in_one_line(self) -> None:
        assert scored("names", ["a", "b"], "a, b").value == 1.0
        assert scored("names", ["a, b"], "a, b").value == 1.0
        assert scored("names", ["a", "b"], "`a`, `b`").value == 1.0
        assert scored("names", ["a"], "`a`, which is why").value == 1.0
        assert scored("names", ["a", "b"], "`a`, `c`").value == 0.5

    def test_only_the_first_five_are_named(self) -> None:
        found = scored("names", [f"n{number}" for number in range(9)], "x" * 500)
        assert found.why.startswith("Missing (9): n0, n1, n2, n3, n4 and 4 more. Wrong (1): xxx")
        assert len(found.why) < 200

    def test_files_and_functions(self) -> None:
        truth = ["src/a.py", "src/a.py::A.f", "src/b.py", "src/b.py::g"]
        assert scored("names", truth, "src/a.py:A.f", "/srv/project/src/b.py::g()").value == 1.0
        found = scored("names", truth, "src/a.py::A.f", "src/c.py::h")
        assert found.parts["files"] == 0.5
        assert found.parts["functions"] == 0.5
        assert found.value == 0.5
        found = scored("names", truth, "src/a.py", "src/b.py")
        assert found.parts["files"] == 1.0
        assert found.parts["functions"] == 0.0

    def test_of_a_ranking_the_first_ten_files_and_functions_count(self) -> None:
        truth = ["a.py", "a.py::f", "a.py::C.g"]
        files = [f"other{n}.py" for n in range(12)]
        functions = [f"other.py::f{n}" for n in range(9)]
        found = scored("names", truth, "a.py", *files, *functions, "a.py::C.g", "a.py::f").parts
        assert (found["first"], found["ten"], found["functions_ten"]) == (1.0, 1.0, 0.5)
        found = scored("names", truth, *files, "a.py", "a.py::f", "a.py::C.g").parts
        assert (found["first"], found["ten"], found["functions_ten"]) == (0.0, 0.0, 1.0)

    def test_functions_alone_give_nothing_for_their_files(self) -> None:
        assert scored("names", ["a.py::f"], "a.py::g").value == 0.0
        assert scored("names", ["std::fmt", "std::io"], "std::fmt", "std::ops").value == 0.5


class TestPlaces:
    TRUTH = ("src/a.py:10-20", "src/a.py:30", "b.py:5")

    def test_right(self) -> None:
        found = scored(
            "places", self.TRUTH, "project/src/a.py:20-25", "- `src\\a.py:30` (here)", "b.py#L1-L9"
        )
        assert found.value == 1.0
        assert found.why == ""

    def test_off_by_one_line(self) -> None:
        found = scored("places", self.TRUTH, "src/a.py:9", "src/a.py:31", "b.py:5")
        assert found.value == pytest.approx(1 / 3)
        assert found.why == ("Missing (2): src/a.py:10-20, src/a.py:30. Wrong (2): src/a.py:9, src/a.py:31.")

    def test_one_place_counts_once(self) -> None:
        assert scored("places", ["a.py:1", "a.py:2"], "a.py:1-2").value == pytest.approx(2 / 3)
        assert scored("places", ["a.py:1-9"], "a.py:1", "a.py:2").value == pytest.approx(2 / 3)

    def test_places_are_paired_so_that_most_are_right(self) -> None:
        # 1-5 could take either; 5 has only one.
        assert scored("places", ["a.py:1-5", "a.py:1-2"], "a.py:1-3", "a.py:5").value == 1.0

    def test_half_a_file_is_no_place(self) -> None:
        found = scored("places", ["a.py:500"], f"a.py:400-{400 + WIDEST}")
        assert found.value == 0.0
        assert "more than 200 lines" in found.why
        assert scored("places", ["a.py:1-300"], "a.py:1-600").value == 1.0

    def test_a_place_without_a_line_is_wrong(self) -> None:
        found = scored("places", ["a.py:1"], "a.py:1", "b.py")
        assert found.parts == {"precision": 0.5, "recall": 1.0, "exact": 0.0}
        assert found.why == "Wrong (1): b.py."

    def test_paths_with_spaces(self) -> None:
        assert scored("places", ["my docs/a b.md:3"], "`my docs/a b.md:3-4`").value == 1.0

    def test_what_is_right_must_be_a_place(self) -> None:
        with pytest.raises(SuiteError, match=r"'a\.py' is given as right where places are asked for"):
            scored("places", ["a.py"], "a.py:1")


class TestNumber:
    def test_right(self) -> None:
        found = scored("number", ["1500"], "**1,500** functions")
        assert found.value == 1.0
        assert found.parts == {"exact": 1.0, "partial": 1.0, "closeness": 1.0}

    def test_near(self) -> None:
        found = scored("number", ["4"], "3")
        assert found.value == 0.0
        assert found.parts == {"exact": 0.0, "partial": 0.75, "closeness": 0.75}
        assert found.why == "Answered 3, right is 4."

    def test_far(self) -> None:
        found = scored("number", ["1500"], "1490")
        assert found.parts["partial"] == pytest.approx(0.75**10)
        assert found.parts["closeness"] == pytest.approx(1490 / 1500)
        assert scored("number", ["0"], "9" * 30).parts == {
            "exact": 0.0,
            "partial": pytest.approx(0),
            "closeness": 0,
        }

    def test_none(self) -> None:
        assert scored("number", ["0"], "none").value == 1.0
        assert scored("number", ["3"], "a few").why == "There is no number."
        assert scored("number", ["3"]).value == 0.0


class TestWaypoints:
    TRUTH = ("a", "b", "c", "d")

    def test_right_is_the_same_sequence(self) -> None:
        assert scored("waypoints", self.TRUTH, "1. a", "2. `b`", "3. c()", "4. d — the end").value == 1.0
        assert scored("waypoints", self.TRUTH, "a -> b -> c -> d").value == 1.0

    def test_wrong_order(self) -> None:
        found = scored("waypoints", self.TRUTH, "a", "c", "b", "d")
        assert found.value == 0.75
        assert found.why == "Out of order or repeated: a, c, b, d."
        assert scored("waypoints", self.TRUTH, "d", "c", "b", "a").value == 0.25

    def test_extra_and_missing(self) -> None:
        found = scored("waypoints", self.TRUTH, "a", "x", "b", "y", "c", "d")
        assert found.value == 0.8
        assert found.parts == {"precision": pytest.approx(2 / 3), "recall": 1.0, "exact": 0.0}
        assert scored("waypoints", self.TRUTH, "a", "d").value == pytest.approx(2 / 3)
        assert scored("waypoints", self.TRUTH, "a", "a", "b", "c", "d").value == pytest.approx(8 / 9)


class TestPairs:
    def test_the_order_within_a_pair_does_not_count(self) -> None:
        found = scored("pairs", ["a, b", "d, c"], "b, a", "- (`c`, `d`) — both", "a | b")
        assert found.value == 1.0

    def test_half(self) -> None:
        found = scored("pairs", ["a, b", "c, d"], "a, b", "a, c")
        assert found.value == 0.5
        assert found.why == "Missing (1): c, d. Wrong (1): a, c."

    def test_what_is_no_pair_is_wrong(self) -> None:
        found = scored("pairs", ["a, b"], "a, b", "c")
        assert found.parts == {"precision": 0.5, "recall": 1.0, "exact": 0.0}


class TestProse:
    GOLD = ("src/pkg/a.py", "src/pkg/b.py")

    def test_recall_of_gold_files_among_those_cited(self) -> None:
        question = asked("prose", gold=self.GOLD)
        found = score(question, "See `src/pkg/a.py:3`, pkg/b.py (lines 4-5) and `c.py:1`.")
        assert found.value == 1.0
        assert found.parts == {"precision": pytest.approx(2 / 3), "recall": 1.0, "mentioned": 0.5}
        found = score(question, "See `src/pkg/a.py:3`, and `src/pkg/b.py`.")
        assert found.value == 0.5
        assert found.parts == {"precision": 1.0, "recall": 0.5, "mentioned": 1.0}
        assert found.why == "Not cited (1): src/pkg/b.py."

    def test_without_gold_files_nothing_can_be_said(self) -> None:
        found = score(asked("prose"), "See `a.py:3`.")
        assert found.value == 0.0
        assert found.why == "No files are known that a good answer cites: only a judge can score this."


@pytest.mark.parametrize("form", ["names", "places", "waypoints", "pairs"])
def test_where_nothing_is_right_an_empty_block_is_and_silence_is_not(form: Form) -> None:
    nothing = asked(form)
    assert score(nothing, block()).value == 1.0
    assert score(nothing, block("(none)")).value == 1.0
    assert score(nothing, block("a.py:1, b")).value == 0.0
    assert score(nothing, "").why == "There is no answer."
    assert score(nothing, "\n \n").value == 0.0
    assert score(nothing, "```python\nx = 1\n```").value == 0.0
    assert score(asked(form, "a.py:1, b" if form == "pairs" else "a.py:1"), block()).value == 0.0


def test_an_answer_without_its_block_is_read_and_that_is_said() -> None:
    found = score(asked("names", "a", "b"), "They are:\n- `a`\n- `c`\n")
    assert found.value == 0.5
    assert found.why == "Missing (1): b. Wrong (1): c. No block is marked `answer`; read was the last list."


SOME = settings(max_examples=50, deadline=None)

HOSTILE = {
    "spaces": "a" + " " * 998 + "b\n",
    "bullets": "- " * 500 + "\n",
    "ticks": "`" * 999 + "\n",
    "brackets": "([{" * 333 + "\n",
    "ranges": "a.py:1" + ",1" * 490 + "\n",
    "colons": "a.b::" * 200 + "\n",
    "path": "a/" * 500 + "\n",
    "fences": "~~~answer\n",
    "items": "- a.py:1\n",
    "line": "x" * 999,
    "dashes": " - " * 333,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_end(name: str) -> None:
    text = HOSTILE[name] * (100_000 // len(HOSTILE[name]))
    for form, truth in (
        ("names", "a.py::f"), ("places", "a.py:1"), ("number", "3"), ("waypoints", "a"), ("pairs", "a, b"),
    ):  # fmt: skip
        for answer in (text, f"```answer\n{text}"):
            assert 0.0 <= score(asked(form, truth), answer).value <= 1.0  # type: ignore[arg-type]
    assert 0.0 <= score(asked("prose", gold=["a.py"]), text).value <= 1.0


NAMES = st.from_regex(r"[A-Za-z_<][\w.:/<>()\[\] ,-]{0,20}", fullmatch=True).map(str.strip)
PLACES = st.builds(
    lambda path, first, more: f"{path}:{first}-{first + more}",
    st.from_regex(r"[a-z]{1,3}(/[a-z]{1,3}){0,2}\.py", fullmatch=True), st.integers(1, 40), st.integers(0, 9),
)  # fmt: skip
MEMBERS = st.from_regex(r"[A-Za-z]\w{0,6}", fullmatch=True)
PAIRS = st.tuples(MEMBERS, MEMBERS).map(", ".join)
ITEMS = {"names": NAMES, "places": PLACES, "waypoints": NAMES, "pairs": PAIRS}


@pytest.mark.parametrize("form", ITEMS)
@SOME
@given(data=st.data())
def test_what_is_right_scores_1_in_any_order_where_none_is_asked_for(form: Form, data: st.DataObject) -> None:
    truth = data.draw(st.lists(ITEMS[form], unique=True, max_size=8))
    assert scored(form, truth, *truth).value == 1.0
    if form != "waypoints":
        assert scored(form, truth, *data.draw(st.permutations(truth))).value == 1.0


@pytest.mark.parametrize("form", ITEMS)
@SOME
@given(data=st.data())
def test_scores_are_from_0_to_1_and_1_only_where_exact(form: Form, data: st.DataObject) -> None:
    truth = data.draw(st.lists(ITEMS[form], unique=True, max_size=5))
    items = data.draw(st.lists(ITEMS[form] | st.text(max_size=20), max_size=8))
    found = scored(form, truth, *items)
    assert 0.0 <= found.value <= 1.0
    assert all(0.0 <= part <= 1.0 for part in found.parts.values())
    assert (found.value == 1.0) == (found.parts["exact"] == 1.0) == (found.why == "")
    if form != "waypoints":
        assert scored(form, truth, *reversed(items)).value == pytest.approx(found.value) or len(items) == 1


RANGES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda pair: Range(pair[0], sum(pair))), max_size=5
)


@SOME
@given(RANGES, RANGES)
def test_as_many_ranges_are_paired_as_can_be(first: list[Range], second: list[Range]) -> None:
    pairs = overlapping(first, second)
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    assert all(_overlap(first[one], second[other]) for one, other in pairs)
    assert len(pairs) == _most_pairs(first, second)


def _overlap(one: Range, other: Range) -> bool:
    return one.first <= other.last and other.first <= one.last


def _most_pairs(first: list[Range], second: list[Range]) -> int:
    """By trying all."""
    if not first:
        return 0
    rest = [
        1 + _most_pairs(first[1:], second[:at] + second[at + 1 :])
        for at, other in enumerate(second)
        if _overlap(first[0], other)
    ]
    return max([_most_pairs(first[1:], second), *rest])


@SOME
@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_no_common_subsequence_is_longer(first: str, second: str) -> None:
    subsequences = [
        {"".join(chosen) for size in range(len(text) + 1) for chosen in combinations(text, size)}
        for text in (first, second)
    ]
    assert common_subsequence(first, second) == max(len(text) for text in subsequences[0] & subsequences[1])
