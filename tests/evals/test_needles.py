"""Needles: what is planted, where, and that questions do not give them away."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.questions import Suite, SuiteError, load
from benchmarks.evals.suites import needle_texts, needles
from tests.support.files import git_repository

if TYPE_CHECKING:
    from pathlib import Path

# Words that any sentence has.
PLAIN = frozenset(
    """
    after again all also and are been can does down each else enough for from give has have how into its lets
    many more must name nothing only other others people place some such than that the their them then there
    these they this those too under until what when where which who whoever will with
    """.split()  # noqa: SIM905 - one word a line would be a screen
)
KINDS = {"needle-single": 6, "needle-several": 3, "needle-two-hop": 3, "needle-absent": 3}

PYTHON = '''\
#!/usr/bin/env python
# Copyright the authors. They keep what is theirs.
"""Module {name}."""

FIRST = 1{filler}


def run():
    # The first step is taken before all others,
    # since they need what it makes.
    return FIRST  # noqa: this is no comment of its own.


# type: ignore this line, which is for a tool.
SECOND = 2
'''
RUST = """\
fn first() {{}}{filler}

    /// Runs all the steps of {name} in order.
    fn run() {{
        let x = 1; // The value is not said to be right.
    }}

/// ```
/// the code of an example is this.
/// ```
fn last() {{}}
"""
DOCUMENT = """\
# {name}

The first paragraph says what this is.

The second paragraph says what it is not, and at some length, too.{filler}

```
This is code, which ends in a full stop.

This is code, which ends in a full stop, and is long enough to be a sentence.
```
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    filler = "\n" * 30
    files: dict[str, str | bytes] = {
        ".gitignore": "*.log\n",
        "image.png": b"\x89PNG\0",
        "short.py": "# A comment here.\n",
    }
    for number in range(10):
        name = f"part{number}"
        files[f"src/{name}.py"] = PYTHON.format(name=name, filler=filler)
        files[f"src/{name}.rs"] = RUST.format(name=name, filler=filler)
        files[f"docs/{name}.md"] = DOCUMENT.format(name=name, filler=filler)
    return git_repository(tmp_path_factory.mktemp("repository") / "parts", files)


