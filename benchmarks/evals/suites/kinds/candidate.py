"""Candidates: questions that could be asked of a repository, of which a suite draws some."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.evals.questions import Form
from benchmarks.evals.suites.facts import TYPES, Defined, Facts, FileFacts

if TYPE_CHECKING:
    from benchmarks.evals.suites.facts import Call

MAX_ITEMS = 60
_MIN_NAME = 4
# Names that mean something without the repository: nothing about them is only here.
_COMMON = frozenset(
    """
    append args call clear close copy count data filter find flush format from func index insert items join
    keys kwargs last list load main match name next open parse path pop print push read remove replace reset
    result run save search send setup size sort split start state step stop test text then type update value
    values view write callable classmethod compile delattr enumerate filter frozenset getattr globals hasattr
    isinstance issubclass locals memoryview property reversed setattr sorted staticmethod super tuple zip
    """.split()  # noqa: SIM905 - one name a line would be a screen
)
_TESTS = re.compile(r"(^|/)(\w*_)?(tests?|testing|testdata|fixtures|benches|benchmarks?|examples?|docs?)/")
_TEST_FILE = re.compile(r"(^|/)(test_[^/]*|tests?|conftest)\.\w+$|[_.](test|tests|spec)\.\w+$")
_BROUGHT = re.compile(r"(^|/)(_?vendor(ed)?|third_party|node_modules|generated|migrations)/")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question with its right answer, as `Question` has them.

    Attributes:
        text: what is asked, with the rule by which truth is counted.
        truth: items, sorted unless their order is the answer.
        gold_files: files that a good answer cites.
    """

    text: str
    truth: tuple[str, ...]
    gold_files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of question.

    Attributes:
        name: as tables have it.
        level: see `Question`.
        form: how the answer ends.
        item: what its items are.
        find: all candidates in a repository; the same for the same facts, in any order.
    """

    name: str
    level: int
    form: Form
    item: str
    find: Callable[[Facts], Iterable[Candidate]]


def files(facts: Facts) -> str:
    """The files that count, for a question's text."""
    return " and ".join(f"`*{suffix}`" for suffix in facts.suffixes) + " files"


def ordinary(path: str) -> bool:
    """Whether a file is the repository's own code, by its path: no test, example, or generated file."""
    return not (_TESTS.search(path) or _TEST_FILE.search(path) or _BROUGHT.search(path))


def telling(name: str) -> bool:
    """Whether a name is long and rare enough to be asked about by itself."""
    return len(name) >= _MIN_NAME and not name.startswith("__") and name.lower() not in _COMMON


def subjects(facts: Facts, kinds: frozenset[str]) -> Iterator[Defined]:
    """Definitions to ask about: the only ones of a telling name, in ordinary files, not inside a function."""
    outer = {file.path: {each.qualified: each.kind for each in file.definitions} for file in facts.files}
    for defined in facts.unique(kinds):
        parent = defined.definition.parent
        inside = bool(parent) and outer[defined.path].get(parent) not in TYPES
        if telling(defined.definition.name) and ordinary(defined.path) and not inside:
            yield defined


def in_functions(facts: Facts, name: str) -> list[tuple[FileFacts, Call]]:
    """Calls of a name; none where one stands outside of functions, where no function can be named for it."""
    calls = facts.called.get(name, [])
    return calls if all((file.path, call.within) in facts.functions for file, call in calls) else []


def folders(facts: Facts) -> dict[str, list[FileFacts]]:
    """Files by each folder above them, where all that they define is known; the repository's own is none."""
    by_folder: dict[str, list[FileFacts]] = {}
    for file in facts.files:
        for folder in _above(file.path):
            by_folder.setdefault(folder, []).append(file)
    unknown = [file.path for file in facts.unparsed]
    unknown += [file.path for file in facts.files if not file.complete]
    unknown += [said.rpartition(" (")[0] for said in facts.skipped]
    for path in unknown:
        for folder in _above(path):
            by_folder.pop(folder, None)
    return by_folder


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
