"""Runs every escape attempt in this process's sandbox and prints the leaks as JSON.

A module to be started under another identity. With `--no-landlock` it first puts itself under a filter
that hides Landlock, as an old kernel or a strict container does.
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
from rlm_core.sandbox.native import NativeSandbox
from tests.sandbox.escapes import ESCAPES
from tests.sandbox.outside import Outside, said


def hide_landlock() -> None:
    """System calls 444 to 446 fail with ENOSYS from now on, here and in every child."""
    rules = [
        (0x20, 0, 0, 0),  # load the number
        (0x35, 0, 2, 444),  # at least 444, else allow
        (0x35, 1, 0, 447),  # at least 447: allow
        (0x06, 0, 0, 0x00050000 | errno.ENOSYS),
        (0x06, 0, 0, 0x7FFF0000),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("=HxxxxxxQ", len(rules), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, program, 0, 0) == 0


async def main() -> dict[str, object]:
    sandbox = NativeSandbox(SandboxSettings(cell_seconds=10, memory_mb=512))
    leaked: dict[str, list[str]] = {}
    with Outside() as outside:
        for name, template in ESCAPES.items():
            session = await sandbox.open("", {})
            found = outside.leaks(said(await session.run(outside.program(template))))
            await session.close()
            if found:
                leaked[name] = found
    probes = [probe.name for probe in await sandbox.check() if not probe.blocked]
    await sandbox.close()
    return {"uid": os.geteuid(), "attempts": len(ESCAPES), "leaked": leaked, "probes": probes}


if __name__ == "__main__":
    if "--no-landlock" in sys.argv:
        hide_landlock()
    sys.stdout.write(json.dumps(asyncio.run(main())))