@pytest.fixture(scope="module")
def suite(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    out = tmp_path_factory.mktemp("suites") / "parts"
    needles.generate(repository, out)
    return load(out)


def planted(repository: Path, suite: Suite) -> dict[str, tuple[str, list[str]]]:
    """By file: the line before what was planted, and the lines that were."""
    assert suite.folder is not None
    copy = suite.folder / "workspaces" / "needles"
    found: dict[str, tuple[str, list[str]]] = {}
    for path in sorted(copy.rglob("*.*")):
        before = (repository / path.relative_to(copy)).read_text().splitlines()
        after = path.read_text().splitlines()
        changes = [
            change
            for change in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
            if change[0] != "equal"
        ]
        if changes:
            ((kind, _, _, first, last),) = changes
            assert kind == "insert"
            found[path.relative_to(copy).as_posix()] = (after[first - 1], after[first:last])
    return found


def test_needles_stand_where_somebody_could_have_written_them(repository: Path, suite: Suite) -> None:
    found = planted(repository, suite)
    assert suite.origin["files"] == f"31, with {len(found)} needles in {len(found)} of them"
    for path, (before, lines) in found.items():
        if path.endswith(".md"):
            assert before == "The first paragraph says what this is."
            assert lines[0] == ""
        elif path.endswith(".rs"):
            assert before.startswith("    /// Runs all the steps")
            assert all(line.startswith("    /// ") for line in lines)
        else:
            assert before == "    # since they need what it makes."
            assert all(line.startswith("    # ") and len(line) <= 79 for line in lines)


def test_truths_are_what_was_planted(repository: Path, suite: Suite) -> None:
    said = {
        path: re.sub(r"\s+", " ", " ".join(line.strip().lstrip("/#") for line in lines)).strip()
        for path, (_, lines) in planted(repository, suite).items()
    }
    used: list[str] = []
    for question in suite.questions:
        needle = next(each for each in templates() if each.question in question.text)
        used += question.gold_files
        if question.kind == "needle-absent":
            assert question.truth in (("0",), ("none",))
            assert question.gold_files == ()
            fixed = [re.split(r"\{\w+\}", text) for text in needle.texts]
            assert not any(all(part in text for part in parts) for parts in fixed for text in said.values())
            continue
        texts = [said[path] for path in question.gold_files]
        assert len(texts) == len(needle.texts)
        matches = [re.fullmatch(pattern(text), each) for text in needle.texts for each in texts]
        groups = [match.groupdict() for match in matches if match]
        assert sorted(group["value"] for group in groups if "value" in group) == list(question.truth)
        # The second needle of two is found by a name that the first has.
        middles = [group["middle"] for group in groups if "middle" in group]
        assert (len(middles), len(set(middles))) == ((2, 1) if question.kind == "needle-two-hop" else (0, 0))
        assert f"answer `{'0' if question.form == 'number' else 'none'}`" in question.text
    assert sorted(used) == sorted(said)
    assert Counter(question.kind for question in suite.questions) == KINDS
    assert {question.level for question in suite.questions} == {4}


def templates() -> list[needle_texts.Needle]:
    return [*needle_texts.SINGLE, *needle_texts.SEVERAL, *needle_texts.TWO_HOP]


def pattern(text: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[\\w ]+)", re.escape(text))


@pytest.mark.parametrize("needle", templates(), ids=lambda needle: needle.question)
def test_questions_and_needles_share_no_words(needle: needle_texts.Needle) -> None:
    asked, planted_words = stems(needle.question), stems(re.sub(r"\{\w+\}", "", " ".join(needle.texts)))
    assert asked & planted_words == set()


def stems(text: str) -> set[str]:
    return {word[:4] for word in re.findall(r"[a-z]{3,}", text.lower()) if word not in PLAIN}


def test_values_are_not_in_the_repository(tmp_path: Path) -> None:
    taken = [name for name in needle_texts.CODENAMES if name not in ("larkspurn", "kestrelyard")]
    filler = "\n" * 30
    files: dict[str, str | bytes] = {
        f"src/{number}.py": PYTHON.format(name=" ".join(taken).upper(), filler=filler) for number in range(30)
    }
    root = git_repository(tmp_path / "parts", files)
    with pytest.raises(SuiteError, match="the names itself"):
        needles.generate(root, tmp_path / "out")


def test_what_is_left_out_is_said(
    repository: Path, suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert suite.origin["files left out"].startswith("1 without text; ")
    assert suite.folder is not None
    copied = {path.name for path in (suite.folder / "workspaces" / "needles").rglob("*") if path.is_file()}
    assert ".gitignore" not in copied
    assert "image.png" not in copied
    assert "short.py" in copied
    monkeypatch.setattr(
        needles, "MAX_BYTES", sum(path.stat().st_size for path in repository.rglob("part*")) - 1
    )
    smaller = needles.generate(repository, tmp_path / "out")
    assert re.search(r"; \d+ beyond [\d,]+ bytes$", smaller.origin["files left out"])


def test_a_repository_without_places_says_so(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "bare", {"a.py": "x = 1\n" * 100})
    with pytest.raises(SuiteError, match="only 0 files with a comment or a paragraph"):
        needles.generate(root, tmp_path / "out")


def test_the_same_commit_gives_the_same_bytes(repository: Path, suite: Suite, tmp_path: Path) -> None:
    stale = tmp_path / "again" / "workspaces" / "needles" / "old.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("of an earlier time")
    needles.generate(repository, tmp_path / "again")
    assert suite.folder is not None
    assert contents(tmp_path / "again") == contents(suite.folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
