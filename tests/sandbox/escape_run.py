"""Runs every escape attempt in this process's sandbox and prints the leaks as JSON.

A module to be started under another identity. With `--no-landlock` or `--no-seccomp` it first puts itself
under a filter that hides Landlock or filters, as an old kernel or a strict container does. `--wasm` tries in
WebAssembly, `--auto` in whatever is the best there is then; there one session is for all attempts.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import os
import struct
import sys

from rlm_core.config import SandboxSettings
from rlm_core.sandbox.choice import create
from rlm_core.sandbox.lock.linux.libc import MACHINE
from tests.sandbox.escapes import ESCAPES
from tests.sandbox.outside import Outside, said

_LOAD_NUMBER, _LOAD_ARGUMENT = (0x20, 0, 0, 0), (0x20, 0, 0, 16)
_ALLOW, _PRCTL, _SECCOMP = (0x06, 0, 0, 0x7FFF0000), *{"x86_64": (157, 317)}.get(MACHINE, (167, 277))

LANDLOCK = [  # system calls 444 to 446
    _LOAD_NUMBER,
    (0x35, 0, 2, 444),  # at least 444, else allow
    (0x35, 1, 0, 447),  # at least 447: allow
    (0x06, 0, 0, 0x00050000 | errno.ENOSYS),
    _ALLOW,
]
FILTERS = [  # seccomp(2), and prctl(PR_SET_SECCOMP)
    _LOAD_NUMBER,
    (0x15, 3, 0, _SECCOMP),
    (0x15, 0, 3, _PRCTL),
    _LOAD_ARGUMENT,
    (0x15, 0, 1, 22),
    (0x06, 0, 0, 0x00050000 | errno.EINVAL),
    _ALLOW,
]


def hide(rules: list[tuple[int, int, int, int]]) -> None:
    """Puts this process, and every child, under a filter."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("=HxxxxxxQ", len(rules), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, program, 0, 0) == 0


async def main(backend: str) -> dict[str, object]:
    sandbox = create(SandboxSettings(backend=backend, cell_seconds=10, memory_mb=512))
    leaked: dict[str, list[str]] = {}
    with Outside() as outside:
        session = await sandbox.open("", {})
        for name, template in ESCAPES.items():
            if backend == "native":
                await session.close()
                session = await sandbox.open("", {})
            found = outside.leaks(said(await session.run(outside.program(template))))
            if found:
                leaked[name] = found
    probes = [probe.name for probe in await sandbox.check() if not probe.blocked]
    await sandbox.close()
    return {
        "uid": os.geteuid(),
        "attempts": len(ESCAPES),
        "leaked": leaked,
        "probes": probes,
        "isolated by": sandbox.describe(),
    }


if __name__ == "__main__":
    if "--no-landlock" in sys.argv:
        hide(LANDLOCK)
    if "--no-seccomp" in sys.argv:
        hide(FILTERS)
    chosen = next((kind for kind in ("wasm", "auto") if f"--{kind}" in sys.argv), "native")
    sys.stdout.write(json.dumps(asyncio.run(main(chosen))))
