"""The locks of macOS and Windows, against stand-ins for those systems: their calls, and their refusals."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from typing import Any

import pytest

from rlm_core.errors import SandboxError
from rlm_core.sandbox.lock import macos, windows

MIB = 1 << 20
# What a process had before it was locked, on the stand-in for Windows.
COMMITTED = 300 * MIB


class Function:
    """One function of a stand-in: notes its call, converts arguments as ctypes would, answers."""

    def __init__(self, system: Windows, name: str) -> None:
        self.system, self.name = system, name
        self.argtypes: list[Any] = []
        self.restype: Any = None

    def __call__(self, *arguments: Any) -> Any:
        assert len(arguments) == len(self.argtypes), self.name
        for kind, argument in zip(self.argtypes, arguments, strict=True):
            kind.from_param(argument)
        return self.system.called(self.name, arguments)


class Windows:
    """Does as Windows would for a process that is told to lock itself.

    Args:
        nested: the process is in a job already.
        fails: functions that fail, with the number of the call from which on.
        lax: what is possible in spite of the lock.
    """

    def __init__(
        self, *, nested: bool = False, fails: dict[str, int] | None = None, lax: frozenset[str] = frozenset()
    ) -> None:
        self.nested, self.fails, self.lax = nested, fails or {}, lax
        self.calls: list[tuple[str, Any]] = []
        self._functions: dict[str, Function] = {}

    def library(self, name: str) -> Windows:
        assert name in {"kernel32", "advapi32"}
        return self

    def __getattr__(self, name: str) -> Function:
        return self._functions.setdefault(name, Function(self, name))

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def called(self, name: str, arguments: tuple[Any, ...]) -> int:
        told = getattr(arguments[2], "_obj", None) if len(arguments) > 2 else None
        self.calls.append((name, (arguments, told)))
        if self.names().count(name) >= self.fails.get(name, 1000):
            return 0
        match name:
            case "IsProcessInJob":
                told.value = self.nested
            case "K32GetProcessMemoryInfo":
                assert arguments[1]._obj.cb == ctypes.sizeof(windows.MemoryCounters) == arguments[2]
                arguments[1]._obj.PrivateUsage = COMMITTED
            case "VirtualAlloc":
                return 4096 if "make code" in self.lax else 0
            case "SetTokenInformation":
                raising = told.Sid.contents.SubAuthority > 0
                return not raising or "raise its integrity level" in self.lax
        return 7

    def told(self, name: str) -> list[tuple[Any, Any]]:
        return [what for called, what in self.calls if called == name]


@pytest.fixture
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> int:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(os, "spawnv", refused)


def locked(system: Windows, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(windows, "_library", system.library)
    return windows.apply(64 * MIB)


def test_layouts_are_those_of_64_bit_windows() -> None:
    # As a C compiler for x86_64 Windows lays them out (mingw-w64's winnt.h and psapi.h).
    sizes = {
        windows.BasicLimits: 64,
        windows.ExtendedLimits: 144,
        windows.MemoryCounters: 80,
        windows.Sid: 12,
        windows.MandatoryLabel: 16,
    }
    assert {kind: ctypes.sizeof(kind) for kind in sizes} == sizes
    assert windows.BasicLimits.LimitFlags.offset == 16
    assert windows.BasicLimits.ActiveProcessLimit.offset == 40
    assert windows.BasicLimits.Affinity.offset == 48
    assert windows.ExtendedLimits.ProcessMemoryLimit.offset == 112
    assert windows.MemoryCounters.PrivateUsage.offset == 72


@pytest.mark.usefixtures("no_processes")
def test_windows_is_told_all_before_rights_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    system = Windows()
    words = locked(system, monkeypatch)
    assert words.startswith("a job (one process, limited memory, no screen or clipboard), no processes")
    order = [name for name in dict.fromkeys(system.names()) if name.startswith(("Set", "Assign"))]
    assert order == [
        "SetInformationJobObject",
        "AssignProcessToJobObject",
        "SetProcessMitigationPolicy",
        "SetTokenInformation",
    ]
    (extended, given), (screen, shut) = [(a[1], a[2]._obj) for a, _ in system.told("SetInformationJobObject")]
    assert (extended, screen, shut.value) == (9, 4, 0xFF)
    assert given.ProcessMemoryLimit == COMMITTED + 64 * MIB
    assert given.BasicLimitInformation.ActiveProcessLimit == 1
    assert [arguments[0] for arguments, _ in system.told("SetProcessMitigationPolicy")][-1] == 2
    label = system.told("SetTokenInformation")[0][1]
    assert bytes(label.Sid.contents.IdentifierAuthority) == bytes([0, 0, 0, 0, 0, 16])
    assert label.Sid.contents.SubAuthority == 0
    assert "CloseHandle" in system.names()


@pytest.mark.usefixtures("no_processes")
def test_a_job_within_a_job_leaves_the_screen_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    system = Windows(nested=True)
    assert "screen" not in locked(system, monkeypatch)
    assert [arguments[1] for arguments, _ in system.told("SetInformationJobObject")] == [9]


@pytest.mark.usefixtures("no_processes")
@pytest.mark.parametrize(
    ("function", "call"),
    [
        ("IsProcessInJob", 1),
        ("CreateJobObjectW", 1),
        ("K32GetProcessMemoryInfo", 1),
        ("SetInformationJobObject", 1),
        ("SetInformationJobObject", 2),
        ("AssignProcessToJobObject", 1),
        ("SetProcessMitigationPolicy", 1),
        ("SetProcessMitigationPolicy", 5),
        ("OpenProcessToken", 1),
        ("SetTokenInformation", 1),
    ],
)
def test_nothing_that_windows_refuses_goes_unnoticed(
    monkeypatch: pytest.MonkeyPatch, function: str, call: int
) -> None:
    system = Windows(fails={function: call})
    with pytest.raises(SandboxError, match=r"could not .* \(error \d+ of Windows\)"):
        locked(system, monkeypatch)
    assert system.names()[-1] == function


@pytest.mark.usefixtures("no_processes")
@pytest.mark.parametrize("what", ["make code", "raise its integrity level"])
def test_a_lock_of_windows_that_does_not_hold_is_told(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    with pytest.raises(SandboxError, match=f"does not hold on this machine: its worker could {what}"):
        locked(Windows(lax=frozenset({what})), monkeypatch)


def test_a_process_that_can_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "spawnv", lambda *_: 1)
    with pytest.raises(SandboxError, match="start a process"):
        locked(Windows(), monkeypatch)


# A process that applies macOS' lock: Seatbelt itself is a stand-in, and Linux' lock (or nothing) holds.
MAC = """
import ctypes, os, sys
from rlm_core.errors import SandboxError
from rlm_core.sandbox.lock import macos
from rlm_core.sandbox.lock.linux import lock

