"""Exchange with a worker: one request, from sending it to its end, with output, calls and limits."""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rlm_core.errors import RlmError
from rlm_core.sandbox import wire
from rlm_core.sandbox.host import frames
from rlm_core.sandbox.host.clock import Clock
from rlm_core.sandbox.host.process import WorkerGoneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from rlm_core.config import SandboxSettings
    from rlm_core.sandbox.host.process import Process

INTERRUPT_GRACE_SECONDS = 2.0
_INTERRUPT_EVERY = 0.5  # seconds between two interrupts
MAX_CALLS = 256  # under way at once; more are refused
MAX_REFUSED = 4_096  # so many in a cell; a program that goes on then would only keep the host busy
MAX_HELD = 32 << 20  # bytes of calls under way; as text, up to four times as many

_OWN_WORK = (wire.HISTORY_CHANGES, wire.HISTORY_TEXT, wire.HISTORY_LOG, wire.HISTORY_BLAME)

_TOO_MUCH = (
    f"The calls under way at this moment carry more than {MAX_HELD >> 20} MB, which is all that they may; "
    "make fewer at once, or with less text."
)

_FEWER = "use fewer threads, or llm_query_batched(prompts)"
_TOO_MANY = f"{MAX_CALLS} calls under way at once are the most that there may be; {_FEWER}."

_log = logging.getLogger(__name__)


class _TooMuchError(Exception):
    """The calls under way carry too much."""


@dataclass(slots=True)
class SessionUsage:
    """What a session has used so far.

    Attributes:
        seconds: running or CPU time of its cells, waiting for models not counted.
        calls: calls of host functions.
    """

    seconds: float = 0.0
    calls: int = 0


