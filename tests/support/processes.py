"""What runs below a process, from /proc."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path


def descendants(pid: int, named: str = "") -> set[int]:
    """Process ids below `pid`, those whose command line contains `named`."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: set[int] = set()
    pending = [pid]
    while pending:
        for child in children.get(pending.pop(), []):
            found.add(child)
            pending.append(child)
    return {child for child in found if named in _command(child)}


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


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
