"""Where pygls' protocol would do something else than we need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import converters, types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.protocol import JsonRPCRequestMessage, LanguageServerProtocol, lsp_method

from rlm_core.well_formed import well_formed

if TYPE_CHECKING:
    from cattrs import Converter

    from rlm_lsp.server import Server


def converter() -> Converter:
    """A converter that leaves the parameters of requests outside of LSP as the JSON that they were.

    The one that comes with pygls turns them into named tuples, which lose keys.
    """
    made = converters.get_converter()
    made.register_structure_hook(
        JsonRPCRequestMessage, lambda message, _: JsonRPCRequestMessage(**{"params": None, **message})
    )
    return made


class Protocol(LanguageServerProtocol):
    """Messages are well-formed, documents are ours, and commands can be cancelled.

    An editor that cuts a text between two halves of an emoji sends lone surrogates. Documents of pygls
    read the disk and split lines at form feeds, and its generator handlers leave a future behind for each
    change. A cancelled `workspace/executeCommand` would go on running.
    """

    _server: Server

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Takes each object of a message, the inner ones first, as the JSON decoder has read it."""
        return super().structure_message({key: _well_formed(value) for key, value in data.items()})

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """A buffer appears."""
        self._server.buffers.put(params.text_document.uri, params.text_document.text)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A buffer's whole text is replaced: only full changes were asked for."""
        for change in params.content_changes:
            self._server.buffers.put(params.text_document.uri, change.text)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """A buffer goes away."""
        self._server.buffers.close(params.text_document.uri)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]  # pygls accepts both kinds
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Runs a command in the request's own task, so that `$/cancelRequest` reaches it."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command!r}; there is `rlm.ask`.")
        return await command(*(params.arguments or ())[:1], token=params.work_done_token)


def _well_formed(value: Any) -> Any:
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    return well_formed(value) if isinstance(value, str) else value
