"""LongBench v2, code: questions with four choices over the text of a repository.

arXiv 2412.15204, https://github.com/THUDM/LongBench. Read are the records whose `domain` is `Code Repository
Understanding`, from its `data.json` (a JSON list) or JSON Lines: `_id`, `difficulty`, `question`, `choice_A`
to `choice_D`, `answer` (a letter), `context`. Fields are as the set's documentation and programs that read it
have them; no file of the set was at hand. The context is one text, so the workspace has one file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from benchmarks.evals.public.records import folder_name, read_records, write_file
from benchmarks.evals.questions import Question, Suite, SuiteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN = "Code Repository Understanding"
FILE = "context.txt"


class _Record(BaseModel):
    id: str = Field(alias="_id")
    domain: str
    difficulty: str
    question: str
    choice_A: str  # noqa: N815 - the set's names
    choice_B: str  # noqa: N815
    choice_C: str  # noqa: N815
    choice_D: str  # noqa: N815
    answer: Literal["A", "B", "C", "D"]
    context: str


def load(path: Path) -> Suite:
    """Reads the set; `question.workspace` is the record's id.

    Raises:
        SuiteError: an entry is no record of this set, or none is about code.
    """
    questions = [
        Question(
            id=record.id,
            kind=f"code {record.difficulty}",
            level=4,
            workspace=folder_name(record.id),
            text=f"The text of a repository is in the file {FILE}.\n\n{record.question.strip()}\n\n"
            f"A. {record.choice_A}\nB. {record.choice_B}\nC. {record.choice_C}\nD. {record.choice_D}",
            form="names",
            truth=(record.answer,),
            item="letter, A, B, C or D,",
        )
        for record in _about_code(path)
    ]
    if not questions:
        raise SuiteError(f"No record of {path} has the domain {DOMAIN!r}.")
    origin = {
        "set": "LongBench v2, code",
        "paper": "arXiv 2412.15204",
        "repository": "https://github.com/THUDM/LongBench",
        "licence": "Apache-2.0",
        "workspaces": f"brought along: each has its context as {FILE}",
        "left out": f"what is not of the domain {DOMAIN}",
    }
    return Suite("longbench-code", origin, tuple(questions))


def write_workspaces(path: Path, folder: Path) -> None:
    """Writes each record's context into a suite's folder."""
    for record in _about_code(path):
        write_file(folder, folder_name(record.id), FILE, record.context)


def _about_code(path: Path) -> Iterator[_Record]:
    return (record for record, _ in read_records(path, _Record) if record.domain == DOMAIN)
