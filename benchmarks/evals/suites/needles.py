"""Needles: facts planted in comments and documents of a copy of the repository, and questions about them.

A needle stands where somebody could have written it: at the end of a comment, or as a paragraph of a
document. Its question has other words (`needle_texts`). Some need several needles, some a second one that the
first leads to; and some are about one that was not planted.
"""

from __future__ import annotations

import random
import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks.evals.questions import Form, Question, Suite, SuiteError, save
from benchmarks.evals.suites.extract import commit_of
from benchmarks.evals.suites.needle_texts import (
    CODENAMES,
    FIRST_NAMES,
    LAST_NAMES,
    SEVERAL,
    SINGLE,
    TOWNS,
    TWO_HOP,
    Needle,
    Value,
)
from benchmarks.evals.suites.texts import texts_of

VERSION = "1"  # another one where the same commit gives another suite
MAX_BYTES = 200_000_000  # of the copy
_PLANTED = {"single": 6, "several": 3, "two-hop": 3}
_ABSENT = 3
_LEAST_LINES = 30  # of a file that has a needle
# Ignore files would hide files of the copy that the repository's own git has.
_LEFT_OUT = frozenset({".gitignore", ".ignore", ".rlmignore", ".gitattributes"})

# What comments of whole lines begin with, by the ends of files' names.
_SLASHES = (
    ".go",
    ".rs",
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".java",
    ".c",
    ".h",
    ".cc",
    ".cpp",
    ".hpp",
    ".cs",
    ".swift",
)
_HASHES = (".py", ".rb", ".sh", ".toml", ".yaml", ".yml")
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc")
# Comments that mean something to a tool, and text in them that is code.
_FOR_TOOLS = re.compile(
    r"```|Output:|[cC]opyright|[lL]icen[cs]e|SPDX|@|=|\\|https?:|#!|-\*-|\bno(qa|lint|sec)\b|\b(go|type|eslint|ts|pyright|mypy):"
)
_SENTENCE = re.compile(r"[A-Z`*][^|<>{}=]{40,}")
_WIDTH = {".py": 79}

_ASKED = (
    "Somewhere in the comments or documents of these files there may be remarks that answer this, perhaps in "
    "other words: {question} If nothing in the files says so, answer {nothing}."
)
_ITEMS: dict[Value, str] = {
    "person": "full name",
    "town": "town",
    "codename": "name",
    "count": "number",
    "extension": "number",
}


def generate(root: Path, out: Path) -> Suite:
    """Makes a suite of a repository and writes it, the copy in `workspaces/needles/`.

    Args:
        root: a git repository without uncommitted changes.
        out: the suite's folder.

    Raises:
        SuiteError: the repository has no commit, differs from it, or has no place for so many needles.
        WorkspaceError: it cannot be read.
    """
    root = root.resolve()
    commit = commit_of(root)
    rng = random.Random(f"{commit} needles")
    read = texts_of(root)
    texts, too_many = _bounded(read.by_path, rng)
    planting = _Planting(texts, rng)
    questions = planting.questions()
    folder = out / "workspaces" / "needles"
    _write(planting.texts, folder)
    origin = {
        "repository": root.name,
        "commit": commit,
        "generator": f"needles {VERSION}",
        "files": f"{len(texts):,}, with {planting.count} needles in {planting.count} of them",
        "files left out": f"{len(read.skipped):,} without text; {', '.join(sorted(_LEFT_OUT))}" + too_many,
    }
    suite = Suite(f"{root.name}-needles", origin, tuple(questions), folder=out)
    save(suite, out)
    return suite


