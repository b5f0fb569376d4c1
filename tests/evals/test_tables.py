"""Tables of a run, in Markdown: that their figures are those of its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.questions import Question
from benchmarks.evals.report.run import ReportError
from benchmarks.evals.report.table import markdown
from rlm_core.models.base import Message
from tests.evals.reported import Reported, call

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.evals.results import Status

CALLERS = [Question(f"c{n}", "callers", 2, "shop", f"Who calls f{n}?", "names", ("g",)) for n in range(8)]
PLACES = [Question("p0", "definitions", 1, "shop", "Where is f defined?", "places", ("a.py:1",))]


def compared(folder: Path, name: str = "run") -> Reported:
    """Two arms of which the second is worse in all eight questions and costs a half."""
    run = Reported(folder, CALLERS, ["rlm", "cut"], name)
    for number, question in enumerate(CALLERS):
        run.answer(question.id, "cut", 0.25, chars=(number + 1) * 50)
        run.answer(question.id, "rlm", 0.75, chars=(number + 1) * 100)
    return run


def tables(text: str) -> dict[str, list[dict[str, str]]]:
    """The tables of a text in Markdown, by heading: rows as fields by their columns' headings."""
    found: dict[str, list[dict[str, str]]] = {}
    for section in text.split("\n## ")[1:]:
        title, _, rest = section.partition("\n")
        lines = [line[2:-2].split(" | ") for line in rest.splitlines() if line.startswith("|")]
        found[title] = [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]
    return found


def test_an_arm_has_its_scores_and_what_an_answer_cost(tmp_path: Path) -> None:
    run = Reported(tmp_path, [*CALLERS, *PLACES], ["rlm"])
    scores = {"c0": 1.0, "c1": 0.5, "c2": 0.0, "p0": 1.0}
    statuses: dict[str, Status] = {"c1": "incomplete", "c2": "failed"}
    for size, (question, score) in enumerate(scores.items(), 1):
        run.answer(question, "rlm", score, chars=size * 1000, status=statuses.get(question, "answered"))
    (row,) = tables(markdown([run.end()], [], None))["Arms and models"]
    assert row["score"].startswith("0.62 [")
    assert {name: text for name, text in row.items() if name != "score"} == {
        "arm": "rlm",
        "model": "big",
        "questions": "4",
        "answered / incomplete / failed": "2 / 1 / 1",
        "new input chars": "2,500",
        "largest request": "2,500",
        "calls": "1",
        "output chars": "3",
        "new / cached tokens": "7 / 2",
        "seconds": "2.0",
        "USD": "2.50",
    }


def test_a_price_that_is_not_known_is_not_made_up(tmp_path: Path) -> None:
    run = Reported(tmp_path, CALLERS, ["rlm", "part"])
    run.answer("c0", "rlm", 1, priced=False)
    run.answer("c0", "part", 1, priced=False)
    run.answer("c1", "part", 1, chars=2000)
    text = markdown([run.end()], [], None)
    assert [row["USD"] for row in tables(text)["Arms and models"]] == ["unknown", "2.00 (1 unknown)"]
    assert "2.00 USD and the price of 2 calls, which is unknown" in text


def test_kinds_have_rows_for_each_arm_and_model(tmp_path: Path) -> None:
    run = Reported(tmp_path, [*CALLERS, *PLACES], ["rlm"])
    run.answer("c0", "rlm", 0.5)
    run.answer("c1", "rlm", 0.5)
    run.answer("c0", "rlm", 0.0, model="small")
    run.answer("p0", "rlm", 1.0)
    rows = tables(markdown([run.end()], [], None))["Scores by kind"]
    assert [(row["kind"], row["level"], row["questions"]) for row in rows] == [
        ("all", "", "3"),
        ("definitions", "1", "1"),
        ("callers", "2", "2"),
    ]
    assert [row["rlm · small"] for row in rows] == [
        "0.00 (n = 1)",
        "-",
        "0.00 (n = 1)",
    ]
    assert rows[2]["rlm · big"] == "0.50 [0.50, 0.50]"


def test_a_worse_arm_is_seen_as_worse_and_at_which_price(tmp_path: Path) -> None:
    (row,) = tables(markdown([compared(tmp_path).end()], [], None))["Paired differences against rlm"]
    assert row == {
        "answers of": "cut · big",
        "against": "rlm · big",
        "score difference": "-0.500 [-0.500, -0.500] ▼",
        "score": "0.75 → 0.25",
        "pairs": "8",
        "better / worse / equal": "0 / 8 / 0",
        "calls": "1.00 [1.00, 1.00]",
        "new input chars": "0.50 [0.50, 0.50]",
        "by medians": "0.50",
        "seconds": "1.00 [1.00, 1.00]",
        "USD": "0.50 [0.50, 0.50]",
    }


def test_the_baseline_can_be_chosen_and_must_be_there(tmp_path: Path) -> None:
    folder = compared(tmp_path).end()
    (row,) = tables(markdown([folder], [], "cut"))["Paired differences against cut"]
    assert row["score difference"] == "+0.500 [+0.500, +0.500] ▲"
    with pytest.raises(ReportError, match=r"has no answers of the arm 'agent'; it has rlm, cut\."):
        markdown([folder], [], "agent")


def test_what_scores_are_made_of_is_compared_too(tmp_path: Path) -> None:
    folder = compared(tmp_path).end()
    [row] = tables(markdown([folder], [], "cut"))["Paired differences of parts against cut"]
    assert row["part"] == "recall"
    assert row["rlm · big against cut · big"] == "+0.500 [+0.500, +0.500] ▲"


