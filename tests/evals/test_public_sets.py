"""Public sets: suites from small files of our own in each set's format."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.evals.public import SETS, import_set
from benchmarks.evals.questions import SuiteError
from benchmarks.evals.scorers import score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evals.questions import Suite

REPORT = {
    "id": "owner__tool.0a1b2c3d.bug_1",
    "upstream": "owner/tool",
    "commit": "0a1b2c3d",
    "bug_patch": "diff --git a/tool/a.py b/tool/a.py\n",
    "question": "Adding takes away.",
    "gold": [
        {
            "file": "tool/a.py",
            "edited_entities": ["tool/a.py:Sum.add", "tool/a.py:helper"],
            "edited_modules": ["tool/a.py:Sum", "tool/a.py:helper"],
            "added_entities": None,
            "added_modules": None,
        },
        {"file": "tool/b.py", "edited_entities": None, "edited_modules": ["tool/b.py:Lost"]},
    ],
}
ASKED = {
    "id": "tool-00",
    "repo": "owner/tool",
    "commit": "0a1b2c3",
    "kind": "Why",
    "question": "Why does it add?",
    "reference": "Because (line 3 of `tool/a.py`).",
    "gold_files": ["tool/a.py"],
}
TASK = {
    "task_id": "0123456789abcdef01234567",
    "prompt": "How does it add?",
    "reference_answer": "By adding.",
    "repository_url": "https://git.example/owner/tool.git",
    "repository_base_commit": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
    "language": "go",
    "category": "Architecture",
    "rubric": json.dumps(
        [
            {
                "id": "1",
                "title": "1.1: Says that it adds.",
                "annotations": {"type": "positive hli verifier", "importance": "must have"},
            },
            {
                "id": "2",
                "title": "1.2: Claims that it multiplies.",
                "annotations": {"type": "negative hli verifier", "importance": "should have"},
            },
        ]
    ),
    "docker_image": "image",
}
CHOICE = {
    "_id": "66f0",
    "domain": "Code Repository Understanding",
    "sub_domain": "Code repo QA",
    "difficulty": "hard",
    "length": "short",
    "question": "What does it do?",
    "choice_A": "adds",
    "choice_B": "multiplies",
    "choice_C": "waits",
    "choice_D": "nothing",
    "answer": "C",
    "context": "def wait():\n    pass\n",
}
WINDOW = (
    "Three lines.\nDate: May 01, 2023 || User: 7 || Instance: buy now\n"
    "Date: May 02, 2023 || User: 8 || Instance: hi\nEnd."
)
LABELLED = (
    "Three lines.\nDate: May 01, 2023 || User: 7 || Instance: buy now || Label: spam\n"
    "Date: May 02, 2023 || User: 8 || Instance: hi || Label: ham\nEnd."
)
COUNTED = {
    "id": 17000210,
    "context_len": 1024,
    "dataset": "mail",
    "context_window_id": 3,
    "num_labels": 2,
    "context_window_text": WINDOW,
    "context_window_text_with_labels": LABELLED,
    "question": "How many are spam? Give your final answer in the form 'Answer: number'.",
    "answer": "[1]",
    "task_group": "counting",
    "task": "TASK_TYPE.NUMERIC_ONE_CLASS",
    "answer_type": "ANSWER_TYPE.NUMERIC",
    "input_subset": "False",
}
NEEDLES: dict[str, list[dict[str, Any]]] = {
    "python": [
        {
            "repo": "owner/tool",
            "commit_sha": "0a1b",
            "topic": "adding",
            "content": {"tool/a.py": "import os\n\n\ndef add(a, b):\n    return a + b\n", "tool/b.py": ""},
            "dependency": {},
            "functions": {},
            "needles": [
                {
                    "name": "add",
                    "path": "tool/a.py",
                    "description": "\n1. **Purpose**: makes one of two.\n",
                    "start_line": 3,
                    "end_line": 5,
                    "start_byte": 12,
                    "end_byte": 43,
                }
            ],
        },
        {"repo": "owner/other", "commit_sha": "0a1c", "content": {}},
    ]
}


def lines(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records) + "\n\n", "utf-8")
    return path


def imported(folder: Path, name: str, *records: dict[str, Any]) -> Suite:
    return import_set(name, lines(folder, *records), folder / "suite")


def right(suite: Suite, at: int, items: Sequence[str]) -> float:
    return score(suite.questions[at], "\n".join(["```answer", *items, "```"])).value


def test_codescout(tmp_path: Path) -> None:
    suite = imported(tmp_path, "codescout", REPORT)
    question = suite.questions[0]
    assert question.workspace == question.id == REPORT["id"]
    assert question.truth == (
        "tool/a.py", "tool/a.py::Sum.add", "tool/a.py::helper", "tool/b.py", "tool/b.py::Lost",
    )  # fmt: skip
    assert question.text.startswith("Adding takes away.\n\nThis is a report of a bug")
    assert "one `path` or `path::Class.function` a line" in question.prompt
    assert suite.origin["licence"] == "MIT"
    assert "{root}/{workspace} is a checkout" in suite.origin["workspaces"]
    # In the set's own spelling, and with the files named by their functions.
    assert right(suite, 0, ["tool/a.py:Sum.add", "tool/a.py:helper", "tool/b.py:Lost"]) == 1.0


def test_swe_qa(tmp_path: Path) -> None:
    suite = imported(tmp_path, "swe-qa", ASKED, {**ASKED, "id": "tool-01", "gold_files": []})
    question = suite.questions[0]
    assert (question.kind, question.workspace, question.form) == ("why", "tool", "prose")
    assert question.reference == ASKED["reference"]
    assert suite.origin["commits"] == "owner/tool 0a1b2c3"
    assert suite.origin["without gold files"] == "1; only a judge can score them"
    assert score(question, question.reference).value == 1.0


@pytest.mark.parametrize("as_list", [True, False])
def test_swe_atlas(tmp_path: Path, as_list: bool) -> None:
    record = {**TASK, "rubric": json.loads(str(TASK["rubric"]))} if as_list else TASK
    question = imported(tmp_path, "swe-atlas", record).questions[0]
    assert question.workspace == "owner__tool-0a1b2c3d4e5f"
    assert question.criteria == (
        "1.1: Says that it adds.",
        "The answer does not do or claim this: 1.2: Claims that it multiplies.",
    )
    assert (question.kind, question.reference) == ("Architecture", "By adding.")


def test_longbench_code_brings_its_context(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps([{**CHOICE, "_id": "x", "domain": "Single-Document QA"}, CHOICE]), "utf-8")
    suite = import_set("longbench-code", path, tmp_path / "suite")
    (question,) = suite.questions
    assert "\nB. multiplies\n" in question.text
    assert suite.workspace(question, None).joinpath("context.txt").read_text() == CHOICE["context"]
    assert (
        right(suite, 0, ["C"])
        == right(suite, 0, ["**C.** waits"])
        == right(suite, 0, ["(C)"])
        == right(suite, 0, ["C) waits"])
        == 1.0
    )
    assert right(suite, 0, ["B"]) == 0.0
    assert score(question, "So, the correct answer is C.").value == 1.0


def test_longbench_without_code_is_no_suite(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="has the domain 'Code Repository Understanding'"):
        imported(tmp_path, "longbench-code", {**CHOICE, "domain": "Other"})


def test_oolong_brings_windows_and_labels(tmp_path: Path) -> None:
    def asked(number: int, kind: str, answer: str) -> dict[str, Any]:
        return {**COUNTED, "id": number, "answer_type": f"ANSWER_TYPE.{kind}", "answer": answer}

    suite = imported(
        tmp_path,
        "oolong",
        COUNTED,
        asked(2, "LABEL", "['spam', 'ham']"),
        asked(3, "COMPARISON", "['more common than']"),
        asked(4, "DATE", "[datetime.date(2023, 5, 1)]"),
        asked(5, "USER", "[7]"),
    )
    assert [question.truth[0] for question in suite.questions] == [
        "1", "spam", "more common than", "2023-05-01", "7",
    ]  # fmt: skip
    assert [question.form for question in suite.questions] == ["number", "names", "names", "names", "names"]
    assert suite.labels == {
        "Date: May 01, 2023 || User: 7 || Instance: buy now": "spam",
        "Date: May 02, 2023 || User: 8 || Instance: hi": "ham",
    }
    folder = suite.workspace(suite.questions[0], None)
    assert {suite.workspace(question, None) for question in suite.questions} == {folder}
    assert folder.joinpath("context.txt").read_text() == WINDOW
    assert right(suite, 1, ["Label: spam"]) == right(suite, 4, ["User: 7"]) == 1.0
    assert score(suite.questions[0], "Answer: 1").value == 1.0


def test_oolong_windows_of_one_number_have_one_text(tmp_path: Path) -> None:
    other = {**COUNTED, "id": 2, "context_window_text": "other"}
    with pytest.raises(SuiteError, match=r"line 2: the context window mail-1024-3 has another text"):
        imported(tmp_path, "oolong", COUNTED, other)


@pytest.mark.parametrize("answer", ["[", "1", "[]", "__import__('os')", "[datetime.date(2023, 13, 1)]"])
def test_oolong_answers_are_lists(tmp_path: Path, answer: str) -> None:
    with pytest.raises(SuiteError, match=r"set\.jsonl, line 1: answer: .+ is no list of answers"):
        imported(tmp_path, "oolong", {**COUNTED, "answer": answer})


def test_repoqa_brings_its_files(tmp_path: Path) -> None:
    path = tmp_path / "repoqa.json.gz"
    path.write_bytes(gzip.compress(json.dumps(NEEDLES).encode()))
    suite = import_set("repoqa", path, tmp_path / "suite")
    (question,) = suite.questions
    assert question.id == "python::owner/tool::add"
    assert question.truth == ("tool/a.py:4-5",)
    place = suite.workspace(question, None) / "tool" / "a.py"
    assert place.read_text().splitlines()[3:5] == ["def add(a, b):", "    return a + b"]
    assert suite.origin["left out"] == "repositories without needles: 1"
    assert right(suite, 0, ["`owner__tool/tool/a.py:4`"]) == 1.0
    assert right(suite, 0, ["tool/a.py:1-3"]) == 0.0


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "a\\x", ""])
def test_repoqa_files_stay_in_their_workspace(tmp_path: Path, name: str) -> None:
    path = tmp_path / "repoqa.json"
    path.write_text(json.dumps({"go": [{**NEEDLES["python"][0], "content": {"tool/a.py": "", name: ""}}]}))
    with pytest.raises(SuiteError, match="is no path in it"):
        import_set("repoqa", path, tmp_path / "suite")


@pytest.mark.parametrize("name", SETS)
def test_what_is_no_record_is_an_error_with_its_line(tmp_path: Path, name: str) -> None:
    where = "set.jsonl" if name == "repoqa" else r"set\.jsonl, line 1"
    with pytest.raises(SuiteError, match=where):
        imported(tmp_path, name, {"neither": "nor"})


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({**REPORT, "gold": []}, r"line 2: gold: List should have at least 1 item"),
        ({**REPORT, "commit": 7}, r"line 2: commit: Input should be a valid string"),
        (
            {**REPORT, "gold": [{"file": "a.py", "edited_entities": ["b.py:f"]}]},
            r"line 2: gold: 'b\.py:f' is not `a\.py:symbol`",
        ),
    ],
)
def test_bad_lines_say_what_is_wrong(tmp_path: Path, record: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        imported(tmp_path, "codescout", REPORT, record)


def test_files_that_cannot_be_read_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    with pytest.raises(SuiteError, match="cannot be read"):
        SETS["swe-qa"].load(path)
    path.write_text('{"id": \n')
    with pytest.raises(SuiteError, match=r"line 1: Invalid JSON"):
        SETS["swe-qa"].load(path)
    path.write_text("[1, 2")
    with pytest.raises(SuiteError, match="cannot be read as JSON"):
        SETS["swe-qa"].load(path)
    packed = tmp_path / "set.json.gz"
    packed.write_bytes(b"not gzip")
    with pytest.raises(SuiteError, match="cannot be read"):
        SETS["repoqa"].load(packed)


def test_two_questions_of_one_id_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="two questions 'tool-00'"):
        imported(tmp_path, "swe-qa", ASKED, ASKED)
