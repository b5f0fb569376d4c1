"""The command that a client starts."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PORTABLE = ("uvx", "rlm-mcp")


@dataclass(frozen=True)
class Launch:
    """How a client starts the server.

    Attributes:
        command: the program.
        args: its arguments.
    """

    command: str
    args: tuple[str, ...] = ()


def launch(roots: Sequence[Path], *, portable: bool) -> Launch:
    """What to write into a client's file.

    Args:
        roots: folders to open; with none, the server opens the client's roots, or where it is started.
        portable: for a file that people share: `uvx rlm-mcp`, no path of this machine in it.
    """
    program, *args = PORTABLE if portable else installed()
    for root in roots:
        args += ["--root", str(root.resolve())]
    return Launch(program, tuple(args))


def installed() -> tuple[str, ...]:
    """The command of the running installation, by its absolute path.

    Clients that are started from a desktop have a PATH without the folders that pip, pipx and uv install
    into. An environment of `uvx` may be cleaned away, so uvx itself is named then.
    """
    if _in_uvx():
        uvx = shutil.which("uvx")
        return (uvx, "rlm-mcp") if uvx else PORTABLE
    own = Path(sysconfig.get_path("scripts")) / ("rlm-mcp.exe" if os.name == "nt" else "rlm-mcp")
    if not own.exists():
        return sys.executable, "-m", "rlm_mcp"
    linked = shutil.which("rlm-mcp")
    if linked and Path(linked).is_absolute() and own.samefile(linked):
        return (linked,)  # such as ~/.local/bin/rlm-mcp, which outlives the environment behind it
    return (str(own),)


def _in_uvx() -> bool:
    """Whether this environment lies in uv's cache, where `uvx` makes its own."""
    return not {"archive-v0", "environments-v2"}.isdisjoint(Path(sys.prefix).parts)
