"""A scripted OpenAI-compatible server on a real port: the only stand-in for a language model in the tests.

    replies = {"root": ["```repl\\nprint(1)\\n```", "FINAL(done)"], "sub": lambda request: "yes"}
    with ModelServer(replies) as server:
        settings = ModelSettings(name="root", sub_name="sub", base_url=server.url)

A process started by a test reaches it the same way, through `OPENAI_BASE_URL`.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    # By model: replies in order, or a function of the request.
    Script = Sequence["Reply | str"] | Callable[["Request"], "Reply | str"]

HELD_SECONDS = 20


@dataclass(frozen=True)
class Request:
    """A chat request as it came in."""

    model: str
    messages: list[dict[str, str]]
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        """The latest message."""
        return self.messages[-1]["content"]

    @property
    def text(self) -> str:
        """All messages."""
        return "\n\n".join(message["content"] for message in self.messages)


@dataclass(frozen=True)
class Reply:
    """What the server answers.

    Attributes:
        text: the completion, where the status is 200.
        status: the HTTP status.
        error: the error object of the body, for other statuses.
        headers: extra response headers.
        finish_reason: `length` for a completion that was cut.
        usage: the usage object; None leaves it out, `{}` counts characters by four.
        until: answers only when this is set (the client may have left by then).
        raw: a body that takes the place of everything else.
        content_type: of `raw`.
        wire: what takes the place even of HTTP; then the connection ends.
    """

    text: str = ""
    status: int = 200
    error: dict[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    finish_reason: str = "stop"
    usage: dict[str, Any] | None = field(default_factory=dict)
    until: threading.Event | None = None
    raw: str | bytes | None = None
    content_type: str = "application/json"
    wire: Iterable[bytes] | None = None


def rate_limited(retry_after: str = "0") -> Reply:
    """429 with Retry-After (`0` lets the client use its own short pause)."""
    return Reply(
        status=429,
        headers={"Retry-After": retry_after},
        error={"message": "Slow down.", "code": "rate_limit"},
    )


def unauthorized(key: str = "") -> Reply:
    """401 that quotes the key, as providers do."""
    return Reply(
        status=401, error={"message": f"Incorrect API key provided: {key}", "code": "invalid_api_key"}
    )


def unknown_model(name: str) -> Reply:
    """404 for a model that is not served."""
    return Reply(
        status=404, error={"message": f"The model `{name}` does not exist", "code": "model_not_found"}
    )


def overflow() -> Reply:
    """400 because the prompt is longer than the window."""
    message = "This model's maximum context length is 8192 tokens. However, your messages are longer."
    return Reply(status=400, error={"message": message, "code": "context_length_exceeded"})


class ModelServer:
    """Answers `/v1/chat/completions` and `/v1/models` from a script.

    Args:
        script: by model name, a list of replies that are given in order (one too many fails the test's
            run with a 500 that says so) or a function of the request. Functions are called on the
            connection's own thread and may block.
        served: what `/v1/models` lists; None answers 404 there.

    Attributes:
        requests: all chat requests so far.
        most_at_once: the largest number of chat requests that were being answered at one time.
    """

    def __init__(self, script: Mapping[str, Script], served: Sequence[str] | None = ()) -> None:
        self._script = {
            name: replies if callable(replies) else list(replies) for name, replies in script.items()
        }
        self._served = served
        self.requests: list[Request] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.model_server = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def prompts(self, model: str) -> list[str]:
        """The latest message of each request to a model, in the order of their arrival."""
        return [request.prompt for request in self.requests if request.model == model]

    def _reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            reply = self._scripted(request)
        finally:
            with self._lock:
                self._at_once -= 1
        return Reply(reply) if isinstance(reply, str) else reply

    def _scripted(self, request: Request) -> Reply | str:
        replies = self._script.get(request.model)
        if replies is None:
            return unknown_model(request.model)
        if callable(replies):
            return replies(request)
        with self._lock:
            if replies:
                return replies.pop(0)
        missing = f"The script for {request.model} has no reply left."
        return Reply(status=501, error={"message": missing}, headers={"x-should-retry": "false"})

    def _models(self) -> dict[str, Any] | None:
        if self._served is None:
            return None
        names = self._served or list(self._script)
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}


class _Server(ThreadingHTTPServer):
    model_server: ModelServer
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that left is part of many tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet: else each reply waits 40 ms for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        models = self.server.model_server._models() if self.path == "/v1/models" else None
        if models is None:
            self._send(404, {"error": {"message": "Not found"}})
        else:
            self._send(200, models)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = Request(body["model"], body["messages"], dict(self.headers.items()), body)
        reply = self.server.model_server._reply(request)
        if reply.until is not None and not reply.until.wait(HELD_SECONDS):
            reply = Reply(status=501, error={"message": "The test never let this reply go."})
        if reply.wire is not None:
            self.close_connection = True
            for data in reply.wire:
                self.wfile.write(data)
        elif reply.raw is not None:
            self._send_text(reply.status, reply.raw, reply.content_type, reply.headers)
        elif reply.status != 200:
            self._send(reply.status, {"error": reply.error}, reply.headers)
        else:
            self._send(200, _completion(request, reply), reply.headers)

    def _send(self, status: int, body: dict[str, Any], headers: Mapping[str, str] = {}) -> None:
        self._send_text(status, json.dumps(body), "application/json", headers)

    def _send_text(self, status: int, body: str | bytes, kind: str, headers: Mapping[str, str]) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _completion(request: Request, reply: Reply) -> dict[str, Any]:
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request.model,
        "choices": [
            {
                "index": 0,
                "finish_reason": reply.finish_reason,
                "message": {"role": "assistant", "content": reply.text},
            }
        ],
    }
    if reply.usage is not None:
        completion["usage"] = reply.usage or {
            "prompt_tokens": len(request.text) // 4,
            "completion_tokens": len(reply.text) // 4,
            "total_tokens": (len(request.text) + len(reply.text)) // 4,
        }
    return completion
