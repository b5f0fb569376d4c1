"""Pages of a run: that each answer leads to its record, and that nothing in them runs or is fetched."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from benchmarks.evals.questions import Question
from benchmarks.evals.report import page
from benchmarks.evals.report.record import HEAD, SHOWN, SHOWN_IN_A_ROW, TAIL, UNFOLDED
from benchmarks.evals.results import Cell
from rlm_core.models.base import Message
from tests.evals.reported import Reported, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.evals.results import Result

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(2)></pre></style></title>"><a href="javascript:x">'
    "{{ 7 * 7 }}{% raw %}<!--<svg onload=alert(3)>&lt;"
)
ASKED = [
    Question("c0", "callers", 2, "shop", "Who calls f?", "names", ("g", "h")),
    Question("p0", "definitions", 1, "shop", "Where is f defined?", "places", ("a.py:1",)),
]


class Page(HTMLParser):
    """A page: its tags with attributes, and its text outside of `style`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._texts: list[str] = []
        self.style = ""
        self._in_style = False
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag == "style"
        self._between(tag)

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False
        self._between(tag)

    def _between(self, tag: str) -> None:
        if tag not in ("a", "b", "i", "span"):
            self._texts.append(" ")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.style += data
        else:
            self._texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts).split())

    def links(self) -> list[str]:
        return [attributes["href"] or "" for tag, attributes in self.tags if tag == "a"]

    def with_class(self, name: str) -> Iterator[dict[str, str | None]]:
        return (attributes for _, attributes in self.tags if name in (attributes.get("class") or "").split())


def written(run: Reported) -> tuple[Page, Path]:
    index = page.write(run.end(), [run.suite], run.folder / "report")
    return Page(index), index.parent


def page_of(out: Path, result: Result) -> Page:
    return Page(out / "records" / f"{result.cell.id}.html")


def one_answer(folder: Path) -> Reported:
    run = Reported(folder, ASKED, ["rlm"])
    run.answer("c0", "rlm", 1)
    return run


def test_each_answer_leads_to_its_page_and_that_to_its_record_and_its_siblings(tmp_path: Path) -> None:
    run = Reported(tmp_path, ASKED, ["rlm", "rank"])
    results = [run.answer(one.id, arm, 0.5) for one in ASKED for arm in ("rlm", "rank")]
    results.append(run.answer("c0", "rlm", 1, repeat=1))
    index, out = written(run)
    assert sorted(unquote(link) for link in index.links()) == sorted(
        f"records/{result.cell.id}.html" for result in results
    )
    first = page_of(out, results[0])
    files = {link for link in first.links() if not link.startswith("#")}
    assert {(first.path.parent / unquote(link)).resolve() for link in files} == {
        out / "index.html",
        out.parent / "records" / f"{results[0].cell.id}.jsonl",
        *(out / "records" / f"{one.cell.id}.html" for one in results if one.cell.question == "c0"),
    }
    for shown in [index, *(page_of(out, result) for result in results)]:
        for link in shown.links():
            assert not link or link[0] == "#" or (shown.path.parent / unquote(link)).is_file()


def test_the_overview_shows_scores_costs_and_what_was_not_run(tmp_path: Path) -> None:
    run = Reported(tmp_path, ASKED, ["rlm", "rank"])
    run.answer("c0", "rlm", 1, chars=12_345)
    run.answer("c0", "rank", 0, status="failed")
    run.answer("p0", "rlm", 0.52, chars=950, status="incomplete")
    run.about["unasked"] = [{"cell": Cell("own", "p0", "rank", "big").id, "reason": "No budget was left."}]
    index, _ = written(run)
    chips = [
        (attributes["class"], attributes.get("href") is not None) for attributes in index.with_class("chip")
    ]
    # By level and kind.
    assert chips == [
        ("chip s5 incomplete", True),
        ("chip none", False),
        ("chip s10", True),
        ("chip s0 failed", True),
    ]
    assert "Where is f defined? 0.52 950 cut not run" in index.text
    assert "Who calls f? 1.00 12k 0.00 failed" in index.text
    assert [attributes["title"] for attributes in index.with_class("none")] == ["No budget was left."]
    assert "Not run: 1 cell: No budget was left." in index.text
    assert "Paired differences against rlm" in index.text


