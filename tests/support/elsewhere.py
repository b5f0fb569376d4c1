"""Linux as macOS or Windows would be for our code, as far as Python can pretend.

    python tests/support/elsewhere.py SYSTEM MODULE:FUNCTION [ARGUMENT …]    (as an installed command)
    python tests/support/elsewhere.py SYSTEM - [ARGUMENT …]                  (a program on standard input)

SYSTEM is a value of `sys.platform`: darwin or win32. Our modules, and they alone, are given a standard
library that lacks what that system's lacks (see the availability notes in its documentation). What Windows
forbids fails: to delete or replace a file that is open or mapped here, and to read or write bytes by a
descriptor that translates line ends. It has no drives, no backslashes and no capitals that mean the same,
though: those need the real thing.
"""

from __future__ import annotations

import asyncio
import builtins
import fcntl
import importlib
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile  # before deleting is forbidden: its own files go when they are closed, on Windows too
import time
import types
from pathlib import Path
from typing import Any

_OURS = ("rlm_core", "rlm_mcp", "rlm_lsp")
# Names that this Python does not have either do no harm.
_LINUX_ALONE = {
    os: "memfd_create pidfd_open sched_getaffinity eventfd posix_fadvise pipe2 setresuid setresgid "
    "copy_file_range getrandom O_TMPFILE",
}
_NOT_ON_WINDOWS = {
    os: "pread pwrite fork forkpty getuid geteuid getgid getegid setuid setgid getpgid setsid sysconf uname "
    "mkfifo chown fchown fchmod lchown killpg O_CLOEXEC O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_SYNC WNOHANG",
    mmap: "PROT_READ PROT_WRITE MAP_SHARED MAP_PRIVATE",
    signal: "SIGKILL SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGALRM pthread_kill setitimer",
    socket: "AF_UNIX socketpair send_fds recv_fds",
    time: "clock_gettime CLOCK_MONOTONIC tzset",
}
_MODULES_NOT_ON_WINDOWS = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "syslog"}


class _Module(types.ModuleType):
    """A module as it is on another system: some names are missing, some are others."""

    def __init__(self, real: types.ModuleType) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(real=real, missing=set())

    def __getattr__(self, name: str) -> Any:
        if name in self.missing:
            raise AttributeError(f"module {self.real.__name__!r} has no attribute {name!r} on this system")
        return getattr(self.real, name)


def pretend(system: str) -> None:
    """Makes our modules believe that they are on that system; to be called before they are imported."""
    modules: dict[types.ModuleType, Any] = {
        real: _Module(real) for real in (os, mmap, signal, socket, sys, time, subprocess, asyncio)
    }
    absent = [_LINUX_ALONE, _NOT_ON_WINDOWS] if system == "win32" else [_LINUX_ALONE]
    for real, names in ((real, names) for gone in absent for real, names in gone.items()):
        modules[real].missing.update(names.split())
    modules[sys].platform = system
    named = {real.__name__: other for real, other in modules.items()}
    if system == "win32":
        descriptors = _Descriptors()
        for name in (name for name in dir(descriptors) if name[0] != "_"):
            setattr(named["os"], name, getattr(descriptors, name))
        _refuse_to_move_what_is_open()
        named["mmap"].mmap = _Map
        named["socket"].SO_EXCLUSIVEADDRUSE = socket.SO_KEEPALIVE
        named["msvcrt"] = _msvcrt()
        _start_as_windows_does(named)
        # Of another type, as it is there: all that it does is raise.
        asyncio.SelectorEventLoop.add_signal_handler = _not_implemented  # type: ignore[assignment, method-assign]
    _give(named, _MODULES_NOT_ON_WINDOWS if system == "win32" else set())
    _watch_by_polling()
    sys.addaudithook(_no_proc)


