"""Workspace folders (LSP 3.17): which of the editor's, or of the command line's, are answered about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pygls.uris import to_fs_path

from rlm_core.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsprotocol import types


class NoFolderError(WorkspaceError):
    """The editor has no folder open, and none was given on the command line."""

    def __init__(self) -> None:
        super().__init__(
            "No folder is open, so there is nothing to ask about; open one in the editor, or start rlm-lsp "
            "with --root DIR."
        )


class WorkspaceFolders:
    """The editor's workspace folders, as they come and go.

    Args:
        roots: the folders given on the command line; they win over whatever the editor says.
    """

    def __init__(self, roots: Sequence[Path] | None) -> None:
        self._from_command_line = list(roots or ())
        self._uris: list[str] = []

    def initialize(self, params: types.InitializeParams) -> None:
        """Takes the client's folders, else the older `rootUri`."""
        if params.workspace_folders:
            self._uris = [folder.uri for folder in params.workspace_folders]
        elif params.root_uri:
            self._uris = [params.root_uri]

    def change(self, event: types.WorkspaceFoldersChangeEvent) -> bool:
        """Applies `workspace/didChangeWorkspaceFolders`; tells whether that changes the roots."""
        removed = {folder.uri for folder in event.removed}
        remaining = [uri for uri in self._uris if uri not in removed]
        added = [folder.uri for folder in event.added]
        before, self._uris = self._uris, list(dict.fromkeys([*remaining, *added]))
        return not self._from_command_line and before != self._uris

    def title(self) -> str:
        """What progress is headed with: the names of the folders in force."""
        return f"RLM: {', '.join(root.resolve().name for root in self.roots())}"

    def roots(self) -> list[Path]:
        """The folders in force. Nobody has chosen the working directory, so it is not one by itself.

        Raises:
            NoFolderError: there is none.
            WorkspaceError: no folder of the editor is on this machine's disk.
        """
        if self._from_command_line:
            return self._from_command_line
        if not self._uris:
            raise NoFolderError
        paths = [Path(path) for uri in self._uris if (path := to_fs_path(uri)) is not None]
        if not paths:
            raise WorkspaceError(
                f"None of the editor's folders is on this machine's disk ({', '.join(self._uris)}), "
                "so there is nothing to ask about; open a folder that is."
            )
        return paths
