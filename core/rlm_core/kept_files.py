"""Kept files: records of which a folder has the latest, so many of them."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CLOCK_SECONDS = 60.0  # so far a file server's clock may be ahead


def oldest_first(folder: Path, pattern: str) -> list[Path]:
    """The files that a pattern names, by when they were written.

    Those from the future come first: they were written before the clock was put back.
    """
    written: dict[Path, float] = {}
    for file in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            written[file] = file.stat().st_mtime
    latest = time.time() + _CLOCK_SECONDS
    return sorted(written, key=lambda file: (written[file] <= latest, written[file]))
