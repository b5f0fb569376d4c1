"""Puts runs together, so that arms or questions that were asked apart stand side by side."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals import run_folder
from benchmarks.evals.plan import PlanError
from benchmarks.evals.results import ResultsFile

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `merge`."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")


def run(args: argparse.Namespace) -> int:
    """Merges; the runs stay as they are.

    Raises:
        PlanError: a name means one thing in one run and another in the next, or a cell has two results.
    """
    if args.out.exists():
        raise PlanError(f"{args.out} is there already; name a folder that is not.")
    about = run_folder.merged(args.runs)
    results = ResultsFile(args.out)
    done: set[str] = set()
    for folder in args.runs:
        for result in ResultsFile(folder).read().values():
            if result.cell.id in done:
                raise PlanError(f"{result.cell.id} has a result in more than one of these runs.")
            done.add(result.cell.id)
            results.append(result)
        records = folder / "records"
        if records.is_dir():
            shutil.copytree(records, args.out / "records", dirs_exist_ok=True)
    run_folder.write(args.out, about)
    print(f"{len(done):,} results of {len(args.runs)} runs are in {args.out}.")
    return 0
