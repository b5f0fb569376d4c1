"""The first `find` of a process, against peers that index first; then what each method takes warm.

uv run python -m benchmarks.context REPOSITORY IDENTIFIER FILE

FILE is a path in the repository. Peers: `ctags -R` (tags written to nowhere, as a floor for parsing
everything), and code-index-mcp from PyPI, run by uvx and driven by the mcp client. A peer that is not
there has no row.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path

from mcp import Client, MCPError, StdioServerParameters

from benchmarks.race import command, header, race, seconds
from rlm_core.config import WorkspaceSettings
from rlm_core.context.context import Context
from rlm_core.context.coverage import CoverageRecord
from rlm_core.context.search.engine import SearchEngine
from rlm_core.context.search.patterns import literal
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

LARGE = 10**12
PEER_SECONDS = 600
QUESTIONS = ("where is {} used and why", "how are errors of {} handled when a device or connection is lost")


def main(root: Path, name: str, file: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first_find(root, name, Path(folder))
        warm(root, name, file, Path(folder) / "warm")


def first_find(root: Path, name: str, folder: Path) -> None:
    """From the start of the process; cold is without our cache, in every round a new one."""
    program = ["rlm-mcp", "exec", "--root", str(root), f"print(context.find({name!r}))"]
    numbers = count()

    def ours(cache: str) -> object:
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder / cache)}
        return subprocess.run(program, env=environment, stdout=subprocess.DEVNULL, check=True).returncode

    cold = lambda: ours(f"cold{next(numbers)}")  # noqa: E731
    header("peer")
    cat = ["sh", "-c", "git ls-files -z | xargs -0 cat"]
    race("first find, cold ÷ git ls-files | xargs cat", cold, command(cat, root), 3)
    if shutil.which("ctags"):
        tags = ["ctags", "-R", "-f", "-", "--links=no", "--exclude=.git", "."]
        race("first find, cold ÷ ctags -R", cold, command(tags, root), 1)
    if shutil.which("uvx"):
        race("first find, cold ÷ code-index-mcp's index", cold, lambda: asyncio.run(index(root, folder)), 1)
    ours("kept")
    race("first find, second start ÷ git status", lambda: ours("kept"), command(["git", "status"], root), 3)


async def index(root: Path, folder: Path) -> None:
    """code-index-mcp, from its start until its symbols can be asked for."""
    arguments = ["--quiet", "code-index-mcp", "--project-path", str(root), "--indexer-path", str(folder)]
    server = StdioServerParameters(command="uvx", args=arguments, env=dict(os.environ))
    async with Client(server, mode="legacy") as client:
        try:
            async with asyncio.timeout(PEER_SECONDS):
                done = await client.call_tool("build_deep_index", {"timeout": PEER_SECONDS})
            print(f"<!-- {done.content[0].text[:200]} -->")
        except (TimeoutError, MCPError) as error:
            print(f"<!-- code-index-mcp did not finish: {error!r} -->")


def warm(root: Path, name: str, file: str, cache: Path) -> None:
    """First and later calls in one process; the floor is one search of all text for the identifier."""
    workspace = Workspace([root], WorkspaceSettings(), Cache(cache, [root], LARGE))
    snapshot = workspace.snapshot()
    search_engine, context = SearchEngine(snapshot, CoverageRecord(snapshot)), Context(snapshot)
    context.find("which no file has, so that the layout is known")
    print(f"\n{root.name}: {context.facts.files:,} files, {context.facts.bytes / 1e6:,.0f} MB")
    search = lambda: list(search_engine.rows_with(literal(name)))  # noqa: E731
    search()
    floor = min(seconds(search) for _ in range(5))
    print(f"\n| | first, s | warm, s | warm ÷ one search ({floor:.3f} s) |\n|---|---|---|---|")
    folder = f"{Path(file).parent}/"
    calls = {
        f"find({name!r})": lambda: context.find(name),
        f"find('*{name[-6:]}')": lambda: context.find(f"*{name[-6:]}"),
        f"references({name!r})": lambda: context.references(name),
        f"callers({name!r})": lambda: context.callers(name),
        f"imports({file!r})": lambda: context.imports(file),
        f"importers({file!r})": lambda: context.importers(file),
        f"outline({file!r})": lambda: context.outline(file),
        f"outline({folder!r})": lambda: context.outline(folder),
        **{
            f"rank({question.format(name)!r})": lambda question=question: context.rank(question.format(name))
            for question in QUESTIONS
        },
    }
    for label, call in calls.items():
        first = seconds(call)
        again = min(seconds(call) for _ in range(5))
        print(f"| `{label}` | {first:.3f} | {again:.3f} | {again / floor:.2f} |")
    workspace.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3])
