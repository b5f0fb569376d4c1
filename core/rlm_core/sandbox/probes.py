"""Probes: a handful of escape attempts, for `doctor`, as proof on this very machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rlm_core.sandbox.base import Probe
from rlm_core.wording import truncate

if TYPE_CHECKING:
    from rlm_core.sandbox.base import CellResult, Session


class Attempt(NamedTuple):
    """A program that prints what it got hold of, and how it ends where it is blocked.

    Attributes:
        program: leaves nothing behind, should it succeed.
        refusal: how the error must begin that ends it; empty when it must find nothing.
        in_wasm: the same in a WebAssembly guest, where there is less to be refused: what is not there.
    """

    program: str
    refusal: str = "PermissionError"
    in_wasm: str = "FileNotFoundError"


_DETAIL_CHARS = 200
_NO_SUCH = "AttributeError: module 'os' has no attribute"

ATTEMPTS = {
    "read a file": Attempt("print(open('/etc/passwd').read())"),
    "list a folder": Attempt("import os; print(os.listdir('/'))"),
    "write a file": Attempt(
        "import os; os.open('/tmp', getattr(os, 'O_TMPFILE', os.O_CREAT) | os.O_WRONLY); print('written')"
    ),
    "read the environment": Attempt("import os\nif os.environ: print(sorted(os.environ))", "", ""),
    "connect to a server": Attempt(
        "import socket; socket.create_connection(('127.0.0.1', 9), 1)", in_wasm="socket.gaierror"
    ),
    "send a datagram": Attempt(
        "import socket; print(socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9)))",
        in_wasm="PermissionError",
    ),
    "start a process": Attempt(
        "import subprocess; print(subprocess.run(['id'], capture_output=True))", in_wasm="OSError"
    ),
    "fork": Attempt("import os; pid = os.fork(); print('forked') if pid else os._exit(0)", in_wasm=_NO_SUCH),
    "signal its parent": Attempt("import os; os.kill(os.getppid(), 0); print('reached')", in_wasm=_NO_SUCH),
    "read its parent's memory": Attempt(
        "import os; print(open(f'/proc/{os.getppid()}/maps').read())", in_wasm=_NO_SUCH
    ),
    "run machine code": Attempt(
        "import mmap; print(mmap.mmap(-1, 4096, prot=7))", in_wasm="ModuleNotFoundError"
    ),
    "use a descriptor of its parent": Attempt(
        # Natively not by fstat(2), which is refused for those that are open as well.
        "try:\n    import fcntl\n    ask = lambda n: fcntl.fcntl(n, fcntl.F_GETFD)\n"
        "except ImportError:\n    from os import fstat as ask\n"
        "from errno import EBADF\n"
        "for n in range(4, 4096):\n    try: ask(n); print('open:', n)\n"
        "    except OSError as error:\n        if error.errno != EBADF: raise",
        "",
        "",
    ),
    # Address space, which nothing is written to: without a limit it must not take the machine's memory.
    "take more memory than it may": Attempt(
        "import sys; size = min(1 << 40, sys.maxsize); print(len([bytearray(size), bytearray(size)]))",
        "MemoryError",
        "MemoryError",
    ),
}


async def run(session: Session, *, wasm: bool = False) -> list[Probe]:
    """Returns how each attempt ended in this session.

    Args:
        session: where to try.
        wasm: whether it is in a WebAssembly guest.
    """
    return [judge(name, await session.run(of.program), wasm=wasm) for name, of in ATTEMPTS.items()]


def judge(name: str, result: CellResult, *, wasm: bool = False) -> Probe:
    """Returns whether an attempt was blocked: by its refusal, since any other end proves nothing."""
    attempt = ATTEMPTS[name]
    refusal = attempt.in_wasm if wasm else attempt.refusal
    line = _last_line(result.error or result.output)
    blocked = not result.output and line.startswith(refusal) and (bool(refusal) or result.error is None)
    return Probe(name, blocked, line or "nothing was there")


def _last_line(text: str) -> str:
    """The line of a traceback that says what was wrong: the last one that isn't a note of ours."""
    notes = ("The sandbox has no files", "The program may use")
    lines = [line for line in text.splitlines() if line and not line.startswith(notes)]
    return truncate(lines[-1], _DETAIL_CHARS) if lines else ""
