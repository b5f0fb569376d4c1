"""Base class of sandboxes that run each session in a worker process of its own."""

from __future__ import annotations

import asyncio
import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rlm_core.errors import SandboxError
from rlm_core.sandbox import probes, wire
from rlm_core.sandbox.base import LockError
from rlm_core.sandbox.host import frames, history_calls
from rlm_core.sandbox.host.process import Process, WorkerGoneError
from rlm_core.sandbox.host.session import CheckpointT, WorkerSession, as_variables

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from rlm_core.config import SandboxSettings
    from rlm_core.sandbox.base import Probe
    from rlm_core.sandbox.host.session import Spawned

READY_SECONDS = 20.0

T = TypeVar("T")


class WorkerSandbox(ABC, Generic[CheckpointT]):
    """Implements `base.Sandbox` but for how a worker is started and what isolates it.

    Args:
        limits: what one program may use.
    """

    warning = ""
    wasm = False

    def __init__(self, limits: SandboxSettings) -> None:
        self._limits = limits
        self.locked_by = ""  # as the last worker has told
        self._sessions: set[WorkerSession[CheckpointT]] = set()
        self._background: set[asyncio.Task[Any]] = set()

    @abstractmethod
    def describe(self) -> str:
        """What isolates programs here; see `base.Sandbox.describe`."""

    @abstractmethod
    def _empty_checkpoint(self) -> CheckpointT:
        """What a session's first worker is given."""

    @abstractmethod
    async def _start_process(self, context: Any, checkpoint: CheckpointT) -> tuple[Process, dict[str, Any]]:
        """A worker process that waits for its opening, and what that must say besides limits and functions.

        Raises:
            SandboxError: none can be had.
        """

    async def open(
        self, context: Any, functions: Mapping[str, Callable[..., Awaitable[Any]]]
    ) -> WorkerSession[CheckpointT]:
        """A fresh session; see `base.Sandbox.open`.

        Raises:
            SandboxError: no worker can be had.
            LockError: it cannot be locked.
        """
        functions = {**functions, **history_calls.functions(context)}
        described = [_described(name, function) for name, function in functions.items()]

        async def spawn(checkpoint: CheckpointT) -> Spawned:
            return await self._spawn_shielded(context, described, checkpoint)

        session = WorkerSession(
            spawn, self._empty_checkpoint, functions, self._limits, on_close=self._sessions.discard
        )
        try:
            await session.start()
        except BaseException:
            await session.close()
            raise
        self._sessions.add(session)
        return session

    async def check(self) -> list[Probe]:
        """Tries in a real session what must be impossible, and says how each attempt ended."""
        session = await self.open("", {})
        try:
            return await probes.run(session, wasm=self.wasm)
        finally:
            await session.close()

    async def close(self) -> None:
        """Ends every session, and waits for workers that are being started."""
        await asyncio.gather(*(session.close() for session in list(self._sessions)))
        while self._background:
            await asyncio.gather(*self._background, return_exceptions=True)

    async def _spawn_shielded(
        self, context: Any, functions: list[dict[str, str]], checkpoint: CheckpointT
    ) -> Spawned:
        """A locked worker that waits for its first cell, and the variables that it has restored.

        Spawning is never broken off half way, with descriptors and processes that nobody knows: who is
        cancelled does not wait for it any longer, and the worker is ended when it is there.
        """
        spawning = self._in_background(
            self._spawn(context, functions, checkpoint.duplicate())
        )  # the session may close its own
        try:
            return await asyncio.shield(spawning)
        except asyncio.CancelledError:
            self._in_background(_end(spawning))
            raise

    def _in_background(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Starts work that `close` waits for, and no caller has to."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _spawn(self, context: Any, functions: list[dict[str, str]], checkpoint: CheckpointT) -> Spawned:
        try:
            process, fields = await self._start_process(context, checkpoint)
        finally:
            checkpoint.close()
        opening = {
            "op": "open",
            "functions": functions,
            "memory_mb": self._limits.memory_mb,
            "output_chars": self._limits.output_chars,
            **fields,
        }
        try:
            async with asyncio.timeout(READY_SECONDS):
                ready = await self._handshake(process, opening)
        except TimeoutError as error:
            await process.close()
            raise SandboxError(f"A sandbox worker was not ready after {READY_SECONDS:g} s.") from error
        except BaseException:
            await process.close()
            raise
        return process, as_variables(ready.variables)

    async def _handshake(self, process: Process, opening: dict[str, Any]) -> frames.Ready:
        await process.send(wire.encode(opening))
        try:
            frame, _ = await process.receive()
            if isinstance(frame, frames.Locked):
                self.locked_by = frame.by
                frame, _ = await process.receive()
        except WorkerGoneError as error:
            raise SandboxError(f"A sandbox worker ended before it was ready. {error}") from error
        if isinstance(frame, frames.Refused):
            raise (LockError if frame.unlocked else SandboxError)(frame.message)
        if not isinstance(frame, frames.Ready):
            raise SandboxError(f"A sandbox worker began with a frame of the wrong kind: {frame.op}.")
        process.suspend_soon()
        return frame


async def _end(spawning: asyncio.Task[Spawned]) -> None:
    """Ends a worker that nobody waits for any more, when it is there."""
    await asyncio.wait([spawning])
    if not spawning.cancelled() and spawning.exception() is None:
        process, _ = spawning.result()
        await process.close()


def _described(name: str, function: Callable[..., Awaitable[Any]]) -> dict[str, str]:
    try:
        signature = inspect.signature(function, eval_str=True)
    except NameError:  # annotated with something that was imported for type checkers only
        signature = inspect.signature(function)
    return {"name": name, "signature": str(signature), "doc": inspect.getdoc(function) or ""}
