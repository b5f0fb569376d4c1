"""Terminal-safe output: a terminal must not take text of a repository for commands."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from rlm_core.errors import RlmError

# C0 and C1 controls but tab and line feed, and what turns the direction of writing.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class OutputError(RlmError):
    """Standard output that takes nothing any more: the disk behind it is full, or it was never open."""


def terminal_safe(text: str, stream: TextIO) -> str:
    r"""The text as it goes to a stream; on a terminal, controls appear as `\xNN`."""
    if not stream.isatty():
        return text
    text = text.replace("\r\n", "\n")
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def write_stdout(text: str) -> None:
    """Writes to standard output, for good.

    Raises:
        BrokenPipeError: the reader has left (`| head`).
        OutputError: it cannot be written.
    """
    try:
        sys.stdout.write(terminal_safe(text, sys.stdout))
        sys.stdout.flush()
    except OSError as error:
        # The interpreter flushes once more when it ends, and would report that too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputError(f"Standard output cannot be written: {error.strerror}.") from error


def open_closed_streams() -> None:
    """Opens what whoever started us has closed; else the next file that is opened would take its place.

    Raises:
        OutputError: it is standard output, without which no command has a purpose.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as we live
    closed = sys.stdout is None
    if closed:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as above
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as above
    if closed:
        raise OutputError("Standard output is closed; let it go somewhere, if only to /dev/null.")
