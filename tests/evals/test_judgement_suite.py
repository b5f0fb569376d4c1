"""Judgement at scale: items whose labels the test knows, since it wrote the repository."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from benchmarks.evals.questions import Suite, SuiteError, load
from benchmarks.evals.suites.areas import areas
from benchmarks.evals.suites.judgement import generate
from tests.support.files import git_repository

if TYPE_CHECKING:
    from pathlib import Path

VERBS = ("collect", "discard", "compare", "publish", "encrypt", "rotate", "measure", "archive")
NOUNS = ("invoices", "tickets", "sensors", "letters", "harvests", "vessels")
PLACES = ("warehouse", "harbour", "orchard", "foundry")
COUNT = 120
ITEM = re.compile(
    r"## (item-\d+)\n\narea: (\S+)\nowner: (\S+)\n\n((?:>[^\n]*\n)+)\n```python\n(.*?)\n```\n", re.DOTALL
)


def words(verb: str, noun: str, place: str) -> str:
    """Four words that no other function has."""
    index = (VERBS.index(verb) * len(NOUNS) + NOUNS.index(noun)) * len(PLACES) + PLACES.index(place)
    beginning = "".join("bdfgklmnprst"[index // 12**power % 12] + "aeo"[power] for power in range(3))
    return " ".join(beginning + ending for ending in ("lun", "mor", "nix", "rab"))


def function(verb: str, noun: str, place: str) -> str:
    """A function and its documentation, which both name the same three things."""
    own = words(verb, noun, place)
    return f'''\
def {verb}_{noun}_of_{place}(first, second):
    """Ought to {verb} what {noun} the {place} has seen, {own}. So {verb}_{noun}_of_{place} does.

    Args:
        first: what no item shows
    """
    for {noun} in {place}.rows(first):
        second.append({verb}({noun}, {own.replace(" ", "=1, ")}=2))
    return second, "{verb} {noun} {place}"
'''


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {
        f"{place}/{noun}.py": "\n\n".join(function(verb, noun, place) for verb in VERBS)
        for place in PLACES
        for noun in NOUNS
    }
    files["README.md"] = "Nothing to judge.\n"
    return git_repository(tmp_path_factory.mktemp("repository") / "farm", files)


@pytest.fixture(scope="module")
def suite(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    out = tmp_path_factory.mktemp("suites") / "farm"
    generate(repository, out, count=COUNT)
    return load(out)


def items(suite: Suite) -> dict[str, tuple[str, str, str, bool]]:
    """Area, owner, file and whether it differs, by id, as the written items themselves say."""
    assert suite.folder is not None
    workspace = suite.folder / "workspaces" / "judgement"
    found: dict[str, tuple[str, str, str, bool]] = {}
    for path in sorted(workspace.rglob("*.md")):
        for name, area, owner, doc, code in ITEM.findall(path.read_text()):
            told = re.search(r"Ought to (\w+) what (\w+) the (\w+) has", doc)
            shown = re.search(r'second, "(\w+) (\w+) (\w+)"', code)
            file = path.relative_to(workspace).as_posix()
            found[name] = (area, owner, file, told.groups() != shown.groups())
    return found


def test_labels_are_what_the_items_say(suite: Suite) -> None:
    found = items(suite)
    assert len(found) == COUNT
    assert list(found) == [f"item-{number:04}" for number in range(1, COUNT + 1)]
    assert suite.labels == {
        name: "differs" if differs else "matches" for name, (*_, differs) in found.items()
    }
    assert Counter(area for area, *_ in found.values()) == dict.fromkeys(PLACES, COUNT // len(PLACES))
    assert all(file.startswith(f"items/{area}/") for area, _, file, _ in found.values())
    shares = Counter(area for area, _, _, differs in found.values() if differs)
    assert len(set(shares.values())) == len(PLACES)  # so that one area has most
    assert suite.origin["items"].startswith(f"{COUNT}; {sum(shares.values())} differ; from 192 functions")


def test_items_show_neither_names_nor_lists_of_parameters(suite: Suite) -> None:
    assert suite.folder is not None
    texts = "".join(path.read_text() for path in suite.folder.rglob("*.md"))
    assert "_of_" not in texts
    assert "what no item shows" not in texts
    assert texts.count("def f(first, second):") == COUNT
    assert texts.count("So f does.") == COUNT
    # Each code and each documentation is there once.
    assert len(set(re.findall(r'second, "(.*)"', texts))) == COUNT
    assert len(set(re.findall(r"Ought to (.*) has seen", texts))) == COUNT


def test_truths(suite: Suite) -> None:
    found = items(suite)
    differing = {name for name, (*_, differs) in found.items() if differs}
    asked = Counter(question.kind for question in suite.questions)
    assert asked == {
        "judgement-count": 3,
        "judgement-highest": 1,
        "judgement-names": 2,
        "judgement-pairs": 2,
    }
    for question in suite.questions:
        said = dict(re.findall(r"(area|owner|file) `([^`]+)`", question.text))
        within = {
            name
            for name, (area, owner, file, _) in found.items()
            if said.get("area", area) == area and said.get("owner", owner) == owner
            if said.get("file", file) == file
        }
        if question.kind == "judgement-count":
            truth = [str(len(within & differing))]
        elif question.kind == "judgement-highest":
            sizes = Counter(area for area, *_ in found.values())
            most = Counter(found[name][0] for name in differing)
            truth = [max(PLACES, key=lambda area: most[area] / sizes[area])]
        elif question.kind == "judgement-names":
            truth = sorted(within & differing)
        else:
            truth = [
                f"{one}, {other}"
                for one, other in combinations(sorted(within & differing), 2)
                if found[one][1] == found[other][1]
            ]
        assert list(question.truth) == truth, question.text
        assert question.level == 5
        assert suite.workspace(question, None).name == "judgement"


def test_the_same_commit_gives_the_same_bytes(repository: Path, suite: Suite, tmp_path: Path) -> None:
    stale = tmp_path / "again" / "workspaces" / "judgement" / "items" / "old.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("of an earlier time")
    generate(repository, tmp_path / "again", count=COUNT)
    assert suite.folder is not None
    assert contents(tmp_path / "again") == contents(suite.folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_repository_with_too_little_says_so(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "small", {"a.py": function("collect", "tickets", "orchard")})
    with pytest.raises(SuiteError, match="has 1 documented Python functions"):
        generate(root, tmp_path / "out")


def test_fewer_items_are_said(repository: Path, tmp_path: Path) -> None:
    suite = generate(repository, tmp_path / "out")
    assert re.match(r"\d+, not 3,000, as there are not more", suite.origin["items"])
    assert len(json.loads((tmp_path / "out" / "labels.json").read_text())) == len(suite.labels) < 192


def test_areas_split_the_largest_folder() -> None:
    paths = [f"src/{folder}/a.go" for folder in "abcdefgh" for _ in range(100)]
    paths += ["src/a.go"] * 20 + ["docs/a.go"] * 50 + ["tiny/a.go"]
    found = areas(paths)
    assert found["src/a/a.go"] == "src/a"
    assert found["docs/a.go"] == "docs"
    assert "tiny/a.go" not in found
    assert len(set(found.values())) == 8
