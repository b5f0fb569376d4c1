"""seccomp, a system call filter: about 45 calls are allowed; none opens, connects, starts or signals.

Of calls with many functions only those pass that Python and the C library use: what the kernel does for
nobody else is where its errors are (out-of-band data of Unix sockets, CVE-2025-38236; futexes with priority
inheritance, CVE-2014-3153).

A program for the kernel's classic BPF machine, assembled by hand; see seccomp(2), bpf(4),
`include/uapi/linux/seccomp.h` and `filter.h`. Whatever it does not know fails with EPERM, which Python
turns into `PermissionError`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.errors import SandboxError
from rlm_core.sandbox.lock.linux.libc import MACHINE, syscall

if TYPE_CHECKING:
    from collections.abc import Sequence

_SET_MODE_FILTER = 1
_FILTER_FLAG_TSYNC = 1  # all threads; prctl(PR_SET_SECCOMP) would bind the calling one alone

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000

# BPF opcodes: load a word of `struct seccomp_data`, mask it, compare it, return.
_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NR, _ARCH = 0, 4  # offsets in `struct seccomp_data`; the arguments follow at 16

_PROT_EXEC = 0x4
_CLONE_THREAD = 0x00010000
# What pthread_create asks for: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID,
# CHILD_CLEARTID (glibc) and DETACHED (musl). No namespace and no exit signal among them.
_THREAD_FLAGS = 0x007D0F00
_AF_UNIX, _SOCK_STREAM, _SOCK_FLAGS = 1, 1, 0o2004000  # SOCK_CLOEXEC | SOCK_NONBLOCK
_FIONBIO = 0x5421
_F_GETFD, _F_SETFL = 1, 4  # F_GETFD, F_SETFD, F_GETFL, F_SETFL in a row
_MSG_FLAGS = 0x4162  # MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_WAITALL, MSG_NOSIGNAL
_MREMAP_MAYMOVE = 1
# MADV_NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED; FREE; HUGEPAGE, NOHUGEPAGE; GUARD_INSTALL, GUARD_REMOVE
_ADVICE = (*range(5), 8, 14, 15, 102, 103)
# FUTEX_WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET, WAKE_BITSET
_FUTEX_OPERATIONS = (0, 1, 3, 4, 5, 9, 10)
_FUTEX_FLAGS = 0x180  # FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME
_X32 = 0x40000000

Block = bytes


class _Abi(NamedTuple):
    """Of one architecture: the audit word that names it, and its number of seccomp(2)."""

    audit: int
    seccomp: int


_ABIS = {"x86_64": _Abi(0xC000003E, 317), "aarch64": _Abi(0xC00000B7, 277)}

# name: (x86_64, aarch64); None where the architecture has no such call.
_FREE: dict[str, tuple[int | None, int | None]] = {
    # the descriptors there are
    "read": (0, 63), "write": (1, 64), "close": (3, 57),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22),
    # memory
    "munmap": (11, 215), "brk": (12, 214),
    # threads
    "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "set_robust_list": (273, 99), "rseq": (334, 293), "gettid": (186, 178), "exit": (60, 93),
    # signals to itself
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "restart_syscall": (219, 128),
    # time
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "getrusage": (98, 165),
    # itself
    "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getrandom": (318, 278), "exit_group": (231, 94),
}  # fmt: skip

_CHECKED: dict[str, tuple[int, int]] = {
    "mmap": (9, 222), "mprotect": (10, 226), "clone": (56, 220), "clone3": (435, 435),
    "tgkill": (234, 131), "socketpair": (53, 199), "sendto": (44, 206), "fcntl": (72, 25), "ioctl": (16, 29),
    "recvfrom": (45, 207), "mremap": (25, 216), "madvise": (28, 233), "futex": (202, 98),
}  # fmt: skip


def supported() -> bool:
    """Returns whether there is a table for this machine's architecture."""
    return MACHINE in _ABIS


def numbers(machine: str) -> set[int]:
    """Returns the numbers of the calls that are allowed on a machine, some of them with conditions."""
    column = list(_ABIS).index(machine)
    listed = [row[column] for row in (*_FREE.values(), *_CHECKED.values())]
    return {number for number in listed if number is not None}


