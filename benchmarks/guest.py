"""What a call costs a guest more than a program beside the context, without the guest's own slowness.

uv run python -m benchmarks.guest REPOSITORY IDENTIFIER

Both sides run in this process, so this is packing, answering and unpacking, and the work itself.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.race import header, race
from rlm_core.config import WorkspaceSettings
from rlm_core.context.context import Context
from rlm_core.sandbox.guest.remote_context import remote
from rlm_core.sandbox.worker.wasm_context_server import ContextServer
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LARGE = 10**12


def main(root: Path, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace([root], WorkspaceSettings(), Cache(Path(folder), [root], LARGE))
        snapshot = workspace.snapshot()
        native, answer = Context(snapshot), ContextServer(snapshot).answer
        guest = remote(answer)
        path = snapshot.paths[len(snapshot) // 2]
        calls: dict[str, Callable[[Context], Any]] = {
            "context.id, 1,000 times": lambda context: [context.id for _ in range(1000)],
            "a file's text, 1,000 times": lambda context: [context[path] for _ in range(1000)],
            "symbols of a file, 1,000 times": lambda context: [context.symbols(path) for _ in range(1000)],
            "lines of a slice, 1,000 times": lambda context: [
                context.lines(path, 1, 20) for _ in range(1000)
            ],
            "a wrong path": lambda context: _fails(lambda: context["no/such/file"]),
            "grep, 200 hits": lambda context: context.grep("return"),
            "grep, 20,000 hits": lambda context: context.grep("return", limit=20_000),
            f"find {name}": lambda context: context.find(name),
            "files()": lambda context: context.files(),
            "for path in context": list,
            "every path in context": lambda context: all(path in context for path in snapshot.paths),
        }
        print(f"{root.name}: {len(native):,} files")
        header("native")
        race("the table, once ÷ its dump", lambda: len(remote(answer)), snapshot.dump, 5)
        for what, call in calls.items():
            race(what, lambda call=call: call(guest), lambda call=call: call(native), 5)
        workspace.close()


def _fails(call: Callable[[], object]) -> None:
    try:
        call()
    except Exception:  # noqa: BLE001 - as expected
        return


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2])