def test_a_record_page_has_question_truth_answer_score_and_price(tmp_path: Path) -> None:
    run = Reported(tmp_path, ASKED, ["rlm"])
    result = run.answer(
        "c0", "rlm", 0.5, chars=3000, text="It is g.", why="h is missing.", notes=("A limit was met.",)
    )
    _, out = written(run)
    text = page_of(out, result).text
    for part in (
        "Who calls f? End your answer with a fenced block marked `answer`",
        "What is right g h",
        "Answer It is g.",
        "answered · recall 0.50",
        "h is missing.",
        "A limit was met.",
        "new input 3,000 of 3,000 characters",
        "tokens 7 new, 2 cached",
        "USD 3.00",
        "1 root big-1 3,000 new of 3,000 characters in, 3 out",
    ):
        assert part in text


def test_calls_are_in_order_and_say_what_they_go_on_with(tmp_path: Path) -> None:
    run = Reported(tmp_path, ASKED, ["rlm"])
    recording = run.recording(Cell("own", "c0", "rlm", "big"))
    after = call(recording, "root", [Message("system", "Rules."), Message("user", "Ask.")], "First.")
    call(recording, "sub", [Message("user", "Is it g?")], None)
    call(recording, "root", [*after, Message("user", "Printed.")], "Second.")
    result = run.answer("c0", "rlm", 1, recording=recording)
    _, out = written(run)
    text = page_of(out, result).text
    calls = text[text.index("Calls In order.") :]
    order = ["Rules.", "Ask.", "First.", "Sub-calls: 1", "Is it g?", "no reply The endpoint did not answer.",
             "Goes on with call 1: its first 3 messages", "Printed.", "Second."]  # fmt: skip
    places = [calls.index(part) for part in order]
    assert places == sorted(places)
    assert calls.count("Rules.") == 1


@pytest.mark.parametrize(("subs", "folded"), [(UNFOLDED, False), (SHOWN_IN_A_ROW + 5, True)])
def test_many_sub_calls_are_folded_and_the_rest_is_counted(tmp_path: Path, subs: int, folded: bool) -> None:
    run = Reported(tmp_path, ASKED, ["rlm"])
    recording = run.recording(Cell("own", "c0", "rlm", "big"))
    call(recording, "root", [Message("user", "Ask.")], "Go.")
    for number in range(subs):
        call(recording, "sub", [Message("user", f"Item {number}?")], "no")
    result = run.answer("c0", "rlm", 1, recording=recording)
    _, out = written(run)
    found = page_of(out, result)
    (stretch,) = found.with_class("stretch")
    assert ("open" not in stretch) == folded
    assert f"Sub-calls: {subs}" in found.text
    assert ("5 more are in the record." in found.text) == folded


def test_calls_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    run = Reported(tmp_path, ASKED, ["rlm"])
    recording = run.recording(Cell("own", "c0", "rlm", "big"))
    for number in range(SHOWN + 3):
        call(recording, "root", [Message("user", f"Turn {number}.")], "no")
    result = run.answer("c0", "rlm", 1, recording=recording)
    _, out = written(run)
    assert "Calls after these that only the record has: 3." in page_of(out, result).text


def test_a_long_text_shows_its_ends_and_how_much_is_between(tmp_path: Path) -> None:
    run = Reported(tmp_path, ASKED, ["rlm"])
    text = "b" * HEAD + "x" * 1234 + "e" * TAIL
    result = run.answer("c0", "rlm", 1, text=text)
    _, out = written(run)
    shown = page_of(out, result).text
    assert "b" * HEAD + "1,234 characters left out" + "e" * TAIL in shown
    assert "x1" not in shown


def test_hostile_text_is_text_everywhere(tmp_path: Path) -> None:
    asked = [Question("q", HOSTILE, 1, "shop", HOSTILE, "names", (HOSTILE,))]
    run = Reported(tmp_path, asked, ["rlm"])
    recording = run.recording(Cell("own", "q", "rlm", "big"))
    for role in ("root", HOSTILE):
        call(recording, role, [Message("system", HOSTILE), Message("user", HOSTILE)], HOSTILE)
    result = run.answer(
        "q", "rlm", 0, text=HOSTILE, why=HOSTILE, notes=(HOSTILE,), recording=recording, status="failed"
    )
    run.about |= {"commit": HOSTILE, "builds": {"rlm": HOSTILE}}
    run.about["unasked"] = [{"cell": "other", "reason": HOSTILE}]
    index, out = written(run)
    said = " ".join(HOSTILE.split())
    record = page_of(out, result)
    assert index.text.count(said) >= 4
    assert record.text.count(said) >= 10
    for shown in (index, record):
        tags = {tag for tag, _ in shown.tags}
        assert not tags & {
            "script",
            "img",
            "iframe",
            "object",
            "embed",
            "link",
            "form",
            "base",
            "foreignobject",
        }
        assert not [name for _, attributes in shown.tags for name in attributes if name.startswith("on")]
        assert not [link for link in shown.links() if ":" in link]


