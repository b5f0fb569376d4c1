"""The world around the sandbox in the escape tests: a secret in every place, and traps."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rlm_core.sandbox.base import CellResult

VARIABLE = "RLM_TEST_SECRET"
SECRET = secrets.token_hex(16)


class Outside:
    """Everything that an attempt may reach for, open to any user so that only the lock can stop it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="rlm-outside-"))
        self._folder.chmod(0o777)
        self.file = self._folder / "secret.txt"
        self.file.write_text(SECRET)
        self.file.chmod(0o666)
        self._out = self._folder / "out"
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX)
        self._unix.bind(str(self._folder / "socket"))
        self._unix.listen()
        (self._folder / "socket").chmod(0o777)
        for trap in (self._tcp, self._udp, self._unix):
            trap.setblocking(False)
        self._before = self._files()
        self._signals: list[int] = []

    def __enter__(self) -> Self:
        self._variable = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = SECRET
        self._handler = signal.signal(signal.SIGUSR1, lambda number, _: self._signals.append(number))
        return self

    def __exit__(self, *_: object) -> None:
        if self._variable is None:
            del os.environ[VARIABLE]
        signal.signal(signal.SIGUSR1, self._handler)
        for trap in (self._tcp, self._udp, self._unix):
            trap.close()
        shutil.rmtree(self._folder)

    def program(self, template: str) -> str:
        """The attempt with the names of this world filled in."""
        names = {
            "@file@": self.file,
            "@out@": self._out,
            "@port@": self._tcp.getsockname()[1],
            "@udp@": self._udp.getsockname()[1],
            "@unix@": self._folder / "socket",
            "@pid@": os.getpid(),
        }
        for name, value in names.items():
            template = template.replace(name, str(value))
        return template

    def leaks(self, said: str) -> list[str]:
        """What an attempt that said this has got out, or done."""
        found = [word for word in ("LEAK", SECRET) if word in said]
        if self._files() != self._before:
            found.append("the file system changed")
        for name, trap in (("tcp", self._tcp), ("unix", self._unix)):
            try:
                trap.accept()[0].close()
                found.append(f"a connection by {name}")
            except BlockingIOError:
                pass
        try:
            self._udp.recv(100)
            found.append("a datagram")
        except BlockingIOError:
            pass
        found += ["a signal"] * len(self._signals)
        self._signals.clear()
        return found

    def _files(self) -> dict[str, tuple[int, ...]]:
        found = {file.name: file.lstat() for file in self._folder.iterdir()}
        return {name: (status.st_mode, status.st_size, status.st_mtime_ns) for name, status in found.items()}


def said(result: CellResult) -> str:
    """Everything that a cell said, without its own source lines: those may hold the words looked for."""
    error = result.error or ""
    last = error.splitlines()[-1:] if error.startswith("Traceback") else [error]
    return result.output + "".join(last)
