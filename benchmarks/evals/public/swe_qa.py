"""SWE-QA: questions over repositories with an answer that somebody wrote.

arXiv 2509.14635, https://github.com/peng-weihan/SWE-QA-Bench. A line of JSON for each question: `id`, `repo`,
`commit`, `kind` (What, How, Why, Where), `question`, `reference`, and `gold_files`, the files that the
reference names. The set's own files have `question` and `answer` alone, a file for each repository; the other
fields were added to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from benchmarks.evals.public.records import folder_name, read_records
from benchmarks.evals.questions import Question, Suite

if TYPE_CHECKING:
    from pathlib import Path


class _Asked(BaseModel):
    id: str
    repo: str
    commit: str
    kind: str
    question: str
    reference: str
    gold_files: list[str]


def load(path: Path) -> Suite:
    """Reads the set; `question.workspace` is the repository's name without its owner.

    Raises:
        SuiteError: a line is no record of this set.
    """
    questions, commits, uncited = [], {}, 0
    for asked, _ in read_records(path, _Asked):
        commits[asked.repo] = asked.commit
        uncited += not asked.gold_files
        questions.append(
            Question(
                id=asked.id,
                kind=asked.kind.casefold(),
                level=4,
                workspace=folder_name(asked.repo.rpartition("/")[2]),
                text=asked.question,
                form="prose",
                gold_files=tuple(asked.gold_files),
                reference=asked.reference,
            )
        )
    origin = {
        "set": "SWE-QA",
        "paper": "arXiv 2509.14635",
        "repository": "https://github.com/peng-weihan/SWE-QA-Bench",
        "licence": "Apache-2.0",
        "workspaces": "{root}/{workspace} is a checkout of the repository at the commit below.",
        "commits": ", ".join(f"{repository} {commit}" for repository, commit in sorted(commits.items())),
        "without gold files": f"{uncited:,}; only a judge can score them",
    }
    return Suite("swe-qa", origin, tuple(questions))
