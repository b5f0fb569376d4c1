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

from rlm_core.errors import ConfigError
from rlm_mcp.cli.clients import direct_url

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM = re.compile(r"(^|[/\\])rlm-mcp(\.exe)?$")
_NAME = re.compile(r"^rlm[-_]mcp([@=<>~!].*)?$")  # a script, a module, a package with a version


@dataclass(frozen=True)
class Launch:
    """How a client starts the server.

    Attributes:
        command: the program, and what must follow it to name the server: `uvx --from SOURCE rlm-mcp`.
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
            if position and line[position - 1] == "--from":
                continue  # it may begin with the package's name; the program's comes after it
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
        portable: for a file that people share: a source that is the same for all of them, and no path of
            this installation.

    Raises:
        ConfigError: this installation has no such source, or none at all.
    """
    arguments = [part for root in roots for part in ("--root", str(root.resolve()))]
    return Launch(shared() if portable else installed(), tuple(arguments))


def shared() -> tuple[str, ...]:
    """The command that makes this installation on any machine. Raises `ConfigError` when there is none."""
    source = direct_url.source()
    if source is None or not source.shared:
        raise ConfigError(
            "A file that a team shares must start the same for everybody, and what nobody can replace: a git "
            f"commit. This rlm-mcp came from {source.requirement if source else direct_url.UNRECORDED}. "
            f"{direct_url.UNPUBLISHED} Leave --project out, and your own file names the path of this "
            "installation; or run it from a git URL that all can reach, and the commit is written: "
            "uvx --from git+URL rlm-mcp install CLIENT --project."
        )
    return "uvx", "--from", source.requirement, direct_url.PACKAGE


def installed() -> tuple[str, ...]:
    """The command of the running installation, by its absolute path.

    Clients that are started from a desktop have a PATH without the folders that pip, pipx and uv install
    into. An environment of `uvx` may be cleaned away, so uvx itself is named then, with what it was given.

    Raises:
        ConfigError: uvx took it from a package index, where its name is not published.
    """
    if _in_uvx():
        source = direct_url.source()
        if source is None:
            raise ConfigError(
                f"This rlm-mcp came from {direct_url.UNRECORDED}. {direct_url.UNPUBLISHED} "
                "Say where it comes from, a folder or git+URL: uvx --from SOURCE rlm-mcp install CLIENT; "
                "or install it: uv tool install SOURCE."
            )
        return shutil.which("uvx") or "uvx", "--from", source.requirement, direct_url.PACKAGE
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
