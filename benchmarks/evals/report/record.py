"""Record page: a cell's calls in order, shortened to what somebody reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.evals import recording
from benchmarks.evals.cost import Cost

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evals.questions import Question
    from benchmarks.evals.recording import Call
    from benchmarks.evals.results import Result

# Characters of a text that are shown: of its beginning, and of its end.
HEAD = 3_000
TAIL = 1_000
TRUTH_ITEMS = 200
# Sub-calls are folded where a record has more of them.
UNFOLDED = 20
# Of sub-calls in a row, and of calls altogether.
SHOWN_IN_A_ROW = 50
SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text, or its ends with the number of characters between them that are left out."""

    head: str
    left_out: int
    tail: str
    chars: int


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call with its texts as they are shown; `messages` are roles with texts."""

    call: Call
    messages: tuple[tuple[str, Excerpt], ...]
    reply: Excerpt


@dataclass(frozen=True, slots=True)
class Stretch:
    """Calls that follow each other and are all sub-calls, or one other call.

    Attributes:
        sub: whether they are sub-calls.
        calls: those that are shown.
        left_out: how many others there are.
        cost: of all of them.
    """

    sub: bool
    calls: tuple[ShownCall, ...]
    left_out: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class View:
    """What the page of a record shows.

    Attributes:
        prompt: what was asked; None where the question is not at hand.
        truth: what is right, an item each, as far as it is shown.
        truth_left_out: how many items are not.
        answer: as the arm gave it.
        stretches: its calls.
        folded: whether sub-calls are.
        left_out: calls at the end that are not shown.
        missing: calls of which the record has no line that can be read.
    """

    prompt: Excerpt | None
    truth: tuple[str, ...]
    truth_left_out: int
    answer: Excerpt
    stretches: tuple[Stretch, ...]
    folded: bool
    left_out: int
    missing: int


def view(result: Result, question: Question | None, path: Path) -> View:
    """Reads a record and cuts what is long."""
    calls = recording.read(path)
    stretches = tuple(_stretch(found) for found in _stretches(calls[:SHOWN]))
    truth = question.truth if question else ()
    return View(
        excerpt(question.prompt) if question else None,
        tuple(truth[:TRUTH_ITEMS]),
        max(0, len(truth) - TRUTH_ITEMS),
        excerpt(result.answer),
        stretches,
        sum(call.role == "sub" for call in calls) > UNFOLDED,
        max(0, len(calls) - SHOWN),
        calls[-1].number - len(calls) if calls else 0,
    )


def excerpt(text: str) -> Excerpt:
    """A text's beginning and end, where it is longer than both."""
    left_out = len(text) - HEAD - TAIL
    if left_out <= 0:
        return Excerpt(text, 0, "", len(text))
    return Excerpt(text[:HEAD], left_out, text[-TAIL:], len(text))


def _stretches(calls: Sequence[Call]) -> list[list[Call]]:
    found: list[list[Call]] = []
    for call in calls:
        if call.role == "sub" and found and found[-1][-1].role == "sub":
            found[-1].append(call)
        else:
            found.append([call])
    return found


def _stretch(calls: Sequence[Call]) -> Stretch:
    shown = tuple(
        ShownCall(
            call,
            tuple((message.role, excerpt(message.content)) for message in call.messages),
            excerpt(call.reply),
        )
        for call in calls[:SHOWN_IN_A_ROW]
    )
    cost = sum((call.cost for call in calls), Cost())
    return Stretch(calls[0].role == "sub", shown, len(calls) - len(shown), cost)
