"""Makes a suite from a git repository, with truth from its syntax; the same commit makes the same suite."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals.suites import generate as structure
from benchmarks.evals.suites import judgement, needles

if TYPE_CHECKING:
    import argparse

    from benchmarks.evals.questions import Suite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `generate`."""
    parser.add_argument(
        "what",
        choices=("structure", "judgement", "needles"),
        help="questions about structure (levels 1 to 4), items to judge (5), or planted facts (4)",
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the suite's folder")
    parser.add_argument(
        "--language", help="which files are asked about (default: the language that has most)"
    )
    parser.add_argument(
        "--limit",
        type=int,
        default=structure.LIMIT,
        help="questions of each kind of structure (default: %(default)s)",
    )
    parser.add_argument(
        "--items",
        type=int,
        default=judgement.ITEMS,
        help="items to judge, if there are so many (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Generates, and says how many questions of each kind there are."""
    suite = _made(args)
    kinds = Counter((question.level, question.kind) for question in suite.questions)
    listed = ", ".join(f"{kind} {count}" for (_, kind), count in sorted(kinds.items()))
    print(f"{suite.name}: {len(suite.questions)} questions: {listed}")
    for key, value in suite.origin.items():
        print(f"  {key}: {value}", file=sys.stderr)
    return 0


def _made(args: argparse.Namespace) -> Suite:
    match args.what:
        case "judgement":
            return judgement.generate(args.repository, args.out, count=args.items, language=args.language)
        case "needles":
            return needles.generate(args.repository, args.out)
        case _:
            return structure.generate(args.repository, args.out, limit=args.limit, language=args.language)
