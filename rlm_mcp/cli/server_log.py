"""Log files of servers, in the user's state folder: what happened. Warnings go to stderr as well.

Never to stdout, which carries the protocol. Neither questions nor code are logged, only ids and figures.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from typing import TYPE_CHECKING

from rlm_core.config import state_dir
from rlm_core.kept_files import oldest_first
from rlm_core.private_files import make_private_folder, open_private

if TYPE_CHECKING:
    from io import TextIOWrapper
    from pathlib import Path

MAX_BYTES = 1_000_000
# Each process has a file of its own, since two cannot rotate one.
KEPT_FILES = 20

log = logging.getLogger(__name__)


def log_folder() -> Path:
    """Where the logs are."""
    return state_dir() / "logs"


def open_log_file() -> Path | None:
    """Logs to a new file from now on; None, with a warning, where none can be written."""
    from logging.handlers import RotatingFileHandler  # only servers need it

    class PrivateFileHandler(RotatingFileHandler):
        def _open(self) -> TextIOWrapper:
            return open(
                *(self.baseFilename, "a"),
                encoding=self.encoding,
                errors=self.errors,
                opener=open_private,
            )

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - called by logging
            """Takes itself out where the file cannot be written, as on a full disk; said once, to stderr."""
            error = sys.exc_info()[1]
            if not isinstance(error, OSError):
                super().handleError(record)
                return
            logging.getLogger().removeHandler(self)
            with contextlib.suppress(OSError):
                self.close()
            log.warning("The log ends early: %s cannot be written (%s).", self.baseFilename, error.strerror)

    path = log_folder() / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    try:
        make_private_folder(log_folder())
        handler = PrivateFileHandler(
            path, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace"
        )
        for old in oldest_first(log_folder(), "*.log")[:-KEPT_FILES]:
            for part in log_folder().glob(f"{old.name}*"):
                # Gone meanwhile; or its server still runs, and this is Windows.
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    part.unlink()
    except OSError as error:
        log.warning("There is no log file: %s.", error)
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_ours)
    root = logging.getLogger()
    for other in root.handlers:
        other.setLevel(root.level)  # stderr stays as quiet as it was
    root.addHandler(handler)
    root.setLevel(min(root.level, logging.INFO))
    return path


def _ours(record: logging.LogRecord) -> bool:
    return record.name.startswith("rlm") or record.levelno >= logging.WARNING
