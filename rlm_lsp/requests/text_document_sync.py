"""Document synchronization (LSP 3.17): `textDocument/didOpen`, `didChange`, `didSave`, `didClose`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from rlm_core.wording import escaped

if TYPE_CHECKING:
    from lsprotocol import types

    from rlm_lsp.server import Server

logger = logging.getLogger(__name__)


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """A buffer appears."""
    ls.buffers.put(params.text_document.uri, params.text_document.text)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """A buffer's whole text is replaced: only full changes were asked for."""
    for change in params.content_changes:  # one at most, by `Protocol`
        if hasattr(change, "range"):
            logger.warning(
                "A change of %s names a range, although whole texts were asked for; it is left out.",
                escaped(params.text_document.uri),
            )
        else:
            ls.buffers.put(params.text_document.uri, change.text)


def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """A buffer's text is on disk."""
    ls.buffers.invalidate(params.text_document.uri)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """A buffer goes away."""
    ls.buffers.close(params.text_document.uri)
