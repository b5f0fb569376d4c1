"""Trace of a run as JSON Lines: one event a line, enough to replay it, the context only by digest."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rlm_core.engine.events import Event

KEPT_TRACES = 200


class Trace:
    """A listener that appends each event to `<directory>/<run_id>.jsonl`.

    A line is one short write into the page cache, so that a run that is killed leaves all it did.

    Args:
        directory: made if needed, for its owner only; keeps those of the newest `KEPT_TRACES` runs.
        run_id: sorts by time.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, directory: Path, run_id: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        self.path = directory / f"{run_id}.jsonl"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="\n", buffering=1)
        for old in sorted(directory.glob("*.jsonl"))[:-KEPT_TRACES]:
            # Another process may be tidying up as well, or (Windows) still be writing it.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                old.unlink()

    def __call__(self, event: Event) -> None:
        """Appends an event."""
        self._file.write(json.dumps({"event": type(event).__name__, **asdict(event)}) + "\n")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
