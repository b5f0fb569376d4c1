"""Lock of Windows, around a worker that has loaded everything: a job, mitigations, no integrity.

A process can take from itself the right to start processes, to make code and to write what others made.
It cannot take from itself the right to read the user's files or to use the network: for that, a process
has to be started in an AppContainer. That a guest does neither is WebAssembly's doing, and this is a second
wall behind it. Written from the documentation of the Windows API (the pages are named below); it has not
run on Windows yet, and `_prove` is there for that.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from rlm_core.errors import SandboxError

# Fixed sizes, as on 64-bit Windows, so that layouts can be checked anywhere (`ctypes.wintypes` follows the
# C compiler of the system it runs on).
_BOOL, _DWORD, _INT64, _SIZE, _POINTER = (
    ctypes.c_int32,
    ctypes.c_uint32,
    ctypes.c_int64,
    ctypes.c_uint64,
    ctypes.c_void_p,
)


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION (winnt.h)."""

    _fields_ = (
        ("PerProcessUserTimeLimit", _INT64),
        ("PerJobUserTimeLimit", _INT64),
        ("LimitFlags", _DWORD),
        ("MinimumWorkingSetSize", _SIZE),
        ("MaximumWorkingSetSize", _SIZE),
        ("ActiveProcessLimit", _DWORD),
        ("Affinity", _SIZE),
        ("PriorityClass", _DWORD),
        ("SchedulingClass", _DWORD),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION (winnt.h)."""

    _fields_ = (
        ("BasicLimitInformation", BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", _SIZE),
        ("JobMemoryLimit", _SIZE),
        ("PeakProcessMemoryUsed", _SIZE),
        ("PeakJobMemoryUsed", _SIZE),
    )


class MemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS_EX (psapi.h)."""

    _fields_ = (
        ("cb", _DWORD),
        ("PageFaultCount", _DWORD),
        ("PeakWorkingSetSize", _SIZE),
        ("WorkingSetSize", _SIZE),
        ("QuotaPeakPagedPoolUsage", _SIZE),
        ("QuotaPagedPoolUsage", _SIZE),
        ("QuotaPeakNonPagedPoolUsage", _SIZE),
        ("QuotaNonPagedPoolUsage", _SIZE),
        ("PagefileUsage", _SIZE),
        ("PeakPagefileUsage", _SIZE),
        ("PrivateUsage", _SIZE),
    )


class Sid(ctypes.Structure):
    """SID (winnt.h) with one sub-authority."""

    _fields_ = (
        ("Revision", ctypes.c_uint8),
        ("SubAuthorityCount", ctypes.c_uint8),
        ("IdentifierAuthority", ctypes.c_uint8 * 6),
        ("SubAuthority", _DWORD),
    )


class MandatoryLabel(ctypes.Structure):
    """TOKEN_MANDATORY_LABEL (winnt.h)."""

    _fields_ = (("Sid", ctypes.POINTER(Sid)), ("Attributes", _DWORD))


# JOB_OBJECT_LIMIT_ACTIVE_PROCESS, _PROCESS_MEMORY, _DIE_ON_UNHANDLED_EXCEPTION, _KILL_ON_JOB_CLOSE.
_LIMITS = 0x8 | 0x100 | 0x400 | 0x2000
# JOB_OBJECT_UILIMIT_ of every kind: others' handles, the clipboard, settings, atoms, desktops, logging off.
_UI_LIMITS = 0xFF
_BASIC_UI_RESTRICTIONS, _EXTENDED_LIMIT_INFORMATION = 4, 9  # JOBOBJECTINFOCLASS

# What SetProcessMitigationPolicy is told, in this order: a number of PROCESS_MITIGATION_POLICY, and the
# flags of its structure. WebAssembly that is compiled and mapped already goes on running without the right
# to make code.
_POLICIES = {
    "no processes": (13, 0x1),  # NoChildProcessCreation
    "no other's extensions": (6, 0x1),  # DisableExtensionPoints
    "no fonts": (9, 0x1),  # DisableNonSystemFonts
    "no images of others": (10, 0x3),  # NoRemoteImages, NoLowMandatoryLabelImages
    "no new code": (2, 0x1),  # ProhibitDynamicCode
}

_TOKEN_QUERY, _TOKEN_ADJUST_DEFAULT = 0x8, 0x80
_TOKEN_INTEGRITY_LEVEL = 25  # TOKEN_INFORMATION_CLASS
_GROUP_INTEGRITY = 0x20  # SE_GROUP_INTEGRITY
_LABEL_AUTHORITY = (0, 0, 0, 0, 0, 16)  # SECURITY_MANDATORY_LABEL_AUTHORITY
_UNTRUSTED, _MEDIUM = 0x0, 0x2000  # SECURITY_MANDATORY_UNTRUSTED_RID, _MEDIUM_RID

_COMMIT_AND_RESERVE, _EXECUTE_READ_WRITE, _RELEASE = 0x3000, 0x40, 0x8000

_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    # By library and name: what it returns, and what it takes.
    "kernel32.GetCurrentProcess": (_POINTER,),
    "kernel32.CreateJobObjectW": (_POINTER, _POINTER, ctypes.c_wchar_p),
    "kernel32.IsProcessInJob": (_BOOL, _POINTER, _POINTER, ctypes.POINTER(_BOOL)),
    "kernel32.SetInformationJobObject": (_BOOL, _POINTER, ctypes.c_int32, _POINTER, _DWORD),
    "kernel32.AssignProcessToJobObject": (_BOOL, _POINTER, _POINTER),
    "kernel32.K32GetProcessMemoryInfo": (_BOOL, _POINTER, ctypes.POINTER(MemoryCounters), _DWORD),
    "kernel32.SetProcessMitigationPolicy": (_BOOL, ctypes.c_int32, _POINTER, _SIZE),
    "kernel32.VirtualAlloc": (_POINTER, _POINTER, _SIZE, _DWORD, _DWORD),
    "kernel32.VirtualFree": (_BOOL, _POINTER, _SIZE, _DWORD),
    "kernel32.CloseHandle": (_BOOL, _POINTER),
    "advapi32.OpenProcessToken": (_BOOL, _POINTER, _DWORD, ctypes.POINTER(_POINTER)),
    "advapi32.SetTokenInformation": (_BOOL, _POINTER, ctypes.c_int32, _POINTER, _DWORD),
}


