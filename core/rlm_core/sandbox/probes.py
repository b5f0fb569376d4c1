"""A handful of escape attempts, for `doctor`: proof on this very machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rlm_core.sandbox.base import Probe

if TYPE_CHECKING:
    from rlm_core.sandbox.base import CellResult, Session


class Attempt(NamedTuple):
    """A program that prints what it got hold of, and how it ends where it is blocked.

    Attributes:
        program: leaves nothing behind, should it succeed.
        refusal: the exception that must end it; empty when it must find nothing.
    """

    program: str
    refusal: str = "PermissionError"


ATTEMPTS = {
    "read a file": Attempt("print(open('/etc/passwd').read())"),
    "list a folder": Attempt("import os; print(os.listdir('/'))"),
    "write a file": Attempt("import os; os.open('/tmp', os.O_TMPFILE | os.O_WRONLY); print('written')"),
    "read the environment": Attempt("import os\nif os.environ: print(sorted(os.environ))", ""),
    "connect to a server": Attempt("import socket; socket.create_connection(('127.0.0.1', 9), 1)"),
    "send a datagram": Attempt(
        "import socket; print(socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9)))"
    ),
    "start a process": Attempt("import subprocess; print(subprocess.run(['id'], capture_output=True))"),
    "fork": Attempt("import os; pid = os.fork(); print('forked') if pid else os._exit(0)"),
    "signal its parent": Attempt("import os; os.kill(os.getppid(), 0); print('reached')"),
    "read its parent's memory": Attempt("import os; print(open(f'/proc/{os.getppid()}/maps').read())"),
    "run machine code": Attempt("import mmap; print(mmap.mmap(-1, 4096, prot=7))"),
    "use a descriptor of its parent": Attempt(
        "import fcntl\nfor n in range(4, 4096):\n"
        "    try: fcntl.fcntl(n, fcntl.F_GETFD); print('open:', n)\n    except OSError: pass",
        "",
    ),
    "take more memory than it may": Attempt("print(len(bytearray(1 << 40)))", "MemoryError"),
}


async def run(session: Session) -> list[Probe]:
    """Returns how each attempt ended in this session."""
    return [judge(name, await session.run(attempt.program)) for name, attempt in ATTEMPTS.items()]


def judge(name: str, result: CellResult) -> Probe:
    """Returns whether an attempt was blocked: by its refusal, since any other end proves nothing."""
    refusal = ATTEMPTS[name].refusal
    line = _last_line(result.error or result.output)
    blocked = not result.output and line.startswith(refusal) and (bool(refusal) or result.error is None)
    return Probe(name, blocked, line or "nothing was there")


def _last_line(text: str) -> str:
    """The line of a traceback that says what was wrong: the last one that isn't a note of ours."""
    notes = ("The sandbox has no files", "The program may use")
    lines = [line for line in text.splitlines() if line and not line.startswith(notes)]
    return lines[-1][:200] if lines else ""
