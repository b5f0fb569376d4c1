"""Language server: its state, the table of its handlers, and its life over one transport."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NamedTuple

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcServerNotInitialized
from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer

from rlm_core import __version__
from rlm_lsp.buffers import Buffers
from rlm_lsp.error_responses import with_error_responses
from rlm_lsp.protocol import Protocol, get_converter
from rlm_lsp.requests import document_symbol, lifecycle, text_document_sync
from rlm_lsp.requests.ask import ask
from rlm_lsp.requests.did_change_workspace_folders import did_change_workspace_folders
from rlm_lsp.requests.execute_command import COMMANDS, execute_command
from rlm_lsp.requests.workspace_symbol import workspace_symbol
from rlm_lsp.workspace_folders import WorkspaceFolders
from rlm_lsp.workspace_session import WorkspaceSession

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pygls.server import ServerErrors

    from rlm_lsp.stdio import StdioTransport

logger = logging.getLogger(__name__)


class Handler(NamedTuple):
    """What is done about a message, and the options that the server's capabilities give for it."""

    function: Callable[..., Any]
    options: Any = None


HANDLERS = {
    types.INITIALIZE: Handler(lifecycle.initialize),
    types.INITIALIZED: Handler(lifecycle.initialized),
    types.SHUTDOWN: Handler(lifecycle.shutdown),
    types.TEXT_DOCUMENT_DID_OPEN: Handler(text_document_sync.did_open),
    types.TEXT_DOCUMENT_DID_CHANGE: Handler(text_document_sync.did_change),
    types.TEXT_DOCUMENT_DID_SAVE: Handler(text_document_sync.did_save),
    types.TEXT_DOCUMENT_DID_CLOSE: Handler(text_document_sync.did_close),
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: Handler(did_change_workspace_folders),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: Handler(document_symbol.document_symbol, document_symbol.OPTIONS),
    types.WORKSPACE_SYMBOL: Handler(workspace_symbol),
    types.WORKSPACE_EXECUTE_COMMAND: Handler(execute_command),
    "rlm/ask": Handler(ask),
}

# pygls has handlers of its own for these, which come first. Its documents read the disk, split lines at form
# feeds and leave a future behind for each change; its commands cannot be cancelled.
_NOT_BY_PYGLS = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_EXECUTE_COMMAND,
)


class Server(LanguageServer):
    """One editor's server.

    Attributes:
        folders: what the workspace is.
        buffers: the open documents.
    """

    def __init__(self, roots: Sequence[Path] | None) -> None:
        super().__init__(
            "rlm-lsp",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
            converter_factory=get_converter,
        )
        self.folders = WorkspaceFolders(roots)
        self.buffers = Buffers()
        self._session: WorkspaceSession | None = None
        self._closing_sessions: dict[asyncio.Task[None], WorkspaceSession] = {}
        self._register_handlers()

    @property
    def session(self) -> WorkspaceSession:
        """The workspace in force.

        Raises:
            JsonRpcServerNotInitialized: there is none before `initialized` and after `shutdown`.
        """
        if self._session is None:
            raise JsonRpcServerNotInitialized("Send `initialize` and `initialized` before you ask.")
        return self._session

    @property
    def position_encoding(self) -> str:
        """What positions count the units of, as negotiated: `utf-8`, `utf-16` or `utf-32`."""
        encoding = self.workspace.position_encoding
        return str(getattr(encoding, "value", encoding))

    def open_workspace(self) -> None:
        """Opens the folders in force; what was open before ends when its last question is answered."""
        self._begin_to_close()
        self._session = WorkspaceSession(self.folders, self.buffers, self._show_error)

    async def close(self) -> None:
        """Ends every question, then closes every workspace."""
        self._begin_to_close()
        for session in self._closing_sessions.values():
            session.cancel()
        if self._closing_sessions:
            await asyncio.wait(list(self._closing_sessions))

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """Logs what pygls would show to the user; a failed request has its own answer."""
        if source is not FeatureRequestError:
            logger.error("%s: %s", source.__name__, error)

    def _register_handlers(self) -> None:
        for method in _NOT_BY_PYGLS:
            del self.protocol.fm.builtin_features[method]
        for method, (function, options) in HANDLERS.items():
            is_request = iscoroutinefunction(function)
            self.feature(method, options)(with_error_responses(function) if is_request else function)
        for name, command in COMMANDS.items():
            self.command(name)(command)  # for the capabilities: `execute_command` looks into the table

    def _begin_to_close(self) -> None:
        if self._session is None:
            return
        closing = asyncio.create_task(self._session.close())
        self._closing_sessions[closing] = self._session
        closing.add_done_callback(self._closing_sessions.pop)
        self._session = None

    def _show_error(self, sentence: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, sentence))


async def serve(transport: StdioTransport, roots: Sequence[Path] | None) -> int:
    """Serves the client at the other end of the transport until it leaves or the process is told to end.

    Returns:
        The exit code: 0, except after an `exit` that no `shutdown` preceded (LSP 3.17, "Exit").
    """
    server = Server(roots)
    transport.start()
    for ending in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows' loops have no signal handlers
            asyncio.get_running_loop().add_signal_handler(ending, transport.hang_up)
    server.protocol.set_writer(transport)
    try:
        # The other end closing in the middle of a message is the same as its closing after one.
        with suppress(asyncio.IncompleteReadError):
            await run_async(
                threading.Event(), transport.reader, server.protocol, None, server.report_server_error
            )
    except SystemExit as exit_notification:
        return int(exit_notification.code or 0)
    finally:
        await server.close()
    return 0
