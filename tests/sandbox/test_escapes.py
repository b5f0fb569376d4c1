"""Nothing gets out, in every way that the lock can come about."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rlm_core.sandbox import probes
from rlm_core.sandbox.base import CellResult
from rlm_core.sandbox.lock.linux import seccomp
from rlm_core.sandbox.lock.linux.libc import MACHINE
from rlm_core.sandbox.probes import ATTEMPTS
from rlm_core.workspace.arena import Arena
from rlm_core.workspace.snapshot import Entry, Snapshot
from tests.sandbox.escapes import ESCAPES
from tests.sandbox.outside import SECRET, VARIABLE, Outside, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rlm_core.sandbox.host.native import NativeSandbox
    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

in_module_loop = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with Outside() as made:
        yield made


# What WASI answers by itself, to any guest the same.
SAME_FOR_ALL = {"files: getcwd", "files: chmod", "proc: hostname"}


@pytest.mark.parametrize("name", ESCAPES)
@in_module_loop
async def test_blocked(outside: Outside, sandbox: WorkerSandbox[Any], name: str) -> None:
    session = await sandbox.open("", {})
    result = await session.run(outside.program(ESCAPES[name]))
    leaks = outside.leaks(said(result))
    assert leaks == [] or (sandbox.wasm and name in SAME_FOR_ALL and leaks == ["LEAK"])
    await session.close()


# Attempts that are harmless outside: if the traps and the secret can't catch these, they catch nothing.
CONTROL = [
    *("files: open", "files: os.open", "files: write", "files: listdir", "files: libc open", "files: mkdir"),
    *("files: raw openat", "files: urllib file", "files: sqlite", "files: xml entity", "files: memfd"),
    *("proc: os.environ", "proc: own environment", "proc: libc environ", "proc: hostname"),
    *("network: tcp", "network: udp", "network: unix", "network: urllib", "network: pass a descriptor"),
    *("processes: fork", "processes: subprocess", "processes: os.system", "processes: pickle"),
    *(
        "signals: kill the host",
        "signals: pidfd",
        "privileges: become dumpable",
        "privileges: executable memory",
    ),
]


@pytest.mark.parametrize("name", CONTROL)
def test_the_same_attempt_gets_out_of_a_plain_interpreter(name: str) -> None:
    with Outside() as outside:
        program = outside.program(ESCAPES[name])
        ran = subprocess.run(
            [sys.executable, "-I", "-c", program],
            capture_output=True,
            text=True,
            env={VARIABLE: SECRET},
            check=False,
        )
        assert outside.leaks(ran.stdout) != [], ran.stderr


def run_all(
    *flags: str, through: tuple[str, ...] = (), cache: Path | None = None
) -> tuple[dict[str, Any], str]:
    """What all attempts have brought, and what is said to isolate them."""
    ran = subprocess.run(
        [*through, sys.executable, "-m", "tests.sandbox.escape_run", *flags],
        cwd=ROOT,
        env=os.environ if cache is None else {**os.environ, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    assert found.pop("attempts") == len(ESCAPES)
    isolated_by = found.pop("isolated by")
    assert isolated_by
    return found, str(isolated_by)


# Reading everything is left to it: the interpreter may be in a folder that nobody may enter.
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
)
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can become somebody else"
)


def test_nothing_gets_out_without_landlock() -> None:
    found, isolated_by = run_all("--no-landlock")
    assert found == {"uid": os.geteuid(), "leaked": {}, "probes": []}
    assert isolated_by == (
        "resource limits, no Landlock in this kernel, a system call filter, "
        "around a process of its own for each session"
    )


@needs_root
def test_nothing_gets_out_as_an_ordinary_user() -> None:
    assert run_all(through=AS_NOBODY)[0] == {"uid": NOBODY, "leaked": {}, "probes": []}


@needs_root
def test_nothing_gets_out_as_an_ordinary_user_without_landlock() -> None:
    assert run_all("--no-landlock", through=AS_NOBODY)[0] == {"uid": NOBODY, "leaked": {}, "probes": []}


@in_module_loop
async def test_every_other_system_call_is_denied(native: NativeSandbox) -> None:
    # The kernel itself lets uretprobe and uprobe pass every filter; outside of a probe they do nothing.
    allowed = seccomp.numbers(MACHINE) | ({335, 336} if MACHINE == "x86_64" else set())
    program = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
open_ones = []
for number in [*range(512), *range(0x40000000, 0x40000000 + 512)]:
    if number in {sorted(allowed)}:
        continue
    ctypes.set_errno(0)
    if libc.syscall(number, -1, -1, -1, -1, -1, -1) != -1 or ctypes.get_errno() != 1:
        open_ones.append((number, ctypes.get_errno()))
open_ones
"""
    session = await native.open("", {})
    result = await session.run(program)
    assert (result.error, result.output) == (None, "[]\n")
    await session.close()


