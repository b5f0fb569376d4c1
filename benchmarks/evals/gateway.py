"""Gateway: an OpenAI-compatible endpoint on loopback in front of a cell's models.

A program of any version, or by anybody, that can be told a base URL and a key is metered as our own arms are.
The key says which cell a request belongs to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.evals.budget import BudgetSpentError
from rlm_core.models.base import Message, ModelError
from rlm_core.well_formed import well_formed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping

    from starlette.requests import Request

    from rlm_core.models.base import Completion, Model

ROOT, SUB = "root", "sub"  # the names under which programs know their models

# By the kind of a failure; nothing else would tell a program that its prompt was too long.
_STATUS = {
    "context-overflow": 400,
    "authentication": 401,
    "unknown-model": 404,
    "rate-limit": 429,
    "timeout": 504,
}
_CODES = {"context-overflow": "context_length_exceeded", "unknown-model": "model_not_found"}
# Whoever made the call behind the gateway has tried again already.
_FINAL = {"x-should-retry": "false"}


@dataclass(frozen=True)
class Access:
    """How a program reaches a cell's models.

    Attributes:
        url: the base URL.
        key: the API key.
    """

    url: str
    key: str


class Gateway:
    """Serves the models of cells under way; see `serve`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self._models: dict[str, Mapping[str, Model]] = {}
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/models", self._list, methods=["GET"]),
            ]
        )

    @contextlib.contextmanager
    def access(self, root: Model, sub: Model) -> Iterator[Access]:
        """Lets a program reach these models as long as the block runs."""
        key = secrets.token_urlsafe(32)
        self._models[key] = {ROOT: root, SUB: sub}
        try:
            yield Access(self.url, key)
        finally:
            del self._models[key]

    def _of(self, request: Request) -> Mapping[str, Model]:
        return self._models.get(request.headers.get("authorization", "").removeprefix("Bearer "), {})

    async def _list(self, request: Request) -> Response:
        data = [{"id": name, "object": "model"} for name in self._of(request)]
        return JSONResponse({"object": "list", "data": data})

    async def _chat(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            messages = [
                Message(said["role"], well_formed(_text(said["content"]))) for said in body["messages"]
            ]
            name = body["model"]
        except (ValueError, KeyError, TypeError) as error:
            return _failure(400, f"The request is no chat completion's: {error}.", "invalid_request")
        model = self._of(request).get(name)
        if model is None:
            return _failure(404, f"There is no model {name!r} for this key.", "model_not_found")
        try:
            completion = await _unless_gone(model.complete(messages), request)
        except BudgetSpentError as error:
            return _failure(402, str(error), "budget_spent")
        except ModelError as error:
            return _failure(_STATUS.get(error.kind, 502), str(error), _CODES.get(error.kind, error.kind))
        return _streamed(completion) if body.get("stream") else JSONResponse(_reply(completion))


@contextlib.asynccontextmanager
async def serve() -> AsyncIterator[Gateway]:
    """A gateway that listens on a free port of loopback as long as the block runs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        gateway = Gateway(listener.getsockname()[1])
        server = _Server(uvicorn.Config(gateway.app, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn has nothing to await
            await asyncio.sleep(0.01)
        try:
            yield gateway
        finally:
            server.should_exit = server.force_exit = True
            await serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the run."""
        yield


async def _unless_gone(completing: Coroutine[Any, Any, Completion], request: Request) -> Completion:
    """A completion, given up when the client has left: a reader need not answer a program that has ended."""
    task = asyncio.create_task(completing)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ModelError("The client has left.", "rejected")
        return task.result()
    finally:
        for left in (task, gone):
            left.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _text(content: object) -> str:
    """A message's text, whose form may be a list of parts."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    if not isinstance(content, str):
        raise TypeError("a message's content is no text")
    return content


def _usage(completion: Completion) -> dict[str, Any]:
    usage = completion.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _reply(completion: Completion) -> dict[str, Any]:
    finish = "length" if completion.truncated else "stop"
    message = {"role": "assistant", "content": completion.text}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": completion.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": _usage(completion),
    }


def _streamed(completion: Completion) -> Response:
    """The whole reply as one piece, for programs that want a stream."""
    reply = _reply(completion)
    choice = reply["choices"][0]
    base = {**reply, "object": "chat.completion.chunk"}
    pieces = [
        {**base, "choices": [{"index": 0, "delta": choice["message"], "finish_reason": None}], "usage": None},
        {
            **base,
            "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}],
            "usage": None,
        },
        {**base, "choices": []},
    ]
    text = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n\n"
    return Response(text, media_type="text/event-stream")


def _failure(status: int, message: str, code: str) -> Response:
    return JSONResponse({"error": {"message": message, "code": code, "type": code}}, status, _FINAL)