def _give(modules: dict[str, types.ModuleType], absent: set[str]) -> None:
    real_import = builtins.__import__

    def import_(
        name: str, globals_: Any = None, locals_: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        if not level and (globals_ or {}).get("__name__", "").startswith(_OURS):
            if name in absent:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in modules:
                return modules[name]
        return real_import(name, globals_, locals_, fromlist, level)

    builtins.__import__ = import_  # type: ignore[assignment]  # two of its names are builtins, too


def _watch_by_polling() -> None:
    from watchdog import observers
    from watchdog.observers.polling import PollingObserver

    observers.Observer = lambda: PollingObserver(timeout=0.05)  # type: ignore[assignment]


def _no_proc(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and str(arguments[0]).startswith("/proc"):
        raise FileNotFoundError(2, "No such file or directory", arguments[0])


def _not_implemented(*_: Any, **__: Any) -> Any:
    raise NotImplementedError


def _msvcrt() -> types.ModuleType:
    def locking(descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    module: Any = types.ModuleType("msvcrt")
    module.locking, module.LK_NBLCK = locking, 2
    # A handle is the descriptor itself.
    module.get_osfhandle = int
    module.open_osfhandle = lambda handle, flags: handle
    return module


def _start_as_windows_does(modules: Any) -> None:
    """A process inherits the handles that its start names."""

    def posix(named: dict[str, Any]) -> dict[str, Any]:
        startup = named.pop("startupinfo", None)
        named.pop("creationflags", 0)
        if startup is not None:
            named.update(pass_fds=startup["handle_list"], close_fds=True)
        return named

    start = asyncio.SelectorEventLoop.subprocess_exec  # `asyncio.create_subprocess_exec` calls it, too

    async def subprocess_exec(self: Any, *command: Any, **named: Any) -> Any:
        return await start(self, *command, **posix(named))

    modules["os"].set_handle_inheritable = os.set_inheritable
    modules["subprocess"].STARTUPINFO = lambda lpAttributeList: lpAttributeList  # noqa: N803
    modules["subprocess"].CREATE_NO_WINDOW = 0x8000000
    modules["subprocess"].CREATE_NEW_PROCESS_GROUP = 0x200
    modules["subprocess"].Popen = lambda *command, **named: subprocess.Popen(*command, **posix(named))
    asyncio.SelectorEventLoop.subprocess_exec = subprocess_exec  # type: ignore[method-assign]


class _Map(mmap.mmap):
    """Takes what Windows' takes."""

    def __new__(
        cls, fileno: int, length: int, tagname: str | None = None, access: int = 0, offset: int = 0
    ) -> _Map:
        return super().__new__(cls, fileno, length, access=access, offset=offset)


class _Descriptors:
    """`os` as far as Windows opens files: no folders, and bytes as they are only if it is told so."""

    O_BINARY, O_TEMPORARY = 1 << 28, 1 << 29
    supports_dir_fd: frozenset[Any] = frozenset()

    def __init__(self) -> None:
        self.translating: set[int] = set()

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if dir_fd is not None:
            _not_implemented()
        if Path(path).is_dir():
            raise PermissionError(13, "Permission denied", path)
        temporary = Path(path).parent == Path(tempfile.gettempdir()) and _in_use(path)
        if temporary and not flags & self.O_TEMPORARY:
            raise PermissionError(13, "A file that goes when it is closed is opened again as such", path)
        descriptor = os.open(path, flags & ~(self.O_BINARY | self.O_TEMPORARY), mode)
        if not flags & self.O_BINARY:
            self.translating.add(descriptor)
        return descriptor

    def stat(self, path: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        if dir_fd is not None:
            _not_implemented()
        return os.stat(path, follow_symlinks=follow_symlinks)  # noqa: PTH116

    def fdopen(self, descriptor: int, *arguments: Any, **named: Any) -> Any:
        self.translating.discard(descriptor)  # Python's own files see to it
        return os.fdopen(descriptor, *arguments, **named)

    def read(self, descriptor: int, count: int) -> bytes:
        assert descriptor not in self.translating, "os.read of a file that was opened without O_BINARY"
        return os.read(descriptor, count)

    def write(self, descriptor: int, data: Any) -> int:
        assert descriptor not in self.translating, "os.write to a file that was opened without O_BINARY"
        return os.write(descriptor, data)

    def close(self, descriptor: int) -> None:
        self.translating.discard(descriptor)
        os.close(descriptor)


def _refuse_to_move_what_is_open() -> None:
    """For `pathlib` and `shutil` too, which our modules delete and replace with."""
    real_unlink, real_replace = os.unlink, os.replace

    def unlink(path: Any, **named: Any) -> None:
        if "dir_fd" not in named and _in_use(path):
            raise PermissionError(13, "The process cannot access the file", path)
        real_unlink(path, **named)

    def replace(src: Any, dst: Any, **named: Any) -> None:
        if _in_use(src) or _in_use(dst):
            raise PermissionError(13, "Access is denied", src)
        real_replace(src, dst, **named)

    os.unlink, os.replace = unlink, replace


def _in_use(path: Any) -> bool:
    """Whether this process has a file open; a mapped one is, as `mmap` keeps a descriptor of its own."""
    whole = os.path.realpath(path)
    for descriptor in Path("/dev/fd").iterdir():
        try:
            if str(descriptor.readlink()) == whole:
                return True
        except OSError:
            continue
    return False


def main() -> None:
    """Runs a command or a program as if elsewhere."""
    _, system, command, *arguments = sys.argv
    sys.path[0] = str(Path(__file__).parents[2])
    sys.argv = [command, *arguments]
    pretend(system)
    if command == "-":
        exec(compile(sys.stdin.read(), "elsewhere", "exec"), {"__name__": "rlm_core elsewhere"})
    else:
        module, _, function = command.partition(":")
        sys.exit(getattr(importlib.import_module(module), function)())


if __name__ == "__main__":
    main()