class System:
    def sandbox_init(self, profile, flags, message):
        if mode == "refused":
            message._obj.value = b"line 3: unbound variable"
            return -1
        if mode == "locked":
            lock.apply(os.getppid(), 1 << 30)
        return 0

def look_up(system):
    raise PermissionError(1, "no such service")

mode, output = sys.argv[1], os.fdopen(os.dup(1), "w")
macos._system, macos._look_up = System, look_up
try:
    print(macos.apply(1 << 30), file=output)
except SandboxError as error:
    print(error, file=output)
output.flush()
os._exit(0)
"""


def seatbelt(mode: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", MAC, mode], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.stderr == ""
    return done.stdout


def test_macos_is_believed_only_where_nothing_can_be_done() -> None:
    assert "allows nothing" in seatbelt("locked")
    assert "does not hold on this machine: its worker could open a folder" in seatbelt("open")
    assert "did not accept the sandbox's profile: line 3: unbound variable." in seatbelt("refused")


def test_the_profile_allows_signals_to_oneself_and_nothing_else() -> None:
    rules = [line.partition(";")[0].strip() for line in macos.PROFILE.splitlines()]
    assert [rule for rule in rules if "allow" in rule] == ["(allow signal (target self))"]
    assert rules[:2] == ["(version 1)", "(deny default)"]
    assert macos.PROFILE.count("(") - macos.PROFILE.count(")") == 0
