"""Bearer tokens: each is a client of its own, for as long as it stands in the environment or in the file."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
import stat
import sys
from typing import TYPE_CHECKING

from mcp.server.auth.provider import AccessToken, TokenVerifier

from rlm_core.errors import ConfigError
from rlm_core.wording import escaped

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "RLM_MCP_TOKEN"  # noqa: S105 - its name, not a token
MIN_TOKEN_CHARS = 16
MAX_FILE_BYTES = 1_000_000


class Tokens(TokenVerifier):
    """The tokens that are accepted.

    The file is read at each use: that takes some microseconds, and no stamp has to be trusted to tell that it
    has changed. While it cannot be used, none of its tokens is accepted, since one may have been taken out of
    it; what clients have is only ended when a file that can be used has their token no more.

    Args:
        file: a line for each client: its name, a space, its token.
        variable: one token more, of the environment.

    Attributes:
        required: whether clients need one.

    Raises:
        ConfigError: a token is too short or there twice; the file cannot be read, or others can read it.
    """

    def __init__(self, file: Path | None = None, variable: str = "") -> None:
        self.required = file is not None or bool(variable)
        # Tokens are looked up by a digest under a key that nobody else has, so how long that takes tells
        # nothing about them, and a part of it can name a client in a log.
        self._key = secrets.token_bytes(32)
        self._file = file
        self._fixed = self._clients_of([("default", variable)], TOKEN_VARIABLE) if variable else {}
        self._filed: dict[bytes, str] = {}
        self._content: bytes | None = None  # of the file, where it can be used
        self._problem = ""
        self._removed: set[str] = set()
        if file is not None:
            self._take(_content(file))

    def __len__(self) -> int:
        return len(self._fixed) + (len(self._filed) if not self._problem else 0)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whose token it is; None for nobody's."""
        self._refresh()
        digest = self._digest(token)
        client = self._fixed.get(digest) or (self._filed.get(digest) if not self._problem else None)
        return AccessToken(token=token, client_id=client, scopes=[]) if client else None

    def take_removed(self) -> set[str]:
        """The clients whose tokens have been taken out of the file since this was asked last."""
        self._refresh()
        removed, self._removed = self._removed, set()
        return removed

    def _refresh(self) -> None:
        if self._file is None:
            return
        try:
            content = _content(self._file)
            if content != self._content:
                self._take(content)
                log.warning("The tokens in %s have changed; there are %d.", self._file, len(self._filed))
            elif self._problem:
                log.warning("The tokens in %s are accepted again.", self._file)
            self._problem = ""
        except ConfigError as error:
            if self._problem != str(error):
                self._problem = str(error)
                log.error("%s Until then no token of the file is accepted.", error)  # noqa: TRY400 - a sentence

    def _take(self, content: bytes) -> None:
        """Accepts the tokens of this content, and no others."""
        try:
            lines = content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{self._file} is not UTF-8; write a line for each client: NAME TOKEN."
            ) from error
        found = []
        for line in lines:
            name, _, token = line.strip().rpartition(" ")
            if token and not line.startswith("#"):
                found.append((name.strip() or "default", token))
        if not found:
            raise ConfigError(f"{self._file} holds no token; write a line for each client: NAME TOKEN.")
        filed = self._clients_of(found, str(self._file))
        self._removed |= set(self._filed.values()) - set(filed.values())
        self._filed, self._content = filed, content

    def _clients_of(self, found: list[tuple[str, str]], place: str) -> dict[bytes, str]:
        clients: dict[bytes, str] = {}
        for spelled, token in found:
            name = escaped(spelled)  # it goes into the log
            digest = self._digest(token)
            if len(token) < MIN_TOKEN_CHARS:
                raise ConfigError(
                    f"The token of {name} in {place} has fewer than {MIN_TOKEN_CHARS} characters; "
                    "take a longer one."
                )
            if digest in clients:
                raise ConfigError(f"The token of {name} stands in {place} twice; give each client its own.")
            clients[digest] = f"{name}#{digest.hex()[:12]}"
        return clients

    def _digest(self, token: str) -> bytes:
        return hmac.digest(self._key, token.encode("utf-8", "surrogateescape"), "sha256")


def _content(file: Path) -> bytes:
    """What the file holds; a pipe in its place is not waited for."""
    try:
        with open(file, "rb", opener=_open_at_once) as opened:
            state = os.fstat(opened.fileno())
            mode = state.st_mode
            if not stat.S_ISREG(mode):
                raise ConfigError(f"{file} is no file that could be read again; write the tokens into one.")
            # On Windows the mode says nothing; a user's own folders are closed to others.
            if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ConfigError(f"{file} holds tokens, but others may use it too; chmod 600 it.")
            if sys.platform != "win32" and state.st_uid not in {os.geteuid(), 0}:
                raise ConfigError(
                    f"{file} holds tokens, but is another user's, who may change them; chown it to the user "
                    "that the server runs as."
                )
            content = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{file} has more than {MAX_FILE_BYTES:,} bytes; keep nothing but tokens in it.")
    return content


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # not on Windows
