"""The language server: what each message of the protocol means here."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.exceptions import (
    FeatureRequestError,
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcServerNotInitialized,
)
from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer

from rlm_core import __version__
from rlm_core.errors import RlmError
from rlm_lsp.buffers import Buffers
from rlm_lsp.folders import Folders
from rlm_lsp.positions import encoding_of
from rlm_lsp.protocol import Protocol, converter
from rlm_lsp.work_done_progress import Progress
from rlm_lsp.workspace_session import Opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from pathlib import Path

    from pygls.server import ServerErrors

    from rlm_lsp.stdio import Wire

T = TypeVar("T")
logger = logging.getLogger(__name__)

ASK_REQUEST = "rlm/ask"
ASK_COMMAND = "rlm.ask"


class Server(LanguageServer):
    """One editor's server.

    Attributes:
        folders: what the workspace is.
        buffers: the open documents.
        opened: the workspace in force; None before `initialized`.
    """

    protocol: Protocol

    def __init__(self, roots: Sequence[Path] | None) -> None:
        super().__init__(
            "rlm-lsp",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
            converter_factory=converter,
        )
        self.folders = Folders(roots)
        self.buffers = Buffers()
        self.opened: Opened | None = None
        self._retired: dict[asyncio.Task[None], Opened] = {}

    def open_workspace(self) -> None:
        """Opens the folders in force; what was open before ends when its last question is answered."""
        self._retire()
        self.opened = Opened(self.folders, self.buffers, self._show_error)

    async def ask(self, value: Any, token: types.ProgressToken | None = None) -> dict[str, Any]:
        """Answers `rlm/ask` (the parameters as they came) and the command."""
        opened = self._initialized()
        from rlm_lsp.ask_params import AskParams  # pydantic would be a quarter of the way to `initialize`

        async def run() -> dict[str, Any]:
            params = AskParams.parse(value)
            given = params.work_done_token
            progress = Progress(self, token if given is None else given, self.folders.title())
            return await progress.follow(
                opened.ask(params, progress.listen, self.workspace.position_encoding)
            )

        return await _answered(run())

    async def document_symbols(self, uri: str) -> Sequence[types.DocumentSymbol | types.SymbolInformation]:
        """Answers `textDocument/documentSymbol`: a tree, or a list for clients that know no trees."""
        opened = self._initialized()
        from rlm_lsp import symbols  # pulls in the grammars' library, which is only needed here

        text_document = self.client_capabilities.text_document
        known = text_document.document_symbol if text_document else None
        encoding = encoding_of(self.workspace.position_encoding)
        trees = known is not None and known.hierarchical_document_symbol_support
        of = symbols.of_document if trees else symbols.of_document_flat
        return await _answered(opened.look_up(lambda service: of(service, uri, encoding)))

    async def workspace_symbols(self, query: str) -> Sequence[types.WorkspaceSymbol]:
        """Answers `workspace/symbol`."""
        opened = self._initialized()
        from rlm_lsp import symbols

        encoding = encoding_of(self.workspace.position_encoding)
        return await _answered(opened.look_up(lambda service: symbols.of_workspace(service, query, encoding)))

    async def close(self) -> None:
        """Ends every question, then closes every workspace."""
        self._retire()
        for opened in self._retired.values():
            opened.cancel()
        if self._retired:
            await asyncio.wait(list(self._retired))

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """Logs what pygls would show to the user; a failed request has its own answer."""
        if source is not FeatureRequestError:
            logger.error("%s: %s", source.__name__, error)

    def _initialized(self) -> Opened:
        if self.opened is None:
            raise JsonRpcServerNotInitialized("Send `initialize` and `initialized` before you ask.")
        return self.opened

    def _retire(self) -> None:
        if self.opened is None:
            return
        closing = asyncio.create_task(self.opened.close())
        self._retired[closing] = self.opened
        closing.add_done_callback(self._retired.pop)
        self.opened = None

    def _show_error(self, sentence: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, sentence))


async def _answered(work: Awaitable[T]) -> T:
    """What a request comes to; what it fails with is an error response."""
    try:
        return await work
    except RlmError as error:
        raise JsonRpcException(str(error), types.LSPErrorCodes.RequestFailed.value) from error
    except Exception as error:
        logger.exception("A request failed")
        raise JsonRpcInternalError(
            f"rlm-lsp has failed on this request ({error}); its log on standard error says where."
        ) from error


def create(roots: Sequence[Path] | None) -> Server:
    """A server with every message registered."""
    server = Server(roots)
    server.feature(types.INITIALIZE)(_initialize)
    server.feature(types.INITIALIZED)(_initialized)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(_folders_changed)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(_saved)
    server.feature(types.SHUTDOWN)(_shutdown)
    server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolOptions(label="RLM"))(
        _document_symbols
    )
    server.feature(types.WORKSPACE_SYMBOL)(_workspace_symbols)
    server.feature(ASK_REQUEST)(_ask)
    server.command(ASK_COMMAND)(_ask)
    return server


async def serve(wire: Wire, roots: Sequence[Path] | None) -> int:
    """Serves the client at the other end of the wire until it leaves or the process is told to end.

    Returns:
        The exit code: 0, except after an `exit` that no `shutdown` preceded (LSP 3.17, "Exit").
    """
    server = create(roots)
    wire.start()
    for ending in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows' loops have no signal handlers
            asyncio.get_running_loop().add_signal_handler(ending, wire.hang_up)
    server.protocol.set_writer(wire)
    try:
        # The other end closing in the middle of a message is the same as its closing after one.
        with suppress(asyncio.IncompleteReadError):
            await run_async(
                threading.Event(), wire.reader, server.protocol, logger, server.report_server_error
            )
    except SystemExit as exit_notification:
        return int(exit_notification.code or 0)
    finally:
        await server.close()
    return 0


def _initialize(ls: Server, params: types.InitializeParams) -> None:
    ls.folders.initialize(params)


def _initialized(ls: Server, _params: types.InitializedParams) -> None:
    ls.open_workspace()


def _folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    if ls.folders.change(params.event):
        ls.open_workspace()


def _saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    ls.buffers.saved(params.text_document.uri)


async def _shutdown(ls: Server, _params: None) -> None:
    await ls.close()


async def _ask(ls: Server, params: Any = None, token: types.ProgressToken | None = None) -> dict[str, Any]:
    return await ls.ask(params, token)


async def _document_symbols(
    ls: Server, params: types.DocumentSymbolParams
) -> Sequence[types.DocumentSymbol | types.SymbolInformation]:
    return await ls.document_symbols(params.text_document.uri)


async def _workspace_symbols(
    ls: Server, params: types.WorkspaceSymbolParams
) -> Sequence[types.WorkspaceSymbol]:
    return await ls.workspace_symbols(params.query)
