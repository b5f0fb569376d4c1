"""Prints the tables of runs as Markdown, and writes a page in which each cell leads to its record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals import run_folder
from benchmarks.evals.plan import PlanError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `report`."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="DIR", help="run folders; two are compared")
    parser.add_argument(
        "--baseline", metavar="ARM", help="what the other arms are compared with (default: the first)"
    )
    parser.add_argument("--page", type=Path, metavar="DIR", help="where the page goes (default: RUN/report)")
    parser.add_argument("--no-page", action="store_true", help="tables alone")


def run(args: argparse.Namespace) -> int:
    """Prints and writes."""
    from benchmarks.evals.report import page, table  # templates and statistics take a while

    suites = _suites(args.runs)
    print(table.markdown(args.runs, suites, args.baseline))
    if not args.no_page:
        for folder in args.runs:
            print(f"page: {page.write(folder, suites, args.page or folder / 'report')}")
    return 0


def _suites(runs: list[Path]) -> list[Path]:
    """The suites' folders, as the runs name them."""
    folders: dict[str, None] = {}
    for folder in runs:
        about = run_folder.read(folder)
        if not about:
            raise PlanError(f"{folder} is no run: it has no {run_folder.FILE}.")
        folders |= dict.fromkeys(planned["folder"] for planned in about["plan"]["suites"].values())
    return [Path(folder) for folder in folders]
