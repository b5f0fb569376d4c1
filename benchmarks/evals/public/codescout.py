"""CodeScout: bug reports over Python repositories, and the files and functions that a fix has to change.

arXiv 2603.17829, https://github.com/OpenHands/codescout. A line of JSON for each report: `id`, `upstream`,
`commit`, `bug_patch`, `question`, and `gold`, for each file `file` and what of it is edited or added. Read
from a file of that set.

Right are the files, as `path`, and the functions edited in them, as `path::Class.function`. A bug that took
functions away has none to be edited: there the class that has lost them is right, as `path::Class`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from benchmarks.evals.public.records import read_records
from benchmarks.evals.questions import Question, Suite, SuiteError

if TYPE_CHECKING:
    from pathlib import Path

_ASKED = (
    "This is a report of a bug in the repository. Which files have to be changed to fix it, and which "
    "functions or methods in them? Name each file as `path` and each function as `path::function` or "
    "`path::Class.method`."
)


class _Gold(BaseModel):
    file: str
    edited_entities: list[str] | None = None
    edited_modules: list[str] | None = None


class _Report(BaseModel):
    id: str
    upstream: str
    commit: str
    question: str
    gold: list[_Gold] = Field(min_length=1)


def load(path: Path) -> Suite:
    """Reads the set; `question.workspace` is the record's id.

    Raises:
        SuiteError: a line is no record of this set.
    """
    questions, upstreams = [], set()
    for report, where in read_records(path, _Report):
        upstreams.add(report.upstream)
        questions.append(
            Question(
                id=report.id,
                kind="localisation",
                level=4,
                workspace=report.id,
                text=f"{report.question.strip()}\n\n{_ASKED}",
                form="names",
                truth=tuple(name for gold in report.gold for name in _names(gold, where)),
                item="`path` or `path::Class.function`",
                gold_files=tuple(gold.file for gold in report.gold),
                query=report.question,
            )
        )
    origin = {
        "set": "CodeScout",
        "paper": "arXiv 2603.17829",
        "repository": "https://github.com/OpenHands/codescout",
        "licence": "MIT",
        "workspaces": "{root}/{workspace} is a checkout of the record's `upstream` at its `commit` with its "
        "`bug_patch` applied; {workspace} is the record's `id`.",
        "upstreams": str(len(upstreams)),
    }
    return Suite("codescout", origin, tuple(questions))


def _names(gold: _Gold, where: str) -> list[str]:
    names = [gold.file]
    for entity in gold.edited_entities or gold.edited_modules or []:
        path, _, symbol = entity.partition(":")
        if path != gold.file or not symbol:
            raise SuiteError(f"{where}: gold: {entity!r} is not `{gold.file}:symbol`.")
        names.append(f"{path}::{symbol}")
    return names
