"""HTTP client for endpoints: bounded responses from the configured address alone, whatever a server sends.

It is what the `openai` package sends requests through. The package itself waits for as long as bytes keep
coming, keeps them all, and follows redirects to any host with the whole request.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2
from openai import DEFAULT_CONNECTION_LIMITS, OpenAIError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

# After decompression. What counts of a completion (`COMPLETION_CHARS`) takes less, escaped as it may be.
RESPONSE_BYTES = 8 << 20
# Of what comes before a body; servers may send any number of interim responses (`100 Continue`).
HEAD_BYTES = 256 << 10
# Of a connection at once: what has been read is taken apart without a pause.
READ_BYTES = 8 << 10
# Of an error response a sentence is quoted.
ERROR_BYTES = 64 << 10
# What a part of a response counts at least, for each costs time, however little is in it.
PART_BYTES = 1 << 10
# What says how a body travelled, and the charset, which may name any codec of Python's; JSON is UTF-8.
_OF_TRANSPORT = frozenset({"content-encoding", "content-length", "content-type", "transfer-encoding"})


@dataclass(slots=True)
class _Allowance:
    """What a response may still take on its connection before its body."""

    left: float = HEAD_BYTES


_allowance: ContextVar[_Allowance | None] = ContextVar("allowance", default=None)


class ResponseTooLargeError(OpenAIError):
    """A response that is larger than a bound; as one of the `openai` package's, it is not tried again."""


class BoundedClient(httpx2.AsyncClient):
    """An HTTP client that reads bounded responses, each within the time for one try, and follows nothing.

    Args:
        timeout: its `read` is the time for the whole response.
        event_hooks: as httpx has them.
    """

    def __init__(
        self,
        timeout: httpx2.Timeout,
        event_hooks: Mapping[str, list[Callable[..., Coroutine[Any, Any, None]]]],
    ) -> None:
        super().__init__(
            timeout=timeout,
            event_hooks=event_hooks,
            follow_redirects=False,
            limits=DEFAULT_CONNECTION_LIMITS,
        )

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Sends a request, and reads the response as far as it counts.

        Raises:
            ReadTimeout: the response was not complete in time.
            ResponseTooLargeError: it is too large.
        """
        options.update(stream=True, follow_redirects=False)
        request.extensions["trace"] = _bound_connection
        allowance = _Allowance()
        token = _allowance.set(allowance)
        try:
            async with asyncio.timeout(request.extensions["timeout"]["read"]) as timeout:
                response = await super().send(request, **options)
                allowance.left = float("inf")  # from here on the body is counted
                try:
                    body = await _body(response)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            if not timeout.expired():
                raise
            raise httpx2.ReadTimeout("The response is not complete.", request=request) from error
        finally:
            _allowance.reset(token)
        return _plain(response, body)


async def _bound_connection(event: str, info: Mapping[str, Any]) -> None:
    """A trace of a request (an extension of httpx), for it shows connections; they cannot be given to it."""
    if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
        stream = info["return_value"]
        stream.read = partial(_read, stream.read)


async def _read(read: Callable[..., Awaitable[bytes]], most: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as the connection has it
    data = await read(min(most, READ_BYTES), timeout=timeout)
    allowance = _allowance.get()
    if allowance is not None:
        allowance.left -= len(data)
        if allowance.left < 0:
            raise ResponseTooLargeError
    return data


async def _body(response: httpx2.Response) -> bytes:
    parts: list[bytes] = []
    size = counted = 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        counted += max(len(part), PART_BYTES)
        if response.is_success:
            if counted > RESPONSE_BYTES:
                raise ResponseTooLargeError
        elif counted > ERROR_BYTES:
            break
        # Parts that are here already come without a pause, in which nobody else would be served.
        await asyncio.sleep(0)
    return b"".join(parts) if response.is_success else b"".join(parts)[:ERROR_BYTES]


def _plain(response: httpx2.Response, body: bytes) -> httpx2.Response:
    """The response with a body that is here, decompressed, and text in UTF-8."""
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_TRANSPORT]
    plain = httpx2.Response(response.status_code, headers=headers, content=body, request=response.request)
    plain.encoding = "utf-8"
    return plain
