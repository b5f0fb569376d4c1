"""Trace of a run as JSON Lines: one event a line, enough to replay it, the context only by digest."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from rlm_core.errors import RlmError
from rlm_core.kept_files import oldest_first
from rlm_core.private_files import make_private_folder, open_private

if TYPE_CHECKING:
    from pathlib import Path

    from rlm_core.engine.events import Event

logger = logging.getLogger(__name__)

KEPT_TRACES = 200


class TraceError(RlmError):
    """A run is not recorded any further."""


class Trace:
    """A listener that appends each event to `<directory>/<run_id>.jsonl`.

    A line is one short write into the page cache, so that a run that is killed leaves all it did. Nothing
    is buffered, so that closing has nothing to write, and nothing to fail at where the disk is full.

    Args:
        directory: made if needed, for its owner only; keeps those of the newest `KEPT_TRACES` runs.
        run_id: names the file.

    Raises:
        OSError: the file cannot be made, or the folder is a link or somebody else's.
    """

    def __init__(self, directory: Path, run_id: str) -> None:
        make_private_folder(directory)
        self.path = directory / f"{run_id}.jsonl"
        descriptor = open_private(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        for old in oldest_first(directory, "*.jsonl")[:-KEPT_TRACES]:
            # Another process may be tidying up as well, or (Windows) still be writing it.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                old.unlink()

    def __call__(self, event: Event) -> None:
        """Appends an event.

        Raises:
            TraceError: it cannot be written; the file is not to be appended to any more.
        """
        line = (json.dumps({"event": type(event).__name__, **asdict(event)}) + "\n").encode()
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError as error:
            raise TraceError(
                f"The record of this run ends early: {self.path} cannot be written ({error.strerror})."
            ) from error

    def close(self) -> None:
        """Closes the file."""
        try:
            self._file.close()
        except OSError as error:  # a network's file system may tell only now
            logger.warning("The record of a run, %s, may be incomplete: %s", self.path, error)