def _bounded(by_path: Mapping[str, str], rng: random.Random) -> tuple[dict[str, str], str]:
    """Files for the copy, by lot where they are too many, and what to say of those."""
    paths = [path for path in sorted(by_path) if PurePosixPath(path).name not in _LEFT_OUT]
    kept: dict[str, str] = {}
    size = 0
    for path in rng.sample(paths, len(paths)):
        size += len(by_path[path].encode("utf-8", "replace"))
        if size > MAX_BYTES:
            break
        kept[path] = by_path[path]
    left = len(paths) - len(kept)
    return dict(sorted(kept.items())), f"; {left:,} beyond {MAX_BYTES:,} bytes" if left else ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a needle can stand: behind a line, with what its own lines begin with."""

    line: int
    prefix: str
    paragraph: bool


class _Planting:
    """Plants needles in texts and asks about them."""

    def __init__(self, texts: dict[str, str], rng: random.Random) -> None:
        self.texts = texts
        self.count = 0
        self._asked_of: Counter[str] = Counter()
        self._rng = rng
        self._files = iter(rng.sample(sorted(texts), len(texts)))
        self._values = _Values(texts.values(), rng)

    def questions(self) -> list[Question]:
        """Plants everything; each needle in a file of its own."""
        single = self._rng.sample(SINGLE, _PLANTED["single"] + _ABSENT)
        several = self._rng.sample(SEVERAL, _PLANTED["several"])
        two_hop = self._rng.sample(TWO_HOP, _PLANTED["two-hop"])
        asked = [self._asked("single", needle) for needle in single[_ABSENT:]]
        asked += [self._asked("several", needle) for needle in several]
        asked += [self._asked("two-hop", needle) for needle in two_hop]
        asked += [self._question("absent", needle, (), ()) for needle in single[:_ABSENT]]
        return asked

    def _asked(self, kind: str, needle: Needle) -> Question:
        middle = self._values.drawn("codename") if kind == "two-hop" else ""
        values: list[str] = []
        files: list[str] = []
        for text in needle.texts:
            value = self._values.drawn(needle.value) if "{value}" in text else ""
            values += [value] if value else []
            files.append(self._plant(text.format(value=value, middle=middle)))
        return self._question(kind, needle, tuple(sorted(values)), tuple(sorted(files)))

    def _question(
        self, kind: str, needle: Needle, values: tuple[str, ...], files: tuple[str, ...]
    ) -> Question:
        self._asked_of[kind] += 1
        number = needle.value in ("count", "extension")
        nothing = "0" if number else "none"
        form: Form = "number" if number else "names"
        return Question(
            id=f"needle-{kind}-{self._asked_of[kind]}",
            kind=f"needle-{kind}",
            level=4,
            workspace="needles",
            text=_ASKED.format(question=needle.question, nothing=f"`{nothing}`"),
            form=form,
            truth=values or (nothing,),
            item=_ITEMS[needle.value],
            gold_files=files,
        )

    def _plant(self, sentence: str) -> str:
        for path in self._files:
            places = list(_places(path, self.texts[path]))
            if places:
                place = self._rng.choice(places)
                self.texts[path] = _planted(path, self.texts[path], place, sentence)
                self.count += 1
                return path
        raise SuiteError(
            f"There are only {self.count} files with a comment or a paragraph to plant a needle behind; "
            "take a larger repository."
        )


class _Values:
    """Values of needles, each drawn once and none that the repository has."""

    def __init__(self, texts: Iterable[str], rng: random.Random) -> None:
        free = {*LAST_NAMES, *TOWNS, *CODENAMES}
        for text in texts:
            lower = text.lower()
            free -= {name for name in free if name.lower() in lower}
        lasts = _drawn(LAST_NAMES, free, rng)
        firsts = rng.sample(FIRST_NAMES, len(FIRST_NAMES))
        people = [f"{firsts[index % len(firsts)]} {last}" for index, last in enumerate(lasts)]
        self._waiting: dict[Value, Iterator[str]] = {
            "person": iter(people),
            "town": iter(_drawn(TOWNS, free, rng)),
            "codename": iter(_drawn(CODENAMES, free, rng)),
            "count": iter([str(number) for number in rng.sample(range(13, 98), 30)]),
            "extension": iter([str(number) for number in rng.sample(range(2_001, 9_999), 30)]),
        }

    def drawn(self, kind: Value) -> str:
        value = next(self._waiting[kind], None)
        if value is None:
            raise SuiteError(f"The repository has too many of the names itself that a needle's {kind} is of.")
        return value


def _drawn(names: Sequence[str], free: set[str], rng: random.Random) -> list[str]:
    return [name for name in rng.sample(names, len(names)) if name in free]


def _places(path: str, text: str) -> Iterator[_Place]:
    lines = text.split("\n")
    if len(lines) < _LEAST_LINES:
        return
    if path.endswith(_DOCUMENTS):
        yield from _behind_paragraphs(lines)
    elif path.endswith(_SLASHES):
        yield from _behind_comments(lines, re.compile(r"\s*//[/!]?\s"))
    elif path.endswith(_HASHES):
        yield from _behind_comments(lines, re.compile(r"\s*#\s"))


def _behind_comments(lines: list[str], comment: re.Pattern[str]) -> Iterator[_Place]:
    """Ends of comments of whole lines that are a sentence for people, and no list or code."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""]):
        opening = comment.match(line)
        if opening and (not block or block[-1].startswith(opening[0])):
            block.append(line)
            continue
        if block and number > len(block):  # not what begins the file
            prefix = comment.match(block[0])
            said = " ".join(each.strip() for each in block)
            if prefix and not _FOR_TOOLS.search(said) and re.search(r"[a-z]{3,} [a-z]{2,} .*[.!]$", said):
                yield _Place(number, prefix[0], paragraph=False)
        block = [line] if opening else []


def _behind_paragraphs(lines: list[str]) -> Iterator[_Place]:
    """Blank lines of a document between two paragraphs of sentences, outside of fences."""
    fenced = False
    for number in range(1, len(lines) - 1):
        fenced ^= lines[number].lstrip().startswith(("```", "~~~"))
        before, here, after = lines[number - 1 : number + 2]
        between = not here.strip() and before.rstrip().endswith(".") and before[:1].isalnum()
        if between and not fenced and _SENTENCE.match(after):
            yield _Place(number, "", paragraph=True)


def _planted(path: str, text: str, place: _Place, sentence: str) -> str:
    lines = text.split("\n")
    width = _WIDTH.get(PurePosixPath(path).suffix, 100) - len(place.prefix)
    new = [place.prefix + line for line in textwrap.wrap(sentence, max(width, 40), break_on_hyphens=False)]
    if place.paragraph:
        new = ["", *new]
    ending = "\r" if lines[place.line - 1].endswith("\r") else ""
    lines[place.line : place.line] = [line + ending for line in new]
    return "\n".join(lines)


def _write(texts: Mapping[str, str], folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)  # needles of an earlier time would be found
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", errors="replace", newline="")
