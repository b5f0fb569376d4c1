"""Lock of macOS, around a worker that has loaded everything: Seatbelt, and resource limits.

Written from sandbox.h, Chromium's "Mac Sandbox V2 Design Doc" and `common.sb`, and Mozilla's profile for
media plugins. It has not run on macOS yet; `_prove` is there for that.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

# Everything is denied that is not allowed here: files and their metadata, sockets that connect or listen,
# fork and exec, services of launchd (Mach), shared memory, devices, preferences, sysctl, JIT mappings.
# What was opened before stays usable, and neither memory nor threads are Seatbelt's business; so what
# remains to be allowed is little.
PROFILE = """\
(version 1)
(deny default)

; These are allowed in spite of that (crbug.com/799149), on the systems that know them.
(if (defined? 'process-info*) (deny process-info*))
(if (defined? 'nvram*) (deny nvram*))
(if (defined? 'iokit-get-properties) (deny iokit-get-properties))

; abort(3), and a trap of WebAssembly that is not one, end by a signal to oneself (crbug.com/20370).
(allow signal (target self))
"""

DESCRIPTORS = 64
# A service that every process can look up, and that a locked one must not find.
_SERVICE = b"com.apple.system.logger"


def apply(memory_bytes: int) -> str:  # noqa: ARG001 - see below
    """Locks this process for good; to be called when all that it needs is imported, open and compiled.

    Args:
        memory_bytes: not enforced. macOS measures address space against RLIMIT_AS, of which WebAssembly
            reserves gigabytes that it never uses; the runtime's own limit on a guest's memory holds.

    Returns:
        What is in force, in a few words.

    Raises:
        SandboxError: it cannot be had, or does not hold.
    """
    system = _system()
    _limit_resources()
    message = ctypes.c_char_p()
    if system.sandbox_init(PROFILE.encode("ascii"), 0, ctypes.byref(message)) != 0:
        why = (message.value or b"no reason given").decode("utf-8", "replace")
        raise SandboxError(f"macOS did not accept the sandbox's profile: {why}.")
    _prove(system)
    return "a Seatbelt profile that allows nothing (memory is limited by WebAssembly alone)"


def _system() -> ctypes.CDLL:
    """libSystem, as far as it is used here (sandbox.h, bootstrap.h)."""
    system = ctypes.CDLL("/usr/lib/libSystem.B.dylib", use_errno=True)
    system.sandbox_init.argtypes = [ctypes.c_char_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_char_p)]
    system.sandbox_init.restype = ctypes.c_int
    system.bootstrap_look_up.argtypes = [ctypes.c_uint32, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint32)]
    system.bootstrap_look_up.restype = ctypes.c_int
    return system


def _limit_resources() -> None:
    """No core files, and no more descriptors than a program can need; what is open already stays so."""
    if sys.platform != "win32":
        import resource

        for which, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, DESCRIPTORS)):
            with suppress(ValueError, OSError):  # a lower hard limit is in force already
                resource.setrlimit(which, (value, value))


def _prove(system: ctypes.CDLL) -> None:
    """Tries what must be impossible now.

    Raises:
        SandboxError: something was possible, or failed for another reason than the lock.
    """
    attempts: dict[str, Callable[[], object]] = {
        "open a folder": lambda: os.open("/", os.O_RDONLY),
        "look at a file": lambda: Path("/").stat(),
        "write a file": lambda: os.open("/private/tmp/rlm-probe", os.O_WRONLY | os.O_CREAT, 0o600),
        "connect to this machine": _connect,
        "find a service of the system": lambda: _look_up(system),
        "signal another process": lambda: os.kill(os.getppid(), 0),
        "start a process": _fork,
        # Should it succeed, this process has turned into one that ends at once, and nobody uses it.
        "execute a program": lambda: os.execv("/usr/bin/true", ["true"]),  # noqa: S606 - must fail
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError as error:
            if error.errno in {errno.EPERM, errno.EACCES}:
                continue
        raise SandboxError(f"The sandbox's profile does not hold on this machine: its worker could {name}.")


def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plug:
        plug.connect(("127.0.0.1", 9))


def _look_up(system: ctypes.CDLL) -> None:
    own = ctypes.c_uint32.in_dll(system, "bootstrap_port")
    if system.bootstrap_look_up(own, _SERVICE, ctypes.byref(ctypes.c_uint32())) != 0:
        raise PermissionError(errno.EPERM, "no such service for this process")


def _fork() -> None:
    if sys.platform != "win32":
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
