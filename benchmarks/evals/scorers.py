"""Scorer: how right an answer is, by the form that its question asks for.

| form | value | parts |
|---|---|---|
| names | F1 of the set | precision, recall, exact; see below for `path` and `path::symbol` |
| places | F1, an answer's place and a true one paired where they overlap | precision, recall, exact |
| number | 1 where it is the number, else 0 | exact, partial, closeness |
| waypoints | F1 of the longest common subsequence | precision, recall, exact |
| pairs | F1 of the set, the order within a pair left aside | precision, recall, exact |
| prose | recall of the gold files among those cited, until a judge speaks | precision, recall, mentioned |

Where files and functions in them are asked for, the F1 of each is a part, and whether a right file stands
`first` and among the first `ten`.

The value of a number is the exact one. OOLONG's partial credit, 0.75 to the power of the difference (arXiv
2511.02817), is a part: it gives 0.75 to 4 where there are 3, and nearly nothing to 1,490 where there are
1,500, so a mean over small and large counts would say how large they were. `closeness` is 1 less the relative
error, at least 0: for differences between two arms that count thousands and hit none.

Waypoints are scored as ROUGE-L scores words (Lin 2004): what is out of order, missing or added costs, and 1
is the same sequence. Pairs are scored as those of OOLONG-Pairs (arXiv 2512.24601).

What is not an item (a place without a line, a pair of one) counts as a wrong one. Names are compared with
their case. Where nothing is right, an empty block is the right answer, and silence is none: who gives no
block at all has not said so.

Work is bounded: of an answer the last `MAX_CHARS` characters and the first `MAX_ITEMS` items are read, and no
pattern goes back over what it has passed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from benchmarks.evals.answers import MAX_CHARS, number, read, spellings
from benchmarks.evals.matching import Range, common_subsequence, f1, overlapping
from benchmarks.evals.names import Names, file_of
from benchmarks.evals.places import Files, Place, cited, whole
from benchmarks.evals.questions import SuiteError
from benchmarks.evals.score import Score
from rlm_core.wording import comma_list, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evals.answers import Reading
    from benchmarks.evals.questions import Question

SHOWN = 5
SHOWN_CHARS = 100
# Half a file is no place: no range of an answer may be longer than this and twice the longest true one.
WIDEST = 200
# Of a ranking, so many count.
RANKED = 10

_WITHIN_PAIR = re.compile(r"[,;|\t\u2194]|<->|[ \t]-[ \t]")


def score(question: Question, answer: str) -> Score:
    """Scores an answer, whatever it is.

    Raises:
        SuiteError: what is said to be right is not of the question's form.
    """
    if not answer.strip():
        return Score(0.0, why="There is no answer.")
    if question.form == "prose":
        return _prose(question, answer)
    reading = read(answer, question.form)
    match question.form:
        case "names":
            return _names(question, reading)
        case "places":
            return _places(question, reading)
        case "number":
            return _number(question, reading)
        case "waypoints":
            return _waypoints(question, reading)
        case "pairs":
            return _pairs(question, reading)


def _names(question: Question, reading: Reading) -> Score:
    truth = {name.strip() for name in question.truth}
    names = Names(truth, question.workspace)
    ordered = [names.resolve(item) for item in names.split(reading)]
    given = set(ordered)
    functions = {name for name in truth if file_of(name)}
    if not functions or functions == truth:
        return _of_sets(truth, given, reading)
    # Who names a function has named its file.
    parts = _ranking(truth, ordered)
    truth, given = _with_files(truth), _with_files(given)
    for part, is_function in (("files", False), ("functions", True)):
        wanted, found = ({name for name in side if ("::" in name) is is_function} for side in (truth, given))
        parts[part] = f1(len(wanted & found), len(found), len(wanted))[0]
    return _of_sets(truth, given, reading, parts)


def _ranking(truth: set[str], ordered: Sequence[str]) -> dict[str, float]:
    """How well an answer ranks: a right file first, and among ten; functions among the first ten."""
    functions = {name for name in truth if file_of(name)}
    first_functions = list(dict.fromkeys(name for name in ordered if file_of(name)))[:RANKED]
    right = {name.partition("::")[0] for name in truth}
    files = list(dict.fromkeys(name.partition("::")[0] for name in ordered))
    return {
        "first": float(files[0] in right) if files else 0.0,
        "ten": float(not right.isdisjoint(files[:RANKED])),
        "functions_ten": len(functions.intersection(first_functions)) / len(functions),
    }


def _with_files(names: set[str]) -> set[str]:
    return names | {path for name in names if (path := file_of(name))}


def _places(question: Question, reading: Reading) -> Score:
    truth = list(dict.fromkeys(_true_place(item) for item in question.truth))
    files = Files((place.path for place in truth), question.workspace)
    widest = max([WIDEST, *(2 * (place.last - place.first + 1) for place in truth)])
    given: dict[Place, None] = {}
    wrong: list[str] = []
    for item in reading.some:
        found = _places_of(item)
        for place in found:
            if place.last - place.first + 1 > widest:
                wrong.append(f"{place} (more than {widest:,} lines)")
            else:
                given[place._replace(path=files.resolve(place.path))] = None
        if not found:
            wrong.append(item)
    pairs = _paired(truth, list(given))
    known, matched = ({pair[side] for pair in pairs} for side in (0, 1))
    missing = [str(place) for at, place in enumerate(truth) if at not in known]
    extra = [str(place) for at, place in enumerate(given) if at not in matched]
    return _counted(len(pairs), missing, extra + wrong, reading)


def _true_place(item: str) -> Place:
    place = whole(item.strip())
    if place is None:
        raise SuiteError(f"{item!r} is given as right where places are asked for, and is none.")
    return place


def _places_of(item: str) -> list[Place]:
    for spelling in spellings(item):
        place = whole(spelling)
        if place:
            return [place]
    return cited(item)


def _paired(truth: Sequence[Place], given: Sequence[Place]) -> list[tuple[int, int]]:
    """Pairs of overlapping places, as indices in both; each place is in one pair at most."""
    sides: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
    for by_path, places in zip(sides, (truth, given), strict=True):
        for at, place in enumerate(places):
            by_path.setdefault(place.path, []).append(at)
    pairs: list[tuple[int, int]] = []
    for path, wanted in sides[0].items():
        found = sides[1].get(path, [])
        matched = overlapping(
            [Range(truth[at].first, truth[at].last) for at in wanted],
            [Range(given[at].first, given[at].last) for at in found],
        )
        pairs.extend((wanted[one], found[other]) for one, other in matched)
    return pairs


def _number(question: Question, reading: Reading) -> Score:
    right = number(question.truth[0]) if question.truth else None
    if right is None:
        raise SuiteError(f"{question.truth!r} is given as right where a number is asked for, and is none.")
    given = number(reading.items[-1]) if reading.items else None
    if given is None:
        nothing = {"exact": 0.0, "partial": 0.0, "closeness": 0.0}
        return Score(0.0, nothing, " ".join(["There is no number.", *reading.notes]))
    off = abs(given - right)
    parts = {
        "exact": float(off == 0),
        "partial": 0.75 ** float(min(off, Decimal(1_000))),
        "closeness": max(0.0, 1.0 - float(off / max(abs(right), Decimal(1)))),
    }
    why = " ".join([f"Answered {given}, right is {right}.", *reading.notes]) if off else ""
    return Score(parts["exact"], parts, why)


def _waypoints(question: Question, reading: Reading) -> Score:
    truth = [item.strip() for item in question.truth]
    names = Names(set(truth), question.workspace)
    given = [names.resolve(item) for item in names.split(reading)]
    # Time is the product of both; what comes after twice as much as there is only adds to what is wrong.
    right = common_subsequence(truth, given[: 2 * len(truth) + 100])
    known, named = set(truth), set(given)
    missing = [item for item in truth if item not in named]
    wrong = [item for item in given if item not in known]
    order = [] if missing or wrong else [f"Out of order or repeated: {_list(given)}."]
    return _scored(f1(right, len(given), len(truth)), missing, wrong, reading, order)


def _pairs(question: Question, reading: Reading) -> Score:
    truth = {_true_pair(item) for item in question.truth}
    members = Names({member for pair in truth for member in pair}, question.workspace)
    given: set[tuple[str, str]] = set()
    unreadable: list[str] = []
    for item in reading.some:
        pair = _pair(item, members)
        if pair:
            given.add(pair)
        else:
            unreadable.append(item)
    missing, wrong = ([", ".join(pair) for pair in sorted(rest)] for rest in (truth - given, given - truth))
    return _counted(len(truth & given), missing, wrong + unreadable, reading)


def _true_pair(item: str) -> tuple[str, str]:
    one, _, other = (part.strip() for part in item.partition(","))
    if not (one and other):
        raise SuiteError(f"{item!r} is given as right where pairs are asked for, and is none.")
    return min(one, other), max(one, other)


def _pair(item: str, members: Names) -> tuple[str, str] | None:
    """Two members in the order of their names, known ones where they can be; None where there are not two."""
    pair = None
    for spelling in spellings(item):
        parts = [part.strip() for part in _WITHIN_PAIR.split(spelling.strip("()[] \t"), maxsplit=1)]
        if len(parts) == 2 and all(parts):
            one, other = sorted(members.resolve(part) for part in parts)
            pair = one, other
            if one in members and other in members:
                break
    return pair


def _prose(question: Question, answer: str) -> Score:
    if not question.gold_files:
        return Score(0.0, why="No files are known that a good answer cites: only a judge can score this.")
    text = answer[-MAX_CHARS:]
    files = Files(question.gold_files, question.workspace)
    given = {files.resolve(place.path) for place in cited(text)}
    gold = set(question.gold_files)
    _, precision, recall = f1(len(gold & given), len(given), len(gold))
    mentioned = sum(path in text for path in gold) / len(gold)
    why = f"Not cited ({len(gold - given):,}): {_list(sorted(gold - given))}." if gold - given else ""
    return Score(recall, {"precision": precision, "recall": recall, "mentioned": mentioned}, why)


def _of_sets(
    truth: set[str], given: set[str], reading: Reading, parts: dict[str, float] | None = None
) -> Score:
    found = _counted(len(truth & given), sorted(truth - given), sorted(given - truth), reading)
    return Score(found.value, found.parts | (parts or {}), found.why)


def _counted(right: int, missing: Sequence[str], wrong: Sequence[str], reading: Reading) -> Score:
    counts = f1(right, right + len(wrong), right + len(missing))
    return _scored(counts, missing, wrong, reading)


def _scored(
    counts: tuple[float, float, float],
    missing: Sequence[str],
    wrong: Sequence[str],
    reading: Reading,
    more: Sequence[str] = (),
) -> Score:
    value, precision, recall = counts
    if not reading.items and not reading.block:
        value = precision = 0.0
    parts = {"precision": precision, "recall": recall, "exact": float(value == 1.0)}
    if value == 1.0:
        return Score(value, parts)
    lists = [
        f"{what} ({len(items):,}): {_list(items)}."
        for what, items in (("Missing", missing), ("Wrong", wrong))
        if items
    ]
    return Score(value, parts, " ".join([*lists, *more, *reading.notes]))


def _list(items: Sequence[str]) -> str:
    shown = [one_line(item, SHOWN_CHARS) for item in items[:SHOWN]]
    return comma_list(shown, SHOWN) + (f" and {len(items) - SHOWN:,} more" if len(items) > SHOWN else "")
