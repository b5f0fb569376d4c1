"""Public sets: questions that somebody else wrote, read from their files and made into suites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.evals import questions
from benchmarks.evals.public import codescout, longbench_code, oolong, repoqa, swe_atlas, swe_qa

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.evals.questions import Suite


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A set, by what reads it.

    Attributes:
        load: a file's questions.
        write_workspaces: writes what a file brings along into a suite's folder; None where repositories have
            to be checked out by hand, as the suite's origin says.
    """

    load: Callable[[Path], Suite]
    write_workspaces: Callable[[Path, Path], None] | None = None


SETS = {
    "codescout": PublicSet(codescout.load),
    "longbench-code": PublicSet(longbench_code.load, longbench_code.write_workspaces),
    "oolong": PublicSet(oolong.load, oolong.write_workspaces),
    "repoqa": PublicSet(repoqa.load, repoqa.write_workspaces),
    "swe-atlas": PublicSet(swe_atlas.load),
    "swe-qa": PublicSet(swe_qa.load),
}


def import_set(name: str, path: Path, folder: Path) -> Suite:
    """Makes a suite of a public set's file.

    Args:
        name: one of `SETS`.
        path: the file.
        folder: the suite's; files in it are written over.

    Returns:
        The suite as it can be read from the folder.

    Raises:
        SuiteError: the file cannot be read as one of that set; says which line.
    """
    public = SETS[name]
    suite = public.load(path)
    questions.save(suite, folder)
    if public.write_workspaces:
        public.write_workspaces(path, folder)
    return questions.load(folder)
