"""The system call filter, run by an interpreter of its own: also for the architecture that is not at hand."""

from __future__ import annotations

import struct

import pytest

from rlm_core.sandbox.lock.linux import seccomp

PID = 4242
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
THREAD = 0x003D0F00  # what glibc's pthread_create asks for


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter returns for a call: classic BPF as seccomp(2) and bpf(4) define it."""
    padded = [argument & 0xFFFFFFFFFFFFFFFF for argument in (*arguments, *[0] * 6)][:6]
    data = struct.pack("=IIQ6Q", number, AUDIT[machine] if audit is None else audit, 0, *padded)
    program = list(struct.iter_unpack("=HBBI", seccomp.program(machine, PID)))
    at = value = 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        elif code == 0x54:
            value &= operand
        elif code == 0x06:
            return int(operand)
        else:
            true = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
            at += if_true if true else if_false


# What is called, with which arguments, and what becomes of it; numbers as (x86_64, aarch64).
CALLS = [
    ("read", (0, 63), (), ALLOW),
    ("openat", (257, 56), (), EPERM),
    ("openat2", (437, 437), (), EPERM),
    ("execve", (59, 221), (), EPERM),
    ("execveat", (322, 281), (), EPERM),
    ("socket", (41, 198), (1, 1, 0), EPERM),
    ("connect", (42, 203), (), EPERM),
    ("sendmsg", (46, 211), (), EPERM),
    ("recvmsg", (47, 212), (), EPERM),
    ("kill", (62, 129), (PID, 9), EPERM),
    ("ptrace", (101, 117), (), EPERM),
    ("prctl", (157, 167), (), EPERM),
    ("prlimit64", (302, 261), (), EPERM),
    ("io_uring_setup", (425, 425), (), EPERM),
    ("waiting", (202, 98), (0, 128), ALLOW),
    ("waiting for a time", (202, 98), (0, 9 | 128 | 256), ALLOW),
    ("priority inheritance", (202, 98), (0, 6), EPERM),
    ("requeueing with priority inheritance", (202, 98), (0, 12 | 128), EPERM),
    ("out-of-band data", (44, 206), (3, 0, 9, 1, 0, 0), EPERM),
    ("out-of-band data, received", (45, 207), (3, 0, 9, 1, 0, 0), EPERM),
    ("peeking", (45, 207), (3, 0, 9, 2, 0, 0), ALLOW),
    ("giving pages back", (28, 233), (0, 4096, 4), ALLOW),
    ("merging pages", (28, 233), (0, 4096, 12), EPERM),
    ("removing pages", (28, 233), (0, 4096, 9), EPERM),
    ("poisoning pages", (28, 233), (0, 4096, 100), EPERM),
    ("growing a mapping", (25, 216), (0, 4096, 8192, 1), ALLOW),
    ("moving a mapping to an address", (25, 216), (0, 4096, 8192, 3), EPERM),
    ("a thread", (56, 220), (THREAD,), ALLOW),
    ("a thread of musl", (56, 220), (0x007D0F00,), ALLOW),
    ("a fork", (56, 220), (17,), EPERM),
    ("a fork that shares memory", (56, 220), (0x100 | 17,), EPERM),
    ("a thread in a namespace", (56, 220), (THREAD | 0x40000000,), EPERM),
    ("clone3", (435, 435), (), ENOSYS),
    ("memory", (9, 222), (0, 4096, 3, 0x22), ALLOW),
    ("executable memory", (9, 222), (0, 4096, 7, 0x22), EPERM),
    ("executable memory, high bits", (9, 222), (0, 4096, 0xFFFFFFFF00000004, 0x22), EPERM),
    ("protection", (10, 226), (0, 4096, 1), ALLOW),
    ("executable protection", (10, 226), (0, 4096, 5), EPERM),
    ("signal to itself", (234, 131), (PID, 7, 10), ALLOW),
    ("signal to another", (234, 131), (PID + 1, 7, 10), EPERM),
    ("socket pair", (53, 199), (1, 0o2004001, 0), ALLOW),
    ("datagram pair", (53, 199), (1, 2, 0), EPERM),
    ("inet pair", (53, 199), (2, 1, 0), EPERM),
    ("send", (44, 206), (3, 0, 9, 0, 0, 0), ALLOW),
    ("send to an address", (44, 206), (3, 0, 9, 0, 0x1000, 16), EPERM),
    ("send to a high address", (44, 206), (3, 0, 9, 0, 1 << 32, 16), EPERM),
    ("F_DUPFD", (72, 25), (3, 0), EPERM),
    ("F_GETFD", (72, 25), (3, 1), ALLOW),
    ("F_SETFL", (72, 25), (3, 4), ALLOW),
    ("F_SETLK", (72, 25), (3, 6), EPERM),
    ("F_SETOWN", (72, 25), (3, 8), EPERM),
    ("FIONBIO", (16, 29), (3, 0x5421), ALLOW),
    ("TIOCSTI", (16, 29), (3, 0x5412), EPERM),
]


@pytest.mark.parametrize("machine", AUDIT)
@pytest.mark.parametrize(
    ("numbers", "arguments", "expected"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS]
)
def test_verdicts(machine: str, numbers: tuple[int, int], arguments: tuple[int, ...], expected: int) -> None:
    assert verdict(machine, numbers[list(AUDIT).index(machine)], *arguments) == expected


@pytest.mark.parametrize("machine", AUDIT)
def test_another_architecture_s_calls_end_the_process(machine: str) -> None:
    for audit in (0x40000003, 0x40000028, 0):  # i386, arm
        assert verdict(machine, 1, audit=audit) == KILL


def test_x32_calls_are_denied() -> None:
    for number in range(0x40000000, 0x40000000 + 600):
        assert verdict("x86_64", number) == EPERM


@pytest.mark.parametrize("machine", AUDIT)
def test_nothing_else_is_allowed(machine: str) -> None:
    allowed = {number for number in range(600) if verdict(machine, number) != EPERM}
    assert allowed <= seccomp.numbers(machine)