@in_module_loop
async def test_only_the_channel_is_open(native: NativeSandbox) -> None:
    program = """
import fcntl, os
found = []
for n in range(1024):
    try:
        found.append((n, fcntl.fcntl(n, fcntl.F_GETFL) & os.O_ACCMODE))
    except OSError:
        pass
print([mode for n, mode in found[:3]], len(found))
"""
    session = await native.open("", {})
    assert (await session.run(program)).output == "[0, 0, 0] 4\n", (
        "a /dev/null that is read-only, and the channel"
    )
    assert "Bad file descriptor" in ((await session.run("import os; os.write(1, b'x')")).error or "")
    await session.close()


@in_module_loop
async def test_the_arena_cannot_be_changed(native: NativeSandbox) -> None:
    """A worker cannot even have a changed copy of a page: that would be memory beyond its limit."""
    arena = Arena(shard_bytes=1 << 20)
    span = arena.append(b"the original text")
    snapshot = Snapshot.of([Entry("a.txt", *span, bytes(16))], arena.maps, arena=arena)
    session = await native.open(snapshot, {})
    find = """
import ctypes, gc, mmap
libc = ctypes.CDLL(None, use_errno=True)
class Buffer(ctypes.Structure):
    _fields_ = [('address', ctypes.c_void_p), ('rest', ctypes.c_char * 200)]
found, seen = [], set()
todo = gc.get_objects()
while todo:
    o = todo.pop()
    if id(o) not in seen:
        seen.add(id(o))
        if isinstance(o, mmap.mmap):
            found.append(o)
        elif isinstance(o, (list, tuple, dict)) or type(o).__module__.startswith('rlm_core'):
            todo.extend(gc.get_referents(o))
shard, = (o for o in found if len(o) == 1 << 20)
buffer = Buffer()
ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(shard), ctypes.byref(buffer), 0)
bytes(shard[:17])
"""
    assert (await session.run(find)).output == "b'the original text'\n"
    result = await session.run("libc.mprotect(ctypes.c_void_p(buffer.address), 4096, 3), ctypes.get_errno()")
    assert result.output == f"(-1, {errno.EACCES})\n"
    assert "has ended" in ((await session.run("ctypes.memmove(buffer.address, b'XXX', 3)")).error or "")
    assert snapshot.text("a.txt") == "the original text"
    await session.close()
    arena.close()


@in_module_loop
async def test_doctor_finds_every_attempt_blocked(sandbox: WorkerSandbox[Any]) -> None:
    found = await sandbox.check()
    assert len(found) >= 10
    assert [probe for probe in found if not probe.blocked] == []
    assert all(probe.detail for probe in found)


@pytest.mark.parametrize("name", sorted(ATTEMPTS.keys() - {"take more memory than it may"}))
def test_doctor_would_notice_an_attempt_that_is_not_blocked(name: str) -> None:
    with open(os.devnull) as inherited:  # noqa: PTH123 - a descriptor
        ran = subprocess.run(
            [sys.executable, "-I", "-c", ATTEMPTS[name].program],
            capture_output=True,
            text=True,
            pass_fds=[inherited.fileno()],
            check=False,
        )
    ended = CellResult(ran.stdout, 0, ran.stderr or None, None, (), (), 0.0)
    assert not probes.judge(name, ended).blocked, ended