@pytest.mark.parametrize("name", ["a b#c?d%20e", 'x"y<z>&amp;', "..", "ümlaut;q=1", "a/b"])
def test_names_of_questions_make_links_that_work(tmp_path: Path, name: str) -> None:
    run = Reported(tmp_path, [Question(name, "callers", 1, "shop", "Who?", "names")], ["rlm"])
    result = run.answer(name, "rlm", 1)
    index, out = written(run)
    (link,) = index.links()
    assert not re.search(r"[#?\"<>\s]", link)
    assert out / unquote(link) == page_of(out, result).path
    record = next(one for one in page_of(out, result).links() if one.endswith(".jsonl"))
    assert (out / "records" / unquote(record)).resolve().is_file()


def test_pages_ask_nobody_and_may_run_nothing(tmp_path: Path) -> None:
    index, out = written(one_answer(tmp_path))
    for shown in (index, *map(Page, (out / "records").iterdir())):
        policies = [
            attributes["content"] or ""
            for tag, attributes in shown.tags
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        digest = base64.b64encode(hashlib.sha256(shown.style.encode()).digest()).decode()
        assert policies == [
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        ]
        # What stands before a policy is not held to it.
        tags = [tag for tag, _ in shown.tags]
        assert tags[: tags.index("meta") + 2] == ["html", "head", "meta", "meta"]
        assert not re.search(r"url\(|@import|//", shown.style)
        assert not [attributes for _, attributes in shown.tags if attributes.keys() & {"src", "style"}]
        assert not [link for link in shown.links() if "//" in link or ":" in link]


def test_where_a_page_could_not_be_written_there_is_no_index(tmp_path: Path) -> None:
    run = one_answer(tmp_path)
    index, out = written(run)
    assert index.path.exists()
    result = run.answer("p0", "rlm", 1)
    (out / "records" / f"{result.cell.id}.html").mkdir()
    with pytest.raises(IsADirectoryError):
        page.write(run.end(), [run.suite], out)
    assert [path.name for path in out.iterdir()] == ["records"]


def test_questions_that_are_not_at_hand_are_shown_by_their_ids(tmp_path: Path) -> None:
    run = one_answer(tmp_path)
    (run.suite / "suite.json").unlink()
    index = Page(page.write(run.end(), [], run.folder / "report"))
    assert "The questions of own are shown by their ids alone." in index.text
    assert "Its suite is not at hand." in Page(next((index.path.parent / "records").iterdir())).text


def test_a_record_that_is_gone_or_has_gaps_is_told(tmp_path: Path) -> None:
    run = Reported(tmp_path, ASKED, ["rlm"])
    recording = run.recording(Cell("own", "c0", "rlm", "big"))
    for text in ("One.", "Two.", "Three."):
        call(recording, "root", [Message("user", text)], "yes")
    result = run.answer("c0", "rlm", 1, recording=recording)
    lines = [
        line for line in recording.path.read_text("utf-8").splitlines() if json.loads(line)["number"] != 2
    ]
    recording.path.write_text("\n".join(lines), "utf-8")
    _, out = written(run)
    assert "has in no form that can be read: 1." in page_of(out, result).text
    recording.path.unlink()
    _, out = written(run)
    assert "Nothing was recorded." in page_of(out, result).text


def test_lone_surrogates_do_not_keep_a_page_from_being_written(tmp_path: Path) -> None:
    run = one_answer(tmp_path)
    folder = run.end()
    (folder / "run.json").write_text(json.dumps({**run.about, "machine": "\udc80"}), "utf-8")
    index = Page(page.write(folder, [run.suite], folder / "report"))
    assert "Machine" in index.text


def test_an_index_of_three_hundred_answers_stays_below_a_megabyte(tmp_path: Path) -> None:
    asked = [Question(f"q{n}", "callers", 1, "shop", "Who calls f? " * 20, "names") for n in range(15)]
    run = Reported(tmp_path, asked, ["rlm", "rank"])
    for question in asked:
        for arm in ("rlm", "rank"):
            run.answer(question.id, arm, 0.5)
    index, _ = written(run)
    assert index.path.stat().st_size < 1_000_000 * 30 / 300
