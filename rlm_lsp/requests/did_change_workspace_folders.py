"""`workspace/didChangeWorkspaceFolders`: questions are about the new folders from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from rlm_lsp.server import Server


def did_change_workspace_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Opens the workspace anew if its roots are others now."""
    if ls.folders.change(params.event):
        ls.open_workspace()