def restrict() -> None:
    """Filters the system calls of every thread of this process, for ever. Needs `no_new_privs`.

    Raises:
        SandboxError: no table for this architecture.
        OSError: the kernel refuses the filter.
    """
    if not supported():
        raise SandboxError(f"The sandbox knows x86_64 and aarch64 processors, not {MACHINE}.")
    code = program(MACHINE, os.getpid())
    instructions = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: a count, padding, a pointer.
    header = struct.pack("=HxxxxxxQ", len(code) // 8, ctypes.addressof(instructions))
    failed = syscall(
        _ABIS[MACHINE].seccomp,
        _SET_MODE_FILTER,
        _FILTER_FLAG_TSYNC,
        ctypes.create_string_buffer(header, len(header)),
    )
    if failed:  # with TSYNC the number of a thread that could not be brought along
        raise OSError(errno.EAGAIN, f"thread {failed} could not be put under the filter")


def program(machine: str, pid: int) -> bytes:
    """Returns the filter as an array of `struct sock_filter`.

    Args:
        machine: `x86_64` or `aarch64`.
        pid: the only process that may be signalled.
    """
    column = list(_ABIS).index(machine)
    code = _op(_LOAD, _ARCH) + _op(_EQUAL, _ABIS[machine].audit, 1, 0) + _op(_RETURN, _KILL)
    code += _op(_LOAD, _NR)
    if machine == "x86_64":  # x32 calls carry the same audit word
        code += _op(_AT_LEAST, _X32, 0, 1) + _deny()
    for numbers in _FREE.values():
        number = numbers[column]
        if number is not None:
            code += _case(number, _allow())
    for name, block in _checks(pid).items():
        code += _case(_CHECKED[name][column], block)
    return code + _deny()


def _checks(pid: int) -> dict[str, Block]:
    """For each call that depends on its arguments, the block that decides (and always returns)."""
    never_executable = _argument(2) + _no_bit(_PROT_EXEC) + _allow()
    return {
        "mmap": never_executable,
        "mprotect": never_executable,
        "clone": _argument(0)
        + _no_bit(~_THREAD_FLAGS)
        + _op(_ANY_BIT, _CLONE_THREAD, 1, 0)
        + _deny()
        + _allow(),
        # Its flags are behind a pointer; ENOSYS makes the C library use clone.
        "clone3": _op(_RETURN, _ERRNO | errno.ENOSYS),
        "tgkill": _argument(0) + _only(pid),
        # An event loop wakes itself through a pair. Without sendmsg no descriptor can pass it.
        "socketpair": _argument(0)
        + _must_be(_AF_UNIX)
        + _argument(1)
        + _op(_AND, 0xFFFFFFFF & ~_SOCK_FLAGS)
        + _only(_SOCK_STREAM),
        # An address would make it reach out of a datagram socket.
        "sendto": _argument(4)
        + _must_be(0)
        + _argument(4, high=True)
        + _must_be(0)
        + _argument(3)
        + _no_bit(~_MSG_FLAGS)
        + _allow(),
        "recvfrom": _argument(3) + _no_bit(~_MSG_FLAGS) + _allow(),
        "mremap": _argument(3) + _no_bit(~_MREMAP_MAYMOVE) + _allow(),
        "madvise": _argument(2) + _one_of(_ADVICE),
        "futex": _argument(1) + _op(_AND, 0xFFFFFFFF & ~_FUTEX_FLAGS) + _one_of(_FUTEX_OPERATIONS),
        "fcntl": _argument(1)
        + _op(_AT_LEAST, _F_GETFD, 1, 0)
        + _deny()
        + _op(_AT_LEAST, _F_SETFL + 1, 0, 1)
        + _deny()
        + _allow(),
        "ioctl": _argument(1) + _only(_FIONBIO),
    }


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> Block:
    """One `struct sock_filter`: operation, jumps forward, operand."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _case(number: int, block: Block) -> Block:
    """The block, skipped for any other system call."""
    return _op(_EQUAL, number, 0, len(block) // 8) + block


def _argument(index: int, *, high: bool = False) -> Block:
    """Loads the low (or high) half of an argument; both architectures are little-endian."""
    return _op(_LOAD, 16 + 8 * index + 4 * high)


def _must_be(value: int) -> Block:
    """Denies another value; else what follows decides."""
    return _op(_EQUAL, value, 1, 0) + _deny()


def _no_bit(bits: int) -> Block:
    """Denies a value with any of these bits; else what follows decides."""
    return _op(_ANY_BIT, bits & 0xFFFFFFFF, 0, 1) + _deny()


def _only(value: int) -> Block:
    return _must_be(value) + _allow()


def _one_of(values: Sequence[int]) -> Block:
    return b"".join(_op(_EQUAL, value, 0, 1) + _allow() for value in values) + _deny()


def _allow() -> Block:
    return _op(_RETURN, _ALLOW)


def _deny() -> Block:
    return _op(_RETURN, _ERRNO | errno.EPERM)