def test_only_answers_of_the_same_model_are_compared_but_for_arms_without_one(tmp_path: Path) -> None:
    run = Reported(tmp_path, CALLERS, ["rlm", "agent", "rank"])
    for model in ("big", "small"):
        run.answer("c0", "rlm", 1, model=model)
        run.answer("c0", "agent", 0, model=model)
    run.answer("c0", "rank", 1, model="", chars=0)
    found = tables(markdown([run.end()], [], None))
    assert [(row["answers of"], row["against"]) for row in found["Paired differences against rlm"]] == [
        ("agent · big", "rlm · big"),
        ("agent · small", "rlm · small"),
        ("rank", "rlm · big"),
        ("rank", "rlm · small"),
    ]
    assert found["Paired differences against rlm"][2]["new input chars"] == "unknown"
    assert [(row["answers of"], row["against"]) for row in found["Paired differences between models"]] == [
        ("rlm · small", "rlm · big"),
        ("agent · small", "agent · big"),
    ]


def test_means_of_other_questions_are_said_not_to_compare(tmp_path: Path) -> None:
    run = compared(tmp_path)
    assert "these means do not compare" not in markdown([run.end()], [], None)
    run.answer("c0", "rlm", 1, repeat=1)
    text = markdown([run.end()], [], None)
    assert "these means do not compare" in text
    assert [row["questions"] for row in tables(text)["Arms and models"]] == ["8 (9 answers)", "8"]


def test_a_heading_says_what_the_run_was(tmp_path: Path) -> None:
    run = compared(tmp_path)
    run.about["unasked"] = [
        {"cell": f"own~c{n}~rank~~0", "reason": "The budget | is <spent>."} for n in range(3)
    ]
    heading = markdown([run.end()], [], None).partition("\n## ")[0]
    assert heading.splitlines()[2:] == [
        "- Started: 2026-07-04 09:12 UTC",
        "- Harness: feed1234",
        "- Machine: 2 x Test CPU, 24 GB",
        "- Build of rlm: 0.1.0 of beef5678",
        "- Build of cut: unknown",
        f"- Suite own: repository shop, commit abc123, digest {run.about['suites']['own']['digest']}",
        "- Budget: calls 100",
        "- Used, tries that were stopped included: 16 calls, 5,400 new input characters, "
        "48 output characters, 5.40 USD",
        "- Answers: 16 cells",
        r"- Not run: 3 cells: The budget \| is \<spent>.",
    ]


def test_tries_that_were_stopped_count_in_what_was_used(tmp_path: Path) -> None:
    run = Reported(tmp_path, CALLERS, ["rlm"])
    stopped = run.answer("c0", "rlm", 0, chars=100)
    call(run.recording(stopped.cell), "root", [Message("user", "y" * 10)], None)
    assert "2 calls, 110 new input characters, 3 output characters" in markdown([run.end()], [], None)


def test_what_a_run_did_not_note_is_unknown(tmp_path: Path) -> None:
    run = compared(tmp_path)
    run.about = {}
    text = markdown([run.end()], [run.suite], None)
    for fact in ("Started", "Harness", "Machine", "Build of rlm", "Suite own", "Budget"):
        assert f"- {fact}: unknown\n" in text
    assert "- Not run: unknown, since the run did not end" in text


def test_a_suite_that_is_gone_or_another_is_told(tmp_path: Path) -> None:
    run = compared(tmp_path)
    folder = run.end()
    assert "Note:" not in markdown([folder], [], None)
    (run.suite / "questions.jsonl").write_text("", "utf-8")
    assert "The suite own has changed since it was asked" in markdown([folder], [], None)
    (run.suite / "suite.json").unlink()
    assert "The questions of own are shown by their ids alone." in markdown([folder], [], None)


def test_a_folder_without_results_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"has no results: there is no line in .*results\.jsonl\."):
        markdown([tmp_path], [], None)


def test_two_runs_are_compared_by_the_same_questions(tmp_path: Path) -> None:
    before, after = compared(tmp_path, "before"), Reported(tmp_path, CALLERS, ["rlm", "new"], "after")
    for question in CALLERS[:7]:
        after.answer(question.id, "rlm", 1.0, chars=100)
        after.answer(question.id, "new", 1.0)
    text = markdown([before.end(), after.end()], [], None)
    assert text.startswith("# before → after\n")
    (row,) = tables(text)["Before → after"]
    assert (row["answers of"], row["pairs"], row["score"]) == ("rlm · big", "7", "0.75 → 1.00")
    assert row["score difference"] == "+0.250 [+0.250, +0.250] ▲"
    assert "Only one of the runs has cut · big, new · big." in text
    assert "is not the same in both" not in text


def test_runs_of_other_questions_or_other_arms_say_so(tmp_path: Path) -> None:
    before, after = compared(tmp_path, "before"), compared(tmp_path, "after")
    after.about["suites"]["own"]["commit"] = "def456"
    assert "The suite own is not the same in both" in markdown([before.end(), after.end()], [], None)
    after.about["suites"] = {}
    assert "Whether both runs asked the same suite own is unknown." in markdown(
        [before.end(), after.end()], [], None
    )
    other = Reported(tmp_path, CALLERS, ["agent"], "other")
    other.answer("c0", "agent", 1)
    with pytest.raises(
        ReportError, match="have no arm and model in common: rlm · big, cut · big against agent"
    ):
        markdown([before.end(), other.end()], [], None)


def test_names_cannot_end_a_field_of_a_table(tmp_path: Path) -> None:
    run = Reported(tmp_path, CALLERS, ["a|b\n| c"])
    run.answer("c0", "a|b\n| c", 1)
    text = markdown([run.end()], [], None)
    assert r"| a\|b \| c | big |" in text
