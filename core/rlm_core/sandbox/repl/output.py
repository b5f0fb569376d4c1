"""Output of a program: what it prints, sent to the host in pieces, up to a limit."""

from __future__ import annotations

import io
import threading
from time import monotonic  # bound before a program can patch it
from typing import TYPE_CHECKING

from rlm_core.sandbox.wire import KEPT_CHARS

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = 16 * 1024
# A cell's first lines are passed on one by one, so that they are there should it be killed, or take long.
_EAGER_LINES = 16
# Later a line is not held for longer than this while others follow it.
_HOLD_SECONDS = 0.05
# The line where something was cut out, at most.
_MARK = 48


class OutputBuffer:
    """Collects what is printed, from any thread, and passes it on.

    Of what is longer than the limit the beginning is passed on as it comes, and at the end of the cell how
    it ends; both are cut between lines. All of it can be had by the program, up to `KEPT_CHARS`.

    Args:
        send: passes a piece on to the host.
        limit: characters that are passed on for one cell.
    """

    def __init__(self, send: Callable[[str], None], limit: int) -> None:
        self._send = send
        self._head_chars = (limit - _MARK) * 3 // 4
        self._tail_chars = limit - _MARK - self._head_chars
        self._keeps = limit < KEPT_CHARS
        # Reentrant: a handler or finaliser may print in the middle of printing.
        self._lock = threading.RLock()
        self.begin()

    def begin(self) -> None:
        """Starts a new cell: nothing printed yet."""
        with self._lock:
            self._room = self._head_chars
            self._held: list[str] = []
            self._size = 0
            self._sent = monotonic()
            self._eager = _EAGER_LINES
            self._line_open = False  # what was passed on ends in the middle of a line
            self._kept: list[str] = []
            self._kept_size = 0
            self._tail: list[str] = []
            self._tail_size = 0
            self._behind = 0
            self.omitted = 0

    def write(self, text: str) -> None:
        """Takes what was printed."""
        with self._lock:
            if self._keeps and self._kept_size < KEPT_CHARS:
                self._kept.append(text[: KEPT_CHARS - self._kept_size])
                self._kept_size += len(self._kept[-1])
            if self._behind:
                self._write_behind(text)
                return
            head, rest = text[: self._room], text[self._room :]
            self._room -= len(head)
            if head:
                self._held.append(head)
                self._size += len(head)
            if rest:
                self._write_behind(self._open_line() + rest)
            if head.endswith("\n") and self._size:
                self._eager -= 1
                if self._eager >= 0 or monotonic() - self._sent > _HOLD_SECONDS:
                    self.flush()
            if self._size >= _PIECE:
                self.flush()

    def _open_line(self) -> str:
        """Takes back the beginning of a line that does not fit whole, if it has not been passed on."""
        held = "".join(self._held)
        line = held[held.rfind("\n") + 1 :]
        if (len(line) == len(held) and self._line_open) or len(line) > self._head_chars // 4:
            return ""
        self._held, self._size = [held[: len(held) - len(line)]], len(held) - len(line)
        return line

    def _write_behind(self, text: str) -> None:
        """Takes what comes behind the part that is passed on at once, of which only the end counts."""
        self._behind += len(text)
        most = self._tail_chars + _MARK
        self._tail.append(text[-most:])
        self._tail_size += len(self._tail[-1])
        if self._tail_size > most + _PIECE and len(self._tail) > 1:
            self._tail = ["".join(self._tail)[-most:]]
            self._tail_size = most

    def finish(self) -> str | None:
        """Ends the cell: what was held back is there to be taken.

        Returns:
            All that was printed, if something was cut out of it and it was kept.
        """
        with self._lock:
            tail, behind = "".join(self._tail), self._behind
            self._tail, self._tail_size, self._behind = [], 0, 0
            if behind <= self._tail_chars + _MARK:
                self._held.append(tail)
                return None
            tail = tail[-self._tail_chars :]
            line = tail.find("\n") + 1
            tail = tail[line:] if line < len(tail) else tail
            self.omitted = behind - len(tail)
            broken = self._line_open if not self._size else not self._held[-1].endswith("\n")
            self._held.append(f"{chr(10) * broken}[… {self.omitted:,} characters …]\n{tail}")
            return "".join(self._kept) if self._keeps else None

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
            if text:
                self._line_open = not text.endswith("\n")
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
