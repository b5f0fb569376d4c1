"""Static site: an overview of a run in which each cell leads to the page of its record.

Pages open from a file, ask nobody for anything and run nothing: what models and repositories said is text, by
Jinja's escaping and, should that fail, by a content security policy that allows the pages' own style alone.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.evals.report import figures, matrix, record, run, summary, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from benchmarks.evals.results import Result

_TEMPLATES = Path(__file__).parent / "templates"


def write(run_folder: Path, suites: Sequence[Path], out: Path, baseline: str | None = None) -> Path:
    """Writes `index.html` and a page for each record; returns the path of the former.

    The index is written last and its forerunner removed first, so where there is one, all pages are there.

    Args:
        run_folder: the run's.
        suites: folders of suites that were asked, as far as they are at hand.
        out: where the pages go; made if it is not there.
        baseline: the arm that others are compared with; by default the run's first.

    Raises:
        ReportError: the folder has no results, or the run no answers of the baseline.
    """
    found = run.read(run_folder, suites)
    tables = table.tables(found, baseline)
    environment = _environment()
    index = out / "index.html"
    (out / "records").mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    grid = matrix.grid(found)
    page = environment.get_template("record.html")
    for row in (row for group in grid for row in group.rows):
        for result in row.results:
            _write_record(page, found, row, result, out / "records")
    text = environment.get_template("index.html").render(
        run=found, facts=dict(summary.facts(found)), tables=tables, grid=grid
    )
    part = out / "index.html.part"
    part.write_text(text, "utf-8", errors="replace")
    part.replace(index)
    return index


def _write_record(page: Template, found: run.Run, row: matrix.Row, result: Result, folder: Path) -> None:
    path = found.record(result)
    where = quote(os.path.relpath(path, folder)) if path.exists() else ""
    text = page.render(
        run=found, row=row, result=result, view=record.view(result, row.question, path), record=where
    )
    (folder / f"{result.cell.id}.html").write_text(text, "utf-8", errors="replace")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(
        # The only text that is not escaped. Its digest is what the policy allows.
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        column_of=run.column_of,
    )
    environment.filters.update(
        count=figures.count,
        compact=figures.compact,
        score=figures.score,
        seconds=figures.seconds,
        usd=figures.usd,
        moment=figures.moment,
        file=lambda result: quote(f"{result.cell.id}.html"),
        step=lambda value: round(10 * min(1, max(0, value))),
    )
    return environment
