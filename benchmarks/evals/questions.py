"""Questions of a suite: what is asked of which workspace, how the answer is to end, and what is right.

A suite is a folder. `suite.json` says what it is, `questions.jsonl` has a question a line, `labels.json` what
is right of single items, and files that the suite brings along stand in `workspaces/NAME/`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Sequence

Form = Literal["names", "places", "number", "waypoints", "pairs", "prose"]

# How an answer ends, the same for every arm: what a scorer reads.
_ITEMS = "End your answer with a fenced block marked `answer` that has {what}, and nothing else in it."
_FORMS: dict[Form, str] = {
    "names": _ITEMS.format(what="one {item} a line"),
    "places": _ITEMS.format(what="one place a line, as `path:line` or `path:first-last`"),
    "number": _ITEMS.format(what="one number"),
    "waypoints": _ITEMS.format(what="one {item} a line, in order"),
    "pairs": _ITEMS.format(
        what="one pair a line, as `{item}, {item}` (the order within a pair does not count)"
    ),
    "prose": "Cite the places that your answer rests on as `path:line` or `path:first-last`.",
}


class SuiteError(Exception):
    """A suite that cannot be used, as a sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its right answer.

    Attributes:
        id: unique within the suite.
        kind: what sort of question it is: `callers`, `docstrings`; tables have a row for each.
        level: 1 is one lookup, 2 one relation, 3 several together, 4 reading, 5 judging thousands.
        workspace: which files it is about: a name in `workspaces/`, or in the root that the plan names.
        text: what is asked, without the form of the answer.
        form: how the answer is to end, which decides how it is scored.
        truth: what is right, an item a string, spelled as it is asked for; of pairs `first, second`; a
            number is one string. Empty for prose, which is scored by what it cites and by a judge.
        item: what the items of the answer are, for the sentence that asks for them.
        gold_files: files that a good answer cites; POSIX paths.
        reference: an answer that somebody wrote, for the judge.
        criteria: what a good answer says, each judged by itself, for the judge.
        query: the words to search by, where the text has others besides.
    """

    id: str
    kind: str
    level: int
    workspace: str
    text: str
    form: Form
    truth: tuple[str, ...] = ()
    item: str = "name"
    gold_files: tuple[str, ...] = ()
    reference: str = ""
    criteria: tuple[str, ...] = ()
    query: str = ""

    @property
    def prompt(self) -> str:
        """What is asked, with the form of the answer."""
        return f"{self.text}\n\n{_FORMS[self.form].format(item=self.item)}"


@dataclass(frozen=True, slots=True)
class Suite:
    """Questions that belong together.

    Attributes:
        name: names the suite in plans and tables.
        origin: what it was made from: repository, commit, generator's version, what was left out.
        questions: in the order of their ids' first appearance.
        labels: what is right of each single item that takes reading, by its name; an oracle leaf says it.
        folder: where it was read from; None for one that is not written yet.
    """

    name: str
    origin: dict[str, str]
    questions: tuple[Question, ...]
    labels: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def workspace(self, question: Question, root: str | None) -> Path:
        """The folder that a question is about.

        Args:
            question: of this suite.
            root: the plan's folder of the repository; `{workspace}` in it is the question's.

        Raises:
            SuiteError: there is no such folder.
        """
        brought = self.folder / "workspaces" / question.workspace if self.folder else None
        if brought is not None and brought.is_dir():
            return brought
        if root is None:
            raise SuiteError(
                f"The suite {self.name} asks about {question.workspace}, which it does not bring along; "
                f"say in the plan where it lies: suites.{self.name}.root."
            )
        path = Path(root.replace("{workspace}", question.workspace)).expanduser()
        if not path.is_dir():
            raise SuiteError(f"The workspace of {self.name}/{question.id} is not there: {path} is no folder.")
        return path


_QUESTION = TypeAdapter(Question)


def save(suite: Suite, folder: Path) -> None:
    """Writes `suite.json`, `questions.jsonl` and, where there are any, `labels.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"name": suite.name, "origin": suite.origin}
    (folder / "suite.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", "utf-8")
    lines = [json.dumps(dataclasses.asdict(question), ensure_ascii=False) for question in suite.questions]
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if suite.labels:
        (folder / "labels.json").write_text(
            json.dumps(suite.labels, indent=0, ensure_ascii=False) + "\n", "utf-8"
        )


def load(folder: Path) -> Suite:
    """Reads a suite's folder.

    Raises:
        SuiteError: it is none, or a question in it is not of the form above.
    """
    try:
        about = json.loads((folder / "suite.json").read_text("utf-8"))
        lines = (folder / "questions.jsonl").read_bytes().split(b"\n")
        labels_file = folder / "labels.json"
        labels = json.loads(labels_file.read_text("utf-8")) if labels_file.exists() else {}
        questions = [_QUESTION.validate_json(line) for line in lines if line.strip()]
        suite = Suite(about["name"], about["origin"], tuple(questions), labels, folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(f"{folder} is no suite that can be read: {error}.") from error
    _check_ids(suite.name, questions)
    return suite


def _check_ids(name: str, questions: Sequence[Question]) -> None:
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise SuiteError(f"The suite {name} has two questions {question.id!r}.")
        seen.add(question.id)
