"""Buffers: the text documents that the editor has open, kept as overlays of the workspace."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pygls.uris import to_fs_path

if TYPE_CHECKING:
    from rlm_core.workspace.workspace import Workspace


class Buffers:
    """Open documents by URI, as the editor last sent them; an overlay each, in the workspace in force."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        # Ours, since the client's version starts again whenever a document is opened.
        self._versions = count(1)
        self._workspace: Workspace | None = None

    def get(self, uri: str) -> str | None:
        """The document's text, if it is open."""
        return self._texts.get(uri)

    def attach(self, workspace: Workspace) -> None:
        """Puts the overlays into this workspace from now on, those of what is open already included."""
        self._workspace = workspace
        for uri, text in self._texts.items():
            self._set_overlay(uri, text)

    def put(self, uri: str, text: str) -> None:
        """A document was opened, or its whole text replaced."""
        self._texts[uri] = text
        self._set_overlay(uri, text)

    def invalidate(self, uri: str) -> None:
        """The file was written; it is read again even if the watcher's word has not arrived yet."""
        file = uri_to_file(uri)
        if self._workspace is not None and file is not None:
            self._workspace.invalidate([str(file)])

    def close(self, uri: str) -> None:
        """A document was closed: what is on disk counts again."""
        self._texts.pop(uri, None)
        file = uri_to_file(uri)
        if self._workspace is not None and file is not None:
            self._workspace.drop_overlay(file)

    def _set_overlay(self, uri: str, text: str) -> None:
        file = uri_to_file(uri)
        if self._workspace is not None and file is not None:
            self._workspace.set_overlay(file, text, next(self._versions))


def uri_to_file(uri: str) -> Path | None:
    """The file behind a URI, symbolic links resolved; None for what is none (`untitled:`, `file://` …)."""
    path = to_fs_path(uri)
    return Path(path).resolve() if path else None


def untitled_name(uri: str) -> str | None:
    """What a document is called that has never been a file; None for any other.

    VS Code has `untitled:`, with the path where it is to be saved if that is known; Neovim's buffers without
    a name are `file://`.
    """
    return unquote(uri.removeprefix("untitled:")) if uri.startswith("untitled:") or uri == "file://" else None
