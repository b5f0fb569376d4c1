"""Runs two things in turn and prints the ratio: figures that hold when the machine's speed drifts."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def race(name: str, ours: Callable[[], object], peer: Callable[[], object], rounds: int = 5) -> None:
    """Prints one row: both medians in seconds, the median of the pairwise ratios and their spread."""
    pairs = [(settled(ours), settled(peer)) for _ in range(rounds)]
    ratios = sorted(mine / theirs for mine, theirs in pairs)
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"| {name} | {mine:.3f} | {theirs:.3f} | {statistics.median(ratios):.2f} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f}) |"
    )


def header(peer: str) -> None:
    print(f"\n| | ours, s | {peer}, s | ratio |\n|---|---|---|---|")


def settled(run: Callable[[], object]) -> float:
    """Seconds, when nobody is still writing out what the last round has left in the page cache."""
    os.sync()
    return seconds(run)


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def command(arguments: Sequence[str], folder: Path) -> Callable[[], object]:
    """A whole process whose output is thrown away."""
    return lambda: (
        subprocess.run(
            arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        ).returncode
    )
