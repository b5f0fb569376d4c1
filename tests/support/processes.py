"""What runs below a process, from /proc."""

from __future__ import annotations

import asyncio
import os
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
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return {int(child) for thread in threads for child in (thread / "children").read_text().split()}
    except OSError:
        return set()


async def ended(pids: set[int], seconds: float = 10) -> bool:
    """Whether all of them end within the time."""
    waiters = [os.pidfd_open(pid) for pid in pids if Path(f"/proc/{pid}").exists()]
    try:
        async with asyncio.timeout(seconds):
            for descriptor in waiters:
                await asyncio.to_thread(_wait, descriptor, seconds)
    except TimeoutError:
        pass
    finally:
        for descriptor in waiters:
            os.close(descriptor)
    return not any(_alive(pid) for pid in pids)


def _wait(descriptor: int, seconds: float) -> None:
    import select

    select.select([descriptor], [], [], seconds)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
