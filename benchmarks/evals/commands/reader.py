"""Lets a person or an agent be a model: shows what waits for a reply, and takes replies."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evals.models.reader import say, waiting

if TYPE_CHECKING:
    import argparse

_POLL_SECONDS = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`reader next FOLDER` and `reader say FOLDER NUMBER < reply`."""
    parser.add_argument("what", choices=("next", "say"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("number", type=int, nargs="?", help="which request is answered, by stdin")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long `next` waits")


def run(args: argparse.Namespace) -> int:
    """Shows the oldest request that waits, or answers one; 3 when nothing waits."""
    if args.what == "say":
        if args.number is None:
            print("Which request? Give its number: reader say FOLDER NUMBER.", file=sys.stderr)
            return 2
        say(args.folder, args.number, sys.stdin.read())
        return 0
    until = time.monotonic() + args.seconds
    while not (requests := waiting(args.folder)):
        if time.monotonic() > until:
            print("Nothing waits.", file=sys.stderr)
            return 3
        time.sleep(_POLL_SECONDS)
    print(requests[0].read_text("utf-8"))
    return 0
