"""Makes a suite from a file of a public set; the file is yours, and nothing of it is kept here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals.public import SETS, import_set

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `import`."""
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the suite's folder")


def run(args: argparse.Namespace) -> int:
    """Loads and writes it, and says where its repositories have to lie."""
    suite = import_set(args.set, args.file, args.out)
    print(f"{suite.name}: {len(suite.questions)} questions")
    for key, value in suite.origin.items():
        print(f"  {key}: {value}", file=sys.stderr)
    return 0
