"""Output of a program: what it prints, sent to the host in pieces, up to a limit."""

from __future__ import annotations

import io
import threading
from time import monotonic  # bound before a program can patch it
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = 16 * 1024
# A cell's first lines are passed on one by one, so that they are there should it be killed, or take long.
_EAGER_LINES = 16
# Later a line is not held for longer than this while others follow it.
_HOLD_SECONDS = 0.05


class OutputBuffer:
    """Collects what is printed, from any thread, and passes it on.

    Args:
        send: passes a piece on to the host.
        limit: characters that are passed on for one cell.
    """

    def __init__(self, send: Callable[[str], None], limit: int) -> None:
        self._send = send
        self._limit = limit
        # Reentrant: a handler or finaliser may print in the middle of printing.
        self._lock = threading.RLock()
        self.begin()

    def begin(self) -> None:
        """Starts a new cell: nothing printed yet."""
        with self._lock:
            self._room = self._limit
            self._held: list[str] = []
            self._size = 0
            self._sent = monotonic()
            self._eager = _EAGER_LINES
            self.omitted = 0

    def write(self, text: str) -> None:
        """Takes what was printed; what goes beyond the limit is counted and dropped."""
        with self._lock:
            kept = text[: self._room]
            self._room -= len(kept)
            self.omitted += len(text) - len(kept)
            if kept:
                self._held.append(kept)
                self._size += len(kept)
            if kept.endswith("\n") and self._size:
                self._eager -= 1
                if self._eager >= 0 or monotonic() - self._sent > _HOLD_SECONDS:
                    self.flush()
            if self._size >= _PIECE:
                self.flush()

    def hold(self, text: str) -> None:
        """Takes the last that a cell prints, which goes with its end."""
        self._eager = 0
        self.write(text)

    def flush(self) -> None:
        """Passes on what is held."""
        with self._lock:
            self._sent = monotonic()
            for piece in self.take():
                self._send(piece)

    def take(self) -> list[str]:
        """Hands over what is held, in pieces."""
        with self._lock:
            text, self._held, self._size = "".join(self._held), [], 0
        return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


class OutputStream(io.TextIOBase):
    """`sys.stdout` and `sys.stderr` of the program."""

    encoding = "utf-8"
    errors = "surrogatepass"

    def __init__(self, output: OutputBuffer, name: str) -> None:
        super().__init__()
        self._output = output
        self.name = f"<{name}>"

    def writable(self) -> bool:
        """Returns True."""
        return True

    def write(self, text: str) -> int:
        """Prints text and returns its length."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._output.write(text)
        return len(text)

    def flush(self) -> None:
        """Passes on what was printed."""
        self._output.flush()

    def close(self) -> None:
        """Does nothing: the program goes on printing in its next cell."""


class EmptyStdin(io.StringIO):
    """`sys.stdin` of the program: at its end from the beginning."""

    def close(self) -> None:
        """Does nothing: `exit()` closes it, and the program goes on in its next cell."""
