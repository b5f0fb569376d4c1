"""libc, for system calls that the standard library does not wrap."""

from __future__ import annotations

import ctypes
import os
import platform

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

MACHINE = platform.machine()


def syscall(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Makes a system call by its number and returns its result, as the C function does.

    Raises:
        OSError: the call failed.
    """
    result: int = _libc.syscall(ctypes.c_long(number), *map(_word, arguments))
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def prctl(option: int, argument: int) -> None:
    """Changes an attribute of the calling process, see its manual page.

    Raises:
        OSError: the call failed.
    """
    words = (ctypes.c_ulong(word) for word in (argument, 0, 0, 0))
    if _libc.prctl(ctypes.c_int(option), *words) == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def mallopt(parameter: int, value: int) -> None:
    """Tunes the allocator of the GNU C library; does nothing with another one."""
    tune = getattr(_libc, "mallopt", None)
    if tune is not None:
        tune(ctypes.c_int(parameter), ctypes.c_int(value))


def _word(argument: int | ctypes.Array[ctypes.c_char] | None) -> object:
    """Variadic arguments are read as whole registers, so a plain int must be widened."""
    return ctypes.c_ulong(argument) if isinstance(argument, int) else argument