class Exchange:
    """Sends a request and serves the worker until it is done with it.

    Args:
        process: the worker.
        functions: what the program may call.
        limits: what a cell, and all cells of a session together, may use.
        usage: what the session has used before; brought up to date.
        on_output: receives the output piece by piece.
    """

    def __init__(
        self,
        process: Process,
        functions: Mapping[str, Callable[..., Awaitable[Any]]],
        limits: SandboxSettings,
        usage: SessionUsage,
        on_output: Callable[[str], None] | None,
    ) -> None:
        self._process = process
        self._functions = functions
        self._limits = limits
        self._usage = usage
        self._made = 0
        self._refused = 0
        self._held = 0
        self._writing = asyncio.Lock()
        self._own_work = asyncio.Lock()
        self._on_output = on_output
        self._calls: set[asyncio.Task[None]] = set()
        self._pieces: list[str] = []
        self._room = limits.output_chars
        self._grace: asyncio.TimerHandle | None = None
        self.timed_out = False
        self.seconds = 0.0
        self.unanswered = 0

    @property
    def output(self) -> str:
        """What was printed so far."""
        return "".join(self._pieces)

    async def run(self, request: dict[str, Any]) -> frames.Done:
        """Returns the worker's last word on the request, whose `id` it repeats.

        Raises:
            WorkerGoneError: it was killed at a limit, has ended by itself, or broke the rules of the channel.
            wire.FrameError: the request is too large to be sent; the worker knows nothing of it.
        """
        self._process.resume()
        seconds = min(self._limits.cell_seconds, self._limits.session_seconds - self._usage.seconds)
        self._clock = Clock(seconds, self._process.cpu_seconds, self._on_limit)
        try:
            await self._process.send(wire.encode(request))
            while True:
                frame, size = await self._process.receive()
                match frame:
                    case frames.Output():
                        self._take(frame.text)
                    case frames.Texts():
                        self._keep(frame, size)
                    case frames.Call():
                        self._start(frame, size)
                    case frames.Done() if frame.id == request["id"]:
                        self.unanswered = len(self._calls)
                        return frame
                    case _:
                        raise WorkerGoneError(f"The program wrote to the sandbox's own channel: {frame.op}.")
        finally:
            await self._finish()

    async def _finish(self) -> None:
        self._clock.stop()
        self.seconds = self._clock.seconds()
        self._usage.seconds += self._clock.used()
        self._usage.calls += self._made
        if self._grace is not None:
            self._grace.cancel()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        self._process.suspend_soon()

    def _take(self, text: str) -> None:
        # The worker stops at the limit by itself; if more comes, it isn't our code that sends it.
        if len(text) > self._room:
            raise WorkerGoneError("The program wrote more output than the sandbox lets through.")
        self._room -= len(text)
        self._pieces.append(text)
        if self._on_output is not None:
            self._on_output(text)

    @property
    def how_it_was_ended(self) -> str:
        """A sentence about a worker that did not survive the end of its time."""
        if self._process.interruptible:
            seconds = f"{INTERRUPT_GRACE_SECONDS:g} s"
            return f"It did not stop when it was interrupted, and was killed {seconds} later."
        return "It was killed: programs cannot be interrupted in this sandbox."

    def _on_limit(self) -> None:
        self.timed_out = True
        self._interrupt(INTERRUPT_GRACE_SECONDS if self._process.interruptible else 0)

    def _interrupt(self, left: float) -> None:
        """Interrupts, and again while there is time left: an exception that came in a finaliser is lost."""
        if left <= 0:
            self._process.kill()
            return
        self._process.interrupt()
        self._grace = asyncio.get_running_loop().call_later(
            _INTERRUPT_EVERY, self._interrupt, left - _INTERRUPT_EVERY
        )

    def _keep(self, texts: frames.Texts, size: int) -> None:
        ahead = self._process.ahead
        ahead.keep(texts, size, MAX_HELD - self._held - ahead.size)
        if len(ahead.by_call) > MAX_CALLS:
            raise WorkerGoneError("The program began more calls than the sandbox offers.")

    def _start(self, call: frames.Call, size: int) -> None:
        if call.name not in self._functions:
            raise WorkerGoneError(f"The program made a call that the sandbox does not offer: {call.name!r}.")
        sent_ahead = self._process.ahead.taken(call.id)
        if len(self._calls) < MAX_CALLS:
            serving = self._serve(call, None if sent_ahead is None else sent_ahead + size)
        elif self._refused < MAX_REFUSED:
            self._refused += 1
            without = call.model_copy(update={"args": [], "kwargs": {}})  # nothing of it is kept
            serving = self._refuse(without)
        else:
            raise WorkerGoneError(
                f"The program went on making calls when {MAX_CALLS} were under way and {MAX_REFUSED:,} more "
                f"had been refused; {_FEWER}."
            )
        task = asyncio.create_task(serving)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _serve(self, call: frames.Call, size: int | None) -> None:
        # Of what costs nothing but the host's own work, no two results are kept for a worker to take; what
        # others were paid for is, until it does.
        own_work = call.name in _OWN_WORK
        try:
            async with self._own_work if own_work else nullcontext():
                with self._holding(size):
                    reply = await self._answer(call)
                await self._send(call, reply)
        except asyncio.CancelledError:
            self._tell_end(call)
            raise
        except _TooMuchError:
            await self._send(call, _failure(call, "RlmError", _TOO_MUCH))

    async def _refuse(self, call: frames.Call) -> None:
        try:
            await self._send(call, _failure(call, "RlmError", _TOO_MANY))
        except asyncio.CancelledError:
            self._tell_end(call)
            raise

    def _tell_end(self, call: frames.Call) -> None:
        """Tells a thread that still waits. The worker may be standing still: no waiting for it here."""
        unanswered = _failure(call, "CellEndedError", "The cell ended before this call was answered.")
        self._process.post(wire.encode(unanswered))

    async def _send(self, call: frames.Call, reply: dict[str, Any]) -> None:
        """Writes a reply in parts, of which each is made when the worker has taken what came before."""
        parts = wire.encode_in_parts(reply)
        try:
            while True:
                async with self._writing:
                    if (part := next(parts, None)) is None:
                        return
                    await self._process.send(part)
        except wire.FrameError as error:
            await self._send(call, _failure(call, "RuntimeError", f"The result of {call.name}: {error}"))

    @contextmanager
    def _holding(self, size: int | None) -> Iterator[None]:
        """Counts the bytes of calls under way, which this process has to keep.

        Args:
            size: of a call; None where there was no room for what was sent ahead of it.

        Raises:
            _TooMuchError: there are too many.
        """
        if size is None or self._held + self._process.ahead.size + size > MAX_HELD:
            raise _TooMuchError
        self._held += size
        try:
            yield
        finally:
            self._held -= size

    async def _answer(self, call: frames.Call) -> dict[str, Any]:
        if self._made >= self._limits.cell_calls:
            return _failure(call, "RlmError", _refusal("cell", self._limits.cell_calls))
        if self._usage.calls + self._made >= self._limits.session_calls:
            return _failure(call, "RlmError", _refusal("session", self._limits.session_calls))
        self._made += 1
        function = self._functions[call.name]
        try:
            bound = inspect.signature(function).bind(*call.args, **call.kwargs)
        except TypeError as error:
            return _failure(call, "TypeError", f"{call.name}() {error}")
        try:
            # What the host does by itself counts as the cell's time; waiting for a model does not.
            with nullcontext() if call.name in _OWN_WORK else self._clock.waiting():
                value = await function(*bound.args, **bound.kwargs)
        except RlmError as error:
            return _failure(call, "RlmError", str(error))
        except Exception:  # noqa: BLE001 - whatever a host function does wrong, the session goes on
            _log.exception("Host function %s failed", call.name)
            return _failure(call, "RuntimeError", f"{call.name}() failed on the host, whose log says why.")
        return {"op": "reply", "id": call.id, "value": value}


def _refusal(what: str, limit: int) -> str:
    return (
        f"This {what} has made the {limit:,} calls that a {what} may make; "
        "give a function many items at once instead of one at a time."
    )


def _failure(call: frames.Call, kind: str, message: str) -> dict[str, Any]:
    return {"op": "reply", "id": call.id, "error": {"kind": kind, "message": message}}
