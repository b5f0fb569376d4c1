"""SWE-Atlas QnA: hard questions over repositories, and criteria that an answer has to meet.

https://github.com/scaleapi/SWE-Atlas. Read is the table of its data set card, as JSON Lines or a JSON list:
`task_id`, `prompt`, `reference_answer`, `repository_url`, `repository_base_commit`, `language`, `category`,
and `rubric`, a JSON list in a string: of each criterion `title`, and in `annotations` a `type`, which says
whether the answer has to say it (`positive hli verifier`) or must not (`negative hli verifier`). The
repository's newer form, a folder for each task, is not read. Fields are as the card describes them; no file
of the set was at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field, Json

from benchmarks.evals.public.records import folder_name, read_records
from benchmarks.evals.questions import Question, Suite

if TYPE_CHECKING:
    from pathlib import Path


class _Annotations(BaseModel):
    type: Literal["positive hli verifier", "negative hli verifier"]


class _Criterion(BaseModel):
    title: str
    annotations: _Annotations

    @property
    def sentence(self) -> str:
        if self.annotations.type.startswith("negative"):
            return f"The answer does not do or claim this: {self.title}"
        return self.title


_Criteria = Annotated[list[_Criterion], Field(min_length=1)]


class _Task(BaseModel):
    task_id: str
    prompt: str
    reference_answer: str
    repository_url: str
    repository_base_commit: str = Field(min_length=7)
    language: str
    category: str
    rubric: Json[_Criteria] | _Criteria


def load(path: Path) -> Suite:
    """Reads the set; `question.workspace` is `OWNER__NAME-COMMIT`, of the commit the first 12 digits.

    Raises:
        SuiteError: a line is no record of this set.
    """
    questions = []
    for task, _ in read_records(path, _Task):
        owner, _, name = task.repository_url.rstrip("/").removesuffix(".git").rpartition("/")
        repository = f"{owner.rpartition('/')[2]}__{name}"
        questions.append(
            Question(
                id=task.task_id,
                kind=task.category,
                level=4,
                workspace=folder_name(f"{repository}-{task.repository_base_commit[:12]}"),
                text=task.prompt,
                form="prose",
                reference=task.reference_answer,
                criteria=tuple(criterion.sentence for criterion in task.rubric),
            )
        )
    origin = {
        "set": "SWE-Atlas QnA",
        "repository": "https://github.com/scaleapi/SWE-Atlas",
        "licence": "see the set",
        "workspaces": "{root}/{workspace} is a checkout of the record's `repository_url` at its "
        "`repository_base_commit`; {workspace} is OWNER__NAME-COMMIT, of the commit the first 12 digits.",
    }
    return Suite("swe-atlas", origin, tuple(questions))
