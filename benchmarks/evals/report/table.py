"""Markdown table: a run's figures, or what changed between runs, to read and to keep beside a change."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from benchmarks.evals.report import comparison, run, summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.evals.report.entries import Table

# What would end a field, or begin a tag, a link or a span of code.
_MARKUP = re.compile(r"[\\|<`]|\](?=\()")


def markdown(run_folders: Sequence[Path], suites: Sequence[Path], baseline: str | None) -> str:
    """The tables of one run; of several, what changed from the first to each other one comes before them.

    Args:
        run_folders: one or more.
        suites: folders of suites that were asked, as far as they are at hand.
        baseline: the arm that others are compared with within a run; by default its first.

    Raises:
        ReportError: a folder has no results, the baseline no answers, or two runs nothing in common.
    """
    runs = [run.read(folder, suites) for folder in run_folders]
    sections: list[str] = []
    for after in runs[1:]:
        title = f"# {_text(runs[0].folder.name)} → {_text(after.folder.name)}"
        sections += [title, _table(comparison.changes(runs[0], after))]
    for one in runs:
        sections += [f"# Evaluation: {_text(one.folder.name)}", _heading(one)]
        sections += [_table(table) for table in tables(one, baseline)]
    return "\n\n".join(sections) + "\n"


def tables(of: run.Run, baseline: str | None) -> list[Table]:
    """The tables of a run; comparisons for which there is nothing are left out, and notes said before.

    Raises:
        ReportError: the run has no answers of the baseline.
    """
    compared = [comparison.against_baseline(of, baseline), comparison.between_models(of)]
    found = [
        summary.overview(of),
        *(table for table in compared if table.rows),
        summary.kinds(of),
        summary.parts(of),
        *(table for table in [comparison.parts_against_baseline(of, baseline)] if table.rows),
    ]
    said: set[str] = set()
    for place, table in enumerate(found):
        found[place] = dataclasses.replace(table, notes=tuple(n for n in table.notes if n not in said))
        said.update(table.notes)
    return found


def _heading(of: run.Run) -> str:
    facts = [f"- {_text(name)}: {_text(text)}" for name, text in summary.facts(of)]
    problems = [f"- Note: {_text(problem)}" for problem in of.problems]
    return "\n".join([*facts, *problems])


def _table(table: Table) -> str:
    rules = ["---" if place < table.names else "---:" for place in range(len(table.columns))]
    rows = [table.columns, rules, *([entry.text for entry in row] for row in table.rows)]
    lines = [f"| {' | '.join(map(_text, row))} |" for row in rows]
    parts = [f"## {_text(table.title)}", "\n".join(lines), "\n".join(table.notes)]
    return "\n\n".join(part for part in parts if part)


def _text(text: str) -> str:
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
