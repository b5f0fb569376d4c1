"""A scripted model for coding agents: it calls one tool after the other, then repeats the last result."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from tests.hosts.dialects import DIALECTS, Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping


class Endpoint:
    """Speaks every dialect on one port.

    Args:
        script: tool name (without a host's prefix) → arguments; called in this order.

    Attributes:
        offered: the names of all tools that the host offered, as the host calls them.
        results: by tool, what the host gave back to the model.
        unexpected: requests that no dialect answers, for failure messages.
    """

    def __init__(self, script: Mapping[str, Mapping[str, Any]]) -> None:
        self.script = script
        self.offered: list[str] = []
        self.results: dict[str, str] = {}
        self.unexpected: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.endpoint = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Without a path: hosts add their own."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, dialect: Dialect, body: dict[str, Any]) -> str:
        """Plays the script: the number of results in the request tells how far the host is."""
        offered = dialect.tools(body)
        tools = {known: tool for known in self.script for tool in offered if tool.name.endswith(known)}
        if not tools:
            return dialect.say("Nothing to do.")  # a title, a summary
        self.offered = [tool.name for tool in offered]
        results = dialect.results(body)
        self.results = dict(zip(tools, results, strict=False))
        if len(results) == len(tools):
            return dialect.say(f"All tools have answered: {', '.join(tools)}.")
        known = list(tools)[len(results)]
        return dialect.call(tools[known], self.script[known])


class _Server(ThreadingHTTPServer):
    endpoint: Endpoint
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Hosts hang up when they end."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        dialect = next((dialect for end, dialect in DIALECTS.items() if path.endswith(end)), None)
        if dialect is None:
            self.server.endpoint.unexpected.append(f"POST {self.path}")
            self._send(404, "application/json", b"{}")
        else:
            answer = self.server.endpoint.answer(dialect, json.loads(data))
            self._send(200, "text/event-stream", answer.encode())

    def do_GET(self) -> None:
        self._send(404, "application/json", b"{}")

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""
