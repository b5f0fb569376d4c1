"""OOLONG, synthetic: questions that need a label of each of very many lines, counted or compared.

arXiv 2511.02817, https://github.com/abertsch72/oolong (the fields are those of its
`src/data_gen/oolong-synth/generate_dataset.py`). Read are JSON Lines, or a JSON list: `id`, `dataset`,
`context_len`, `context_window_id`, `context_window_text`, `context_window_text_with_labels` (may be missing),
`question`, `answer` (a Python list in a string, dates as `datetime.date(…)`), `answer_type`, `task_group`. No
file of the set was at hand.

Of several right answers the first counts, as in the set's own scorer. Numbers are scored as numbers, with
the set's partial credit as a part; all else as one name: a label, a user, a phrase that compares, or a date,
which is asked for as ISO 8601 has it. How a month is spelled could not be confirmed.

A window is one file, whatever it is asked about. Labels are by the line, where a line of the text with labels
goes on as `|| Label: X`.
"""

from __future__ import annotations

import ast
import hashlib
import re
from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from benchmarks.evals.public.records import folder_name, read_records, write_file
from benchmarks.evals.questions import Question, Suite, SuiteError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "context.txt"
_ITEMS = {
    "NUMERIC": "number",
    "LABEL": "label",
    "USER": "user's id",
    "COMPARISON": "phrase, `more common than`, `less common than` or `same frequency as`,",
    "DATE": "date, as YYYY-MM-DD,",
    "MONTH_YEAR": "month, as the question asks for it,",
}
_DATE = re.compile(r"\[?datetime\.date\((\d{1,4}), ?(\d{1,2}), ?(\d{1,2})\)")
_LABEL = re.compile(r"\|\| Label: (?P<label>.+)$")
_MOST_ANSWER_CHARS = 10_000


class _Record(BaseModel):
    id: int | str
    dataset: str
    context_len: int
    context_window_id: int | str
    context_window_text: str
    context_window_text_with_labels: str = ""
    question: str
    answer: str
    answer_type: Literal[
        "ANSWER_TYPE.NUMERIC", "ANSWER_TYPE.LABEL", "ANSWER_TYPE.USER", "ANSWER_TYPE.COMPARISON",
        "ANSWER_TYPE.DATE", "ANSWER_TYPE.MONTH_YEAR",
    ]  # fmt: skip
    task_group: str

    @property
    def workspace(self) -> str:
        return folder_name(f"{self.dataset}-{self.context_len}-{self.context_window_id}")


def load(path: Path) -> Suite:
    """Reads the set; `question.workspace` is a context window's.

    Raises:
        SuiteError: a line is no record of this set.
    """
    questions: list[Question] = []
    labels: dict[str, str] = {}
    labelled: set[str] = set()
    for record, where in read_records(path, _Record):
        kind = record.answer_type.partition(".")[2]
        questions.append(
            Question(
                id=str(record.id),
                kind=record.task_group,
                level=5,
                workspace=record.workspace,
                text=f"The data is in the file {FILE}.\n\n{record.question.strip()}",
                form="number" if kind == "NUMERIC" else "names",
                truth=(_first(record.answer, where),),
                item=_ITEMS[kind],
            )
        )
        if record.workspace not in labelled:
            labelled.add(record.workspace)
            labels.update(_labels(record))
    origin = {
        "set": "OOLONG, synthetic",
        "paper": "arXiv 2511.02817",
        "repository": "https://github.com/abertsch72/oolong",
        "licence": "see the set",
        "workspaces": f"brought along: each has its context window as {FILE}",
    }
    return Suite("oolong", origin, tuple(questions), labels)


def write_workspaces(path: Path, folder: Path) -> None:
    """Writes each context window into a suite's folder, once.

    Raises:
        SuiteError: two texts have the number of one window.
    """
    written: dict[str, bytes] = {}
    for record, where in read_records(path, _Record):
        digest = hashlib.sha256(record.context_window_text.encode("utf-8", "replace")).digest()
        if written.setdefault(record.workspace, digest) != digest:
            raise SuiteError(f"{where}: the context window {record.workspace} has another text before.")
        target = folder / "workspaces" / record.workspace / FILE
        if not target.exists():
            write_file(folder, record.workspace, FILE, record.context_window_text)


def _first(answer: str, where: str) -> str:
    """The first of the answers, as a string; a date as ISO 8601 has it."""
    found = _DATE.match(answer)
    try:
        if found:
            return date(*(int(part) for part in found.groups())).isoformat()
        values = ast.literal_eval(answer[:_MOST_ANSWER_CHARS])
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise SuiteError(f"{where}: answer: {answer[:100]!r} is no list of answers.") from error
    if not isinstance(values, list) or not values:
        raise SuiteError(f"{where}: answer: {answer[:100]!r} is no list of answers.")
    return str(values[0])


def _labels(record: _Record) -> dict[str, str]:
    plain = set(record.context_window_text.split("\n"))
    labels = {}
    for line in record.context_window_text_with_labels.split("\n"):
        found = _LABEL.search(line)
        if found and (item := line[: found.start()].rstrip()) in plain:
            labels[item] = found["label"].strip()
    return labels