def apply(memory_bytes: int) -> str:
    """Locks this process for good; to be called when all that it needs is imported, open and compiled.

    Args:
        memory_bytes: memory that it may commit beyond what it has now.

    Returns:
        What is in force, in a few words.

    Raises:
        SandboxError: some part cannot be had, or does not hold.
    """
    system = _System()
    os.urandom(1)  # opens the system's source of random numbers, while that can be opened
    screen = _enter_job(system, memory_bytes)
    for name, (policy, flags) in _POLICIES.items():
        given = _DWORD(flags)
        done = system.SetProcessMitigationPolicy(policy, ctypes.byref(given), ctypes.sizeof(given))
        _must(done, f"take the policy {name!r}")
    token = _POINTER()
    access = _TOKEN_QUERY | _TOKEN_ADJUST_DEFAULT
    opened = system.OpenProcessToken(system.GetCurrentProcess(), access, ctypes.byref(token))
    _must(opened, "open its token")
    _must(_set_integrity(system, token, _UNTRUSTED), "lower its integrity level")
    _prove(system, token)
    system.CloseHandle(token)
    return f"a job (one process, limited memory{screen}), {', '.join(_POLICIES)}, untrusted integrity"


class _System:
    """The functions above, by their names."""

    def __init__(self) -> None:
        for place, (result, *arguments) in _FUNCTIONS.items():
            library, _, name = place.partition(".")
            function = getattr(_library(library), name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _library(name: str) -> Any:
    library = getattr(ctypes, "WinDLL", None)
    if library is None:
        raise SandboxError("Only Windows has jobs and mitigation policies.")
    return library(name, use_last_error=True)


def _enter_job(system: _System, memory_bytes: int) -> str:
    """Puts this process into a job of its own; returns what more than limits it has, in words.

    See "Nested Jobs": within another job, such as that of a terminal, a job cannot restrict the screen.
    The job's handle stays open and nobody else has it, so the job ends with this process.
    """
    own = system.GetCurrentProcess()
    nested = _BOOL()
    _must(system.IsProcessInJob(own, None, ctypes.byref(nested)), "ask whether it is in a job")
    job = system.CreateJobObjectW(None, None)
    _must(job, "make a job")
    limits = ExtendedLimits()
    limits.BasicLimitInformation.LimitFlags = _LIMITS
    limits.BasicLimitInformation.ActiveProcessLimit = 1
    limits.ProcessMemoryLimit = _committed(system, own) + memory_bytes
    _must(_set_job(system, job, _EXTENDED_LIMIT_INFORMATION, limits), "limit its job")
    if not nested.value:
        _must(
            _set_job(system, job, _BASIC_UI_RESTRICTIONS, _DWORD(_UI_LIMITS)), "take the screen from its job"
        )
    _must(system.AssignProcessToJobObject(job, own), "enter its job")
    return "" if nested.value else ", no screen or clipboard"


def _set_job(system: _System, job: int, what: int, value: Any) -> int:
    done: int = system.SetInformationJobObject(job, what, ctypes.byref(value), ctypes.sizeof(value))
    return done


def _committed(system: _System, own: int) -> int:
    """Bytes of memory that are this process's own."""
    counters = MemoryCounters(cb=ctypes.sizeof(MemoryCounters))
    done = system.K32GetProcessMemoryInfo(own, ctypes.byref(counters), ctypes.sizeof(counters))
    _must(done, "learn how much memory it has")
    return int(counters.PrivateUsage)


def _set_integrity(system: _System, token: Any, level: int) -> int:
    """See "Designing Applications to Run at a Low Integrity Level"; nothing can raise it again."""
    sid = Sid(1, 1, (ctypes.c_uint8 * 6)(*_LABEL_AUTHORITY), level)
    label = MandatoryLabel(ctypes.pointer(sid), _GROUP_INTEGRITY)
    size = ctypes.sizeof(label) + ctypes.sizeof(sid)
    done: int = system.SetTokenInformation(token, _TOKEN_INTEGRITY_LEVEL, ctypes.byref(label), size)
    return done


def _prove(system: _System, token: Any) -> None:
    """Tries what must be impossible now.

    Raises:
        SandboxError: something was possible.
    """
    possible = []
    if code := system.VirtualAlloc(None, 4096, _COMMIT_AND_RESERVE, _EXECUTE_READ_WRITE):
        system.VirtualFree(code, 0, _RELEASE)
        possible.append("make code")
    if _set_integrity(system, token, _MEDIUM):
        possible.append("raise its integrity level")
    if _starts():
        possible.append("start a process")
    if possible:
        raise SandboxError(
            f"The sandbox's lock does not hold on this machine: its worker could {' and '.join(possible)}."
        )


def _starts() -> bool:
    """Whether a process can be started: one that ends at once."""
    try:
        os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-I", "-c", ""])  # noqa: S606 - must fail
    except OSError:
        return False
    return True


def _must(done: Any, what: str) -> None:
    if not done:
        raise SandboxError(f"A sandbox worker could not {what} (error {_last_error()} of Windows).")


def _last_error() -> int:
    """GetLastError as it was after the last call, which only Windows' ctypes has."""
    error: int = getattr(ctypes, "get_last_error", int)()
    return error
