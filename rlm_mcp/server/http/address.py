"""Address of a server: where it listens, and whether others than this machine can connect."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import NamedTuple

from rlm_core.errors import ConfigError


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads `[HOST:]PORT`; raises `ConfigError`."""
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
        if not port.isdecimal() or int(port) > 65535:
            raise ConfigError(f"--http takes [HOST:]PORT, such as 8080 or 127.0.0.1:8080, not {text!r}.")
        return cls(host, int(port))

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def listen(self) -> socket.socket:
        """A socket that listens; raises `ConfigError`."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, place = found[0]
            listening = socket.socket(family, kind, protocol)
            if sys.platform == "win32":  # where REUSEADDR would let two programs have one address
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen()
        except OSError as error:
            raise ConfigError(f"{self.host}:{self.port} cannot be listened on: {error.strerror}.") from error
        return listening
