"""MCP client: what is known about one; `registry` has a record for each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, ClassVar

from rlm_mcp.cli.clients import jsonc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rlm_mcp.cli.clients.formats import Format
    from rlm_mcp.cli.clients.launch import Launch
    from rlm_mcp.cli.clients.locations import Locations


class Client:
    """An MCP client and its configuration file. The docstring of each names the page that says so.

    Attributes:
        id: the name on the command line.
        title: the name that people know.
        programs: executables that tell that it is installed.
        format: of its file.
        servers_keys: the keys under which servers stand.
        project_files: the file of one project, relative to its top folder; several names where the client
            reads several, the preferred one last; empty where it has no such file.
        needs_root: whether it starts the server in no project's folder and tells no roots either.
        next_steps: what the user does, or should know, after the file has changed.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    programs: ClassVar[Sequence[str]] = ()
    format: ClassVar[Format] = jsonc
    servers_keys: ClassVar[Sequence[str]] = ("mcpServers",)
    project_files: ClassVar[Sequence[str]] = ()
    needs_root: ClassVar[bool] = False
    next_steps: ClassVar[str]

    def user_files(self, locations: Locations) -> Sequence[Path]:
        """The file of the user, as `project_files`."""
        raise NotImplementedError

    def markers(self, locations: Locations) -> Sequence[Path]:
        """Files and folders that are there when the client is or was installed."""
        return [self.user_file(locations).parent]

    def entry(self, launch: Launch) -> dict[str, Any]:
        """What stands under the server's name."""
        program, *args = launch.line
        return {"command": program, "args": args}

    def servers_keys_in(self, values: Mapping[str, Any]) -> Sequence[str]:
        """The keys under which this very file has its servers."""
        del values
        return self.servers_keys

    def user_file(self, locations: Locations) -> Path:
        """The file to edit for the user."""
        return _present(self.user_files(locations))

    def project_file(self, project: Path) -> Path | None:
        """The file to edit for a project."""
        return _present([project / name for name in self.project_files]) if self.project_files else None

    def is_present(self, locations: Locations) -> bool:
        """Whether the client seems to be on this machine."""
        return any(path.exists() for path in self.markers(locations)) or any(map(shutil.which, self.programs))


def _present(candidates: Sequence[Path]) -> Path:
    return next((path for path in candidates if path.exists()), candidates[-1])
