"""A real LSP client around a real `rlm-lsp` process: what the tests hold instead of an editor."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import converters, types
from pygls.protocol import JsonRPCResponseMessage
from pytest_lsp import LanguageClient
from pytest_lsp.client import register_lsp_features

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from cattrs import Converter

SERVER = str(Path(sys.executable).with_name("rlm-lsp"))
SHOWS_PROGRESS = types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True))


class Editor:
    """An editor with some folders open."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.progress = asyncio.Event()

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self.client._server is not None
        return self.client._server.pid

    async def ask(self, question: str, **params: Any) -> dict[str, Any]:
        """`rlm/ask`."""
        answer: dict[str, Any] = await self.request("rlm/ask", {"question": question, **params})
        return answer

    async def request(self, method: str, params: Any, message_id: str | None = None) -> Any:
        """Any request; raises the client's exception for an error response."""
        send: Any = self.client.protocol.send_request_async  # pygls has not annotated it
        return await send(method, params, message_id)

    def open(self, file: Path, text: str) -> None:
        """A buffer with this text appears."""
        document = types.TextDocumentItem(file.as_uri(), "plaintext", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    def change(self, file: Path, text: str, version: int = 2) -> None:
        """The buffer is typed in."""
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, file.as_uri()),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, file: Path, text: str) -> None:
        """The buffer's text is written to disk."""
        file.write_text(text)
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(text_document(file)))

    def close(self, file: Path) -> None:
        """The buffer is closed."""
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(text_document(file)))

    def reports(self) -> list[list[Any]]:
        """The progress seen so far, token by token."""
        return list(self.client.progress_reports.values())


def text_document(file: Path) -> types.TextDocumentIdentifier:
    return types.TextDocumentIdentifier(file.as_uri())


@asynccontextmanager
async def editing(
    *folders: Path,
    environment: Mapping[str, str] | None = None,
    capabilities: types.ClientCapabilities | None = None,
    server: tuple[str, ...] = (SERVER,),
    arguments: tuple[str, ...] = (),
    cwd: Path | None = None,
) -> AsyncIterator[Editor]:
    """An editor on these folders, past the handshake; says `shutdown` and `exit` at the end."""
    client = LanguageClient(converter_factory=_converter)
    register_lsp_features(client)
    await client.start_io(*server, *arguments, env={**os.environ, **(environment or {})}, cwd=cwd)
    names = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
    await client.initialize_session(
        types.InitializeParams(capabilities or types.ClientCapabilities(), workspace_folders=names or None)
    )
    try:
        yield Editor(client)
        assert client._server is not None
        if client._server.returncode is None:
            await client.shutdown_session()
    finally:
        if client._server is not None and client._server.returncode is None:
            client._server.kill()
        stop: Any = client.stop  # pygls has not annotated it
        await stop()


def _converter() -> Converter:
    converter = converters.get_converter()
    converter.register_structure_hook(JsonRPCResponseMessage, lambda message, kind: kind(**message))
    return converter
