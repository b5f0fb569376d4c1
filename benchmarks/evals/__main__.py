"""Evaluation from the command line; `--help` of each command says more.

python -m benchmarks.evals generate structure REPOSITORY --out suites/NAME
python -m benchmarks.evals import codescout FILE --out suites/codescout
python -m benchmarks.evals run PLAN.toml --out runs/NAME
python -m benchmarks.evals merge runs/ONE runs/OTHER --out runs/BOTH
python -m benchmarks.evals report runs/NAME
python -m benchmarks.evals reader next FOLDER
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from benchmarks.evals.arms.base import ArmError
from benchmarks.evals.commands import generate, import_set, merge, reader, report, run
from benchmarks.evals.plan import PlanError
from benchmarks.evals.questions import SuiteError
from benchmarks.evals.report.run import ReportError
from rlm_core.errors import RlmError

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "generate": generate,
    "import": import_set,
    "run": run,
    "merge": merge,
    "report": report,
    "reader": reader,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; 0 when it did what it was asked, 1 with a sentence when it could not."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.evals",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        command = commands.add_parser(
            name, help=(module.__doc__ or "").splitlines()[0], description=module.__doc__
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    args = parser.parse_args(arguments)
    try:
        return int(args.run(args))
    except (PlanError, SuiteError, ArmError, ReportError, RlmError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("Stopped; the same command goes on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
