"""What runs below a process, from /proc."""

from __future__ import annotations

import asyncio
import os
import select
import time
from contextlib import suppress
from pathlib import Path


def descendants(pid: int) -> set[int]:
    """Everything below a process."""
    found: set[int] = set()
    pending = [pid]
    while pending:
        fresh = _children(pending.pop())
        found |= fresh
        pending.extend(fresh)
    return found


def generation(pid: int, number: int) -> set[int]:
    """The children of a process (1), their children (2) and so on."""
    pids = {pid}
    for _ in range(number):
        pids = {child for parent in pids for child in _children(parent)}
    return pids


def _children(pid: int) -> set[int]:
    """Of all threads of a process; one that ends meanwhile, or the process itself, has none any more."""
    found: set[int] = set()
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found |= {int(child) for child in (thread / "children").read_text().split()}
    return found


async def ended(pids: set[int], seconds: float = 10) -> bool:
    """Whether all of them end within the time."""
    return await asyncio.to_thread(_all_end, pids, time.monotonic() + seconds)


def _all_end(pids: set[int], deadline: float) -> bool:
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        left = max(0.0, deadline - time.monotonic())
        over, _, _ = select.select([descriptor], [], [], left)
        os.close(descriptor)
        if not over:
            return False
    return True
