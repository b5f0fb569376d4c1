"""RepoQA, searching needle functions: a function described in words, to be found in a repository.

arXiv 2406.06025, https://github.com/evalplus/repoqa (the fields are those that its `scripts/curate` write).
Read is the release's JSON object, gzipped or not: by language a list of repositories, with `repo`,
`commit_sha`, `content` (path to text) and `needles`: `name`, `path`, `description`, `start_line` (from 0) and
`end_line` (from 1, included). No file of the set was at hand.

The set has a model write the function down and compares texts. Here its place is asked for, which any arm can
give: right is a place that overlaps the function. Names could not be asked for, since those of C++ are
written in several ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, RootModel

from benchmarks.evals.public.records import checked, folder_name, read_json, write_file
from benchmarks.evals.questions import Question, Suite, SuiteError

if TYPE_CHECKING:
    from pathlib import Path


class _Needle(BaseModel):
    name: str
    path: str
    description: str
    start_line: int = Field(ge=0)
    end_line: int = Field(ge=1)


class _Repository(BaseModel):
    repo: str
    commit_sha: str
    content: dict[str, str]
    needles: list[_Needle] = []

    @property
    def workspace(self) -> str:
        return folder_name(self.repo.replace("/", "__"))


class _Release(RootModel[dict[str, list[_Repository]]]):
    pass


def load(path: Path) -> Suite:
    """Reads the set; `question.workspace` is `OWNER__NAME`.

    Raises:
        SuiteError: the file is no release of this set.
    """
    questions, without = [], 0
    for language, repositories in _read(path).items():
        for repository in repositories:
            without += not repository.needles
            for needle in repository.needles:
                if needle.path not in repository.content or needle.end_line <= needle.start_line:
                    raise SuiteError(f"{path}: {repository.repo}: the needle {needle.name} is in no file.")
                questions.append(
                    Question(
                        id=f"{language}::{repository.repo}::{needle.name}",
                        kind=f"needle {language}",
                        level=4,
                        workspace=repository.workspace,
                        text=f"Which function is described here?\n\n{needle.description.strip()}",
                        form="places",
                        truth=(f"{needle.path}:{needle.start_line + 1}-{needle.end_line}",),
                        gold_files=(needle.path,),
                    )
                )
    origin = {
        "set": "RepoQA, searching needle functions",
        "paper": "arXiv 2406.06025",
        "repository": "https://github.com/evalplus/repoqa",
        "licence": "Apache-2.0; that of each repository for its files",
        "workspaces": "brought along: the files that the set has of each repository",
        "left out": f"repositories without needles: {without:,}",
    }
    return Suite("repoqa", origin, tuple(questions))


def write_workspaces(path: Path, folder: Path) -> None:
    """Writes the files of each repository into a suite's folder.

    Raises:
        SuiteError: a path leads out of its workspace.
    """
    for repositories in _read(path).values():
        for repository in repositories:
            for name, text in repository.content.items():
                write_file(folder, repository.workspace, name, text)


def _read(path: Path) -> dict[str, list[_Repository]]:
    (release, *_) = read_json(path) or [None]
    return checked(release, _Release, str(path)).root
