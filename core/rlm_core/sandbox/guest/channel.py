"""The program's way to the host: whoever sends a call waits for its reply, since there is one thread."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from rlm_core.errors import RlmError
from rlm_core.sandbox import wire

if TYPE_CHECKING:
    from collections.abc import Callable

_ERRORS: dict[str, type[Exception]] = {"RlmError": RlmError, "TypeError": TypeError}


class Channel:
    """Does for the guest what `rlm_core.sandbox.inside.channel.Channel` does for a native worker.

    Args:
        send: writes frames to the host.
        receive: waits for a frame from the host.
    """

    def __init__(self, send: Callable[[str], None], receive: Callable[[], str]) -> None:
        self._send = send
        self._receive = receive
        self._requests: deque[dict[str, Any]] = deque()
        self._last = 0

    def request(self) -> dict[str, Any]:
        """Waits for the host's next request and returns it."""
        while True:
            message = self._requests.popleft() if self._requests else self._next()
            if message["op"] != "reply":
                return message

    def send(self, *messages: dict[str, Any]) -> None:
        """Writes messages, one after another; raises `wire.FrameError` if one cannot be sent."""
        self._send(b"".join(map(wire.encode, messages)).decode("latin-1"))

    def call(self, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Calls a function of the host and returns what it returns; raises as the native channel does."""
        self._last += 1
        number = self._last
        self.send({"op": "call", "id": number, "name": name, "args": arguments, "kwargs": keywords})
        reply = self._next()
        while reply["op"] != "reply" or reply["id"] != number:
            self._requests.append(reply)
            reply = self._next()
        failure = reply.get("error")
        if failure is None:
            return reply["value"]
        raise _ERRORS.get(failure["kind"], RuntimeError)(failure["message"])

    def _next(self) -> dict[str, Any]:
        return decoded(self._receive())


def decoded(frame: str) -> dict[str, Any]:
    """Returns the message in a frame from the host."""
    data = frame.encode("latin-1")
    start = wire.PREFIX.size
    head, _ = wire.sizes(data[:start])
    message: dict[str, Any] = wire.decode(data[start : start + head], data[start + head :])
    return message
