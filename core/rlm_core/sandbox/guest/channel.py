"""Channel of a guest to the host: while a thread waits for the reply to its call, others make theirs."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox import wire
from rlm_core.sandbox.guest import schedule
from rlm_core.sandbox.repl import replies

if TYPE_CHECKING:
    from collections.abc import Callable


class GuestChannel:
    """Does for the guest what `rlm_core.sandbox.worker.channel.WorkerChannel` does for a native worker.

    Args:
        send: writes frames to the host.
        receive: waits for a frame from the host, so many seconds (or, below 0, for ever); empty if none came.
    """

    def __init__(self, send: Callable[[str], None], receive: Callable[[float], str]) -> None:
        self._send = send
        self._receive = receive
        self._requests: deque[dict[str, Any]] = deque()
        self._replies: dict[int, dict[str, Any] | None] = {}  # to the calls under way, None before it is here
        self._last = 0
        self._joined = wire.Joined()

    def request(self) -> dict[str, Any]:
        """Waits for the host's next request and returns it."""
        while not self._requests:
            self._take_in(None)
        return self._requests.popleft()

    def send(self, *messages: dict[str, Any]) -> None:
        """Writes messages, one after another; raises `wire.FrameError` if one cannot be sent."""
        frames = (wire.encode(message, wire.MAX_HEAD_TO_HOST) for message in messages)
        self._send(b"".join(frames).decode("latin-1"))

    def call(self, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Calls a function of the host and returns what it returns; raises as `replies.result` does."""
        self._last += 1
        number = self._last
        self._replies[number] = None
        try:
            message = {"op": "call", "id": number, "name": name, "args": arguments, "kwargs": keywords}
            for frame in list(wire.encode_in_parts(message, wire.MAX_HEAD_TO_HOST)):  # all of them or none
                self._send(frame.decode("latin-1"))
            schedule.wait(lambda: self._replies[number] is not None, idle=self._take_in)
        finally:
            reply = self._replies.pop(number)
        assert reply is not None, "a wait for a reply ends with it"  # noqa: S101 - for type checkers
        return replies.result(reply)

    def _take_in(self, seconds: float | None) -> None:
        """Waits for a frame and puts it where it belongs; drops replies that nobody waits for any more."""
        frame = self._receive(-1.0 if seconds is None else seconds)
        if not frame:
            return
        message = self._joined.message(*wire.split(frame.encode("latin-1")))
        if message is None:
            return
        if message["op"] != "reply":
            self._requests.append(message)
        elif message["id"] in self._replies:
            self._replies[message["id"]] = message


def decoded(frame: str) -> dict[str, Any]:
    """Returns the message in a frame from the host."""
    message: dict[str, Any] = wire.message(frame.encode("latin-1"))
    return message
