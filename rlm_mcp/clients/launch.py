"""The command that a client starts."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PORTABLE = ("uvx", "rlm-mcp")
_PROGRAM = re.compile(r"(^|[/\\])rlm-mcp(\.exe)?$")
_NAME = re.compile(r"^rlm[-_]mcp([@=<>~!].*)?$")  # a script, a module, a package with a version


@dataclass(frozen=True)
class Launch:
    """How a client starts the server.

    Attributes:
        command: the program, and what must follow it to name the server: `uvx rlm-mcp`.
        arguments: what the server itself is told.
    """

    command: tuple[str, ...]
    arguments: tuple[str, ...] = ()

    @property
    def line(self) -> list[str]:
        """The whole command line."""
        return [*self.command, *self.arguments]

    @classmethod
    def read(cls, line: Sequence[str]) -> Launch | None:
        """A command line taken apart; None when it does not start this server."""
        for position, part in enumerate(line):
            if (_PROGRAM if position == 0 else _NAME).search(part):
                return cls(tuple(line[: position + 1]), tuple(line[position + 1 :]))
        return None

    def updating(self, earlier: Launch) -> Launch:
        """This command with the earlier arguments; of those, roots give way to roots that are given now."""
        kept = list(earlier.arguments)
        while self.arguments and (found := next((part for part in kept if part.startswith("--root")), None)):
            start = kept.index(found)
            del kept[start : start + (2 if found == "--root" else 1)]
        return Launch(self.command, (*kept, *self.arguments))


def launch(roots: Sequence[Path], *, portable: bool) -> Launch:
    """What to write into a client's file.

    Args:
        roots: folders to open; with none, the server opens the client's roots, or where it is started.
        portable: for a file that people share: `uvx rlm-mcp`, no path of this machine in it.
    """
    arguments = [part for root in roots for part in ("--root", str(root.resolve()))]
    return Launch(PORTABLE if portable else installed(), tuple(arguments))


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
