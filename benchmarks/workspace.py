"""Opening, following and freezing a repository, against git and cat; and what memory it takes.

uv run python -m benchmarks.workspace REPOSITORY
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.race import command, header, race, seconds
from rlm_core.config import SandboxSettings, WorkspaceSettings
from rlm_core.sandbox.choice import create
from rlm_core.workspace import watcher
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace
from tests.support.processes import generation

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot

LARGE = 10**12


def main(root: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        opened = open_over(root, Path(folder) / "kept")
        opened.save()
        snapshot = opened.snapshot()
        opened.close()
        print(f"{root.name}: {len(snapshot):,} files, {snapshot.total_bytes / 1e6:,.0f} MB")

        header("peer")
        numbers = iter(range(1000))
        cold = lambda: open_over(root, Path(folder) / str(next(numbers))).close()  # noqa: E731
        race(
            "cold open ÷ git ls-files | xargs cat",
            cold,
            command(["sh", "-c", "git ls-files -z | xargs -0 cat"], root),
            3,
        )
        warm = lambda: open_over(root, Path(folder) / "kept").close()  # noqa: E731
        race("warm open ÷ git status", warm, command(["git", "status", "--porcelain"], root))
        follow(root, Path(folder) / "kept")


def open_over(root: Path, base: Path) -> Workspace:
    workspace = Workspace([root], WorkspaceSettings(), Cache(base, [root], LARGE))
    workspace.snapshot()
    return workspace


def follow(root: Path, base: Path) -> None:
    workspace = open_over(root, base)
    following, problem = watcher.start(workspace)
    assert following is not None, problem
    workspace.watch(following)
    workspace.snapshot()
    path = next(path for path in workspace.snapshot() if path.endswith((".py", ".c", ".go")))
    original = (root / path).read_bytes()
    visible, frozen = [], []
    try:
        for number in range(100):
            text = original + b"\n" * (number + 1)
            (root / path).write_bytes(text)
            started = time.perf_counter()
            while workspace.snapshot().entry(path).length != len(text):
                pass
            visible.append(time.perf_counter() - started)
            workspace.set_overlay(root / path, f"typed {number}", number)
            frozen.append(seconds(workspace.snapshot))
            workspace.drop_overlay(root / path)
            workspace.snapshot()
    finally:
        (root / path).write_bytes(original)
    print(f"\nwrite → visible: p50 {ms(visible, 50)}, p95 {ms(visible, 95)}")
    print(f"snapshot after one edit: p50 {ms(frozen, 50)}, p95 {ms(frozen, 95)}")
    print(f"memory of the server: {memory(os.getpid())}")
    asyncio.run(work(workspace.snapshot()))
    following.close()
    workspace.close()


async def work(snapshot: Snapshot) -> None:
    """Memory of a worker that has searched the whole repository, and of one with nothing to search."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "one").write_text("one\n")
        empty = Workspace([Path(folder)], WorkspaceSettings())
        sandbox = create(SandboxSettings())
        for name, context in {"an empty one": empty.snapshot(), "this one": snapshot}.items():
            session = await sandbox.open(context, {})
            await session.run("len(context.grep('TODO', limit=1000))")
            (worker,) = generation(os.getpid(), 2)
            print(f"memory of a worker over {name}: {memory(worker)}")
            await session.close()
        await sandbox.close()
        empty.close()


def ms(values: list[float], percentile: int) -> str:
    return f"{statistics.quantiles(values, n=100)[percentile - 1] * 1000:.1f} ms"


def memory(pid: int) -> str:
    """Resident, its own; the rest of what is resident is pages of files and shared with others."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup[1:]}
    return (
        f"{sizes['Private_Dirty'] / 1024:.0f} MB of its own, {sizes['Rss'] / 1024:.0f} MB with shared pages"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
