"""Lifecycle messages (LSP 3.17): `initialize`, `initialized`, `shutdown`; pygls does the rest of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from rlm_lsp.server import Server


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Takes the client's folders."""
    ls.folders.initialize(params)


def initialized(ls: Server, _params: types.InitializedParams) -> None:
    """Begins to open the workspace."""
    ls.open_workspace()


async def shutdown(ls: Server, _params: None) -> None:
    """Ends every question and closes the workspace before it answers."""
    await ls.close()
