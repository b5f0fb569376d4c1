"""A handful of escape attempts, for `doctor`: proof on this very machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.sandbox.base import Probe

if TYPE_CHECKING:
    from rlm_core.sandbox.base import Session

# Each is a program that prints what it got hold of, and fails where the lock holds.
_ATTEMPTS = {
    "read a file": "print(open('/etc/passwd').read())",
    "list a folder": "import os; print(os.listdir('/'))",
    "write a file": "open('/tmp/rlm-escape', 'w').write('x'); print('written')",
    "read the environment": "import os; print(os.environ['PATH'])",
    "connect to a server": "import socket; print(socket.create_connection(('127.0.0.1', 9), timeout=1))",
    "resolve a name": "import socket; print(socket.getaddrinfo('example.com', 443))",
    "start a process": "import subprocess; print(subprocess.run(['id'], capture_output=True).stdout)",
    "fork": "import os; pid = os.fork(); print('forked') if pid else os._exit(0)",
    "signal its parent": "import os; os.kill(os.getppid(), 0); print('reached')",
    "read its parent's memory": "import os; print(open(f'/proc/{os.getppid()}/maps').read())",
    "run machine code": (
        "import mmap; print(mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))"
    ),
    "use another descriptor": "import os; print([os.read(n, 1) for n in range(4, 64)])",
}


async def run(session: Session) -> list[Probe]:
    """Returns how each attempt ended in this session."""
    found = []
    for name, program in _ATTEMPTS.items():
        result = await session.run(program)
        error = result.error or ""
        # An exception in the program: a worker that died of something else proves nothing.
        blocked = error.startswith("Traceback") and not result.output
        found.append(Probe(name, blocked, _last_line(error or result.output)))
    return found


def _last_line(text: str) -> str:
    """The line of a traceback that says what was wrong: the last one that isn't a note of ours."""
    lines = [line for line in text.splitlines() if line and not line.startswith("The sandbox has no files")]
    return lines[-1][:200] if lines else ""
