"""Makes a suite from a git repository, with truth from its syntax; the same commit makes the same suite."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals.suites.generate import LIMIT, generate

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `generate`."""
    parser.add_argument("repository", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the suite's folder")
    parser.add_argument(
        "--limit", type=int, default=LIMIT, help="questions of each kind (default: %(default)s)"
    )
    parser.add_argument(
        "--language", help="which files are asked about (default: the language that has most)"
    )


def run(args: argparse.Namespace) -> int:
    """Generates, and says how many questions of each kind there are."""
    suite = generate(args.repository, args.out, limit=args.limit, language=args.language)
    kinds = Counter((question.level, question.kind) for question in suite.questions)
    listed = ", ".join(f"{kind} {count}" for (_, kind), count in sorted(kinds.items()))
    print(f"{suite.name}: {len(suite.questions)} questions: {listed}")
    for key, value in suite.origin.items():
        print(f"  {key}: {value}", file=sys.stderr)
    return 0
