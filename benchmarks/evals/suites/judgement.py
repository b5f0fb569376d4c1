"""Judgement at scale: does a documentation belong to the code beside it, asked of thousands of items.

The items are a repository's own functions, some with another's documentation (`swaps`). What is asked are
aggregates and pairs over all of them, as OOLONG and OOLONG-Pairs do (arXiv 2511.02817): each item has to be
read, no search tells, and together they are more than one model can read.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from benchmarks.evals.questions import Question, Suite, SuiteError, save
from benchmarks.evals.suites.areas import areas
from benchmarks.evals.suites.documented import Documented, documented
from benchmarks.evals.suites.extract import commit_of, extract
from benchmarks.evals.suites.swaps import Judged, Overlap, guessed, heuristics, swapped
from benchmarks.evals.suites.texts import texts_of

VERSION = "1"  # another one where the same commit gives another suite
ITEMS = 3_000
_FEWEST = 60
_IN_FILE = 100
_OF_ALL = 85  # per cent of an area's functions that become items at most: swaps have to find one another
_SHARES = (30, 65)  # per cent of an area's items that differ: from and to
_ANY_ITEMS = 60  # of an answer
_OWNERS = (
    "amira", "bastian", "celia", "dario", "elif", "farid", "greta", "hanno", "imani", "jonas", "kaori",
    "liam", "mirela", "nadim", "odile", "pavel", "rosa", "samir", "thea", "ulf",
)  # fmt: skip
_FENCES = {".py": "python", ".go": "go", ".rs": "rust"}
_RULE = (
    "The folder `items/` has {count:,} items in {files} files, {areas} areas (a folder each). An item has an "
    "id, an area, an owner, a documentation and the code of one function, in which the function is called "
    "`f`. An item *matches* if its documentation was written for that code, and *differs* if it was written "
    "for another function and put there instead; which it is takes reading. "
)


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is written down.

    Attributes:
        id: `item-0001`, without gaps.
        area: a folder of the repository.
        owner: somebody, by lot.
        file: where it stands, relative to the workspace.
        judged: what it is.
    """

    id: str
    area: str
    owner: str
    file: str
    judged: Judged

    @property
    def differs(self) -> bool:
        """Whether the documentation is another's."""
        return not self.judged.matches


def generate(root: Path, out: Path, *, count: int = ITEMS, language: str | None = None) -> Suite:
    """Makes a suite of a repository and writes it, its items in `workspaces/judgement/`.

    Args:
        root: a git repository without uncommitted changes.
        out: the suite's folder.
        count: how many items there are, if the repository has enough.
        language: which files' functions; by default the language that has most files.

    Raises:
        SuiteError: the repository has no commit, differs from it, or has too few documented functions.
        RlmError: it could not be read or parsed at all.
    """
    root = root.resolve()
    commit = commit_of(root)
    rng = random.Random(f"{commit} judgement")
    extracted = asyncio.run(extract(root, language))
    functions = list(documented(extracted.facts, texts_of(root).by_path))
    items = _items(functions, count, rng)
    if len(items) < min(_FEWEST, count):
        raise SuiteError(
            f"{root} has {len(functions):,} documented {extracted.facts.language} functions to make items "
            "of, and of them too few are alike; take a larger repository."
        )
    _write(items, out / "workspaces" / "judgement")
    questions = _questions(items, rng)
    labels = {item.id: "differs" if item.differs else "matches" for item in items}
    origin = {
        "repository": root.name,
        "commit": commit,
        "generator": f"judgement {VERSION}",
        "language": extracted.facts.language,
        "parser": extracted.parser,
        "items": _counted(items, functions, count),
        "right without reading": _guesses(items, functions),
        "sandbox": extracted.warning,
    }
    said = {name: text for name, text in origin.items() if text}
    suite = Suite(f"{root.name}-judgement", said, tuple(questions), labels, folder=out)
    save(suite, out)
    return suite


def _items(functions: Sequence[Documented], count: int, rng: random.Random) -> list[Item]:
    area_of = areas([each.path for each in functions])
    by_area: defaultdict[str, list[Documented]] = defaultdict(list)
    for each in functions:
        if each.path in area_of:
            by_area[area_of[each.path]].append(each)
    overlap = Overlap(functions)
    owners = rng.sample(_OWNERS, len(_OWNERS))
    total = sum(map(len, by_area.values()))
    items: list[Item] = []
    seen = 0
    for area, share in _shares(sorted(by_area), rng):
        within = by_area[area]
        before, seen = seen, seen + len(within)
        wanted = min(count * seen // total - count * before // total, len(within) * _OF_ALL // 100)
        differing = wanted * share // 100
        judged = swapped(within, differing, wanted - differing, overlap, rng)
        rng.shuffle(judged)
        for number, pair in enumerate(judged):
            file = f"items/{area.replace('/', '-')}/{number // _IN_FILE + 1:03}.md"
            items.append(Item(f"item-{len(items) + 1:04}", area, rng.choice(owners), file, pair))
    return items


def _shares(names: Sequence[str], rng: random.Random) -> list[tuple[str, int]]:
    """Per cent that differ, by area: far enough apart for one to have most."""
    lowest, highest = _SHARES
    step = (highest - lowest) // max(len(names) - 1, 1)
    order = rng.sample(names, len(names))
    return sorted((name, lowest + step * place) for place, name in enumerate(order))


def _write(items: Sequence[Item], folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)  # items of an earlier time would be counted
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for item in items:
        texts[item.file].append(_text(item))
    for name, parts in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(parts), "utf-8", newline="\n")


def _text(item: Item) -> str:
    function = item.judged.function
    fence = _FENCES.get(Path(function.path).suffix, "typescript")
    doc = "\n".join(f"> {line}".rstrip() for line in item.judged.doc.doc.splitlines())
    return (
        f"## {item.id}\n\narea: {item.area}\nowner: {item.owner}\n\n{doc}\n\n"
        f"```{fence}\n{function.code}\n```\n"
    )


def _questions(items: Sequence[Item], rng: random.Random) -> list[Question]:
    names = sorted({item.area for item in items})
    rule = _RULE.format(count=len(items), files=len({item.file for item in items}), areas=len(names))
    asked = [_all(items)]
    asked += [_in_area(items, area) for area in rng.sample(names, min(2, len(names)))]
    asked += _most(items, names)
    asked += _of_owner(items, rng)
    asked += _pairs(items, rng)
    return [
        Question(
            id=f"judgement-{number}",
            kind=f"judgement-{each.kind}",
            level=5,
            workspace="judgement",
            text=rule + each.text,
            form="pairs" if each.kind == "pairs" else "names" if each.item != "number" else "number",
            truth=each.truth,
            item=each.item,
        )
        for number, each in enumerate(asked, 1)
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    text: str
    truth: tuple[str, ...]
    item: str = "number"


def _all(items: Sequence[Item]) -> _Asked:
    return _Asked("count", "How many of all items differ?", (str(_differing(items)),))


def _in_area(items: Sequence[Item], area: str) -> _Asked:
    within = [item for item in items if item.area == area]
    return _Asked("count", f"How many items of the area `{area}` differ?", (str(_differing(within)),))


def _most(items: Sequence[Item], names: Sequence[str]) -> list[_Asked]:
    sizes = Counter(item.area for item in items)
    differing = Counter(item.area for item in items if item.differs)
    ranked = sorted(names, key=lambda name: differing[name] / sizes[name], reverse=True)
    if len(ranked) < 2 or differing[ranked[0]] * sizes[ranked[1]] == differing[ranked[1]] * sizes[ranked[0]]:
        return []
    text = "Which area has the highest share of items that differ among its own?"
    return [_Asked("highest", text, (ranked[0],), "area")]


def _of_owner(items: Sequence[Item], rng: random.Random) -> list[_Asked]:
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for item in items:
        if item.differs:
            groups[item.area, item.owner].append(item.id)
    fitting = [group for group in sorted(groups) if 2 <= len(groups[group]) <= _ANY_ITEMS]
    return [
        _Asked(
            "names",
            f"Which items of the area `{area}` that belong to the owner `{owner}` differ?",
            tuple(groups[area, owner]),
            "id of an item",
        )
        for area, owner in rng.sample(fitting, min(2, len(fitting)))
    ]


def _pairs(items: Sequence[Item], rng: random.Random) -> list[_Asked]:
    by_file: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_file[item.file].append(item)
    found = {
        file: [
            f"{one.id}, {other.id}"
            for one, other in combinations(within, 2)
            if one.owner == other.owner and one.differs and other.differs
        ]
        for file, within in by_file.items()
    }
    fitting = [file for file in sorted(found) if 2 <= len(found[file]) <= _ANY_ITEMS]
    return [
        _Asked(
            "pairs",
            f"Which pairs of two different items of the file `{file}` have the same owner and both differ?",
            tuple(found[file]),
            "id of an item",
        )
        for file in rng.sample(fitting, min(2, len(fitting)))
    ]


def _differing(items: Sequence[Item]) -> int:
    return sum(item.differs for item in items)


def _counted(items: Sequence[Item], functions: Sequence[Documented], count: int) -> str:
    fewer = f", not {count:,}, as there are not more that are alike" if len(items) < count else ""
    return f"{len(items):,}{fewer}; {_differing(items):,} differ; from {len(functions):,} functions"


def _guesses(items: Sequence[Item], functions: Sequence[Documented]) -> str:
    """How many labels each way to guess gets right with the threshold that is best for these items."""
    judged = [item.judged for item in items]
    measured = heuristics(functions)
    return "; ".join(f"{name}: {guessed(judged, measure):.0%}" for name, measure in measured.items())
