"""The sandbox of Linux: CPython workers, locked by the kernel."""

from __future__ import annotations

import asyncio
import inspect
import os
import socket
from typing import TYPE_CHECKING, Any, TypeVar

from rlm_core.errors import SandboxError
from rlm_core.sandbox import frames, past, probes, wire
from rlm_core.sandbox.handover import Handover, Tables
from rlm_core.sandbox.linux import landlock
from rlm_core.sandbox.process import Process, WorkerGoneError
from rlm_core.sandbox.session import NativeSession, as_variables
from rlm_core.sandbox.zygote import Zygote, ZygoteGoneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

    from rlm_core.config import SandboxLimits
    from rlm_core.sandbox.base import Probe
    from rlm_core.sandbox.session import Born

LOCK_SECONDS = 20.0

T = TypeVar("T")


class NativeSandbox:
    """Implements `base.Sandbox` with processes forked from one zygote, started when first needed.

    Args:
        limits: what one program may use.
    """

    def __init__(self, limits: SandboxLimits) -> None:
        self._limits = limits
        self._zygote: Zygote | None = None
        self._starting = asyncio.Lock()
        self._tables = Tables()
        self._sessions: set[NativeSession] = set()
        self._background: set[asyncio.Task[Any]] = set()

    async def open(
        self, context: Any, functions: Mapping[str, Callable[..., Awaitable[Any]]]
    ) -> NativeSession:
        """A fresh session; see `base.Sandbox.open`.

        Raises:
            SandboxError: no worker can be had, or it cannot be locked.
        """
        functions = {**functions, **past.functions(context)}
        described = [_described(name, function) for name, function in functions.items()]

        async def spawn(region: int) -> Born:
            return await self._spawn(context, described, region)

        session = NativeSession(spawn, functions, self._limits, self._sessions.discard)
        try:
            await session.start()
        except BaseException:
            await session.close()
            raise
        self._sessions.add(session)
        return session

    async def close(self) -> None:
        """Ends every session and the zygote."""
        await asyncio.gather(*(session.close() for session in list(self._sessions)))
        while self._background:
            await asyncio.gather(*self._background, return_exceptions=True)
        self._tables.close()
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            await zygote.close()

    def describe(self) -> str:
        """What the lock consists of here; see `base.Sandbox.describe`."""
        abi = landlock.version()
        return (
            f"a system call filter, {f'Landlock (ABI {abi})' if abi else 'no Landlock in this kernel'}, "
            "and resource limits, around a process of its own for each session"
        )

    async def check(self) -> list[Probe]:
        """Tries in a real session what must be impossible, and says how each attempt ended."""
        session = await self.open("", {})
        try:
            return await probes.run(session)
        finally:
            await session.close()

    async def _spawn(self, context: Any, functions: list[dict[str, str]], region: int) -> Born:
        """A locked worker that waits for its first cell, and the variables that it has taken over.

        A birth is never broken off half way, with descriptors and processes that nobody knows: who is
        cancelled does not wait for it any longer, and the worker is ended when it is there.
        """
        own = os.dup(region)  # the session may close its descriptor in the meantime
        birth = self._keep(self._bear(context, functions, own))
        try:
            return await asyncio.shield(birth)
        except asyncio.CancelledError:
            self._keep(_end(birth))
            raise

    def _keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Starts work that `close` waits for, and no caller has to."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _bear(self, context: Any, functions: list[dict[str, str]], region: int) -> Born:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs, await asyncio.to_thread(Handover, context, self._tables) as handover:
                kind = handover.kind
                pid, pidfd = await self._fork([theirs.fileno(), region, *handover.descriptors])
        except BaseException:
            ours.close()
            raise
        finally:
            os.close(region)
        process = await Process.attach(pid, pidfd, ours)
        try:
            async with asyncio.timeout(LOCK_SECONDS):
                ready = await self._greet(process, kind, functions)
        except TimeoutError as error:
            await process.close()
            raise SandboxError(f"A sandbox worker was not ready after {LOCK_SECONDS:g} s.") from error
        except BaseException:
            await process.close()
            raise
        return process, as_variables(ready.variables)

    async def _greet(self, process: Process, kind: str, functions: list[dict[str, str]]) -> frames.Ready:
        opening = {
            "op": "open",
            "context": kind,
            "functions": functions,
            "memory_mb": self._limits.memory_mb,
            "output_chars": self._limits.output_chars,
        }
        await process.send(wire.encode(opening))
        try:
            frame, _ = await process.receive()
        except WorkerGoneError as error:
            raise SandboxError(f"A sandbox worker ended before it was ready. {error}") from error
        if isinstance(frame, frames.Refused):
            raise SandboxError(frame.message)
        if not isinstance(frame, frames.Ready):
            raise SandboxError(f"A sandbox worker began with a frame of the wrong kind: {frame.op}.")
        process.rest()
        return frame

    async def _fork(self, descriptors: Sequence[int]) -> tuple[int, int]:
        """A worker from the zygote, from a new zygote if the old one is gone."""
        for _ in range(2):
            async with self._starting:
                if self._zygote is None:
                    self._zygote = await Zygote.start()
                zygote = self._zygote
            try:
                return await zygote.fork(descriptors)
            except ZygoteGoneError:
                if self._zygote is zygote:
                    self._zygote = None
                await zygote.close()
        raise SandboxError(
            "The sandbox's zygote ends as soon as it is asked for a worker; memory may be short."
        )


async def _end(birth: asyncio.Task[Born]) -> None:
    """Ends a worker that nobody waits for any more, when it is there."""
    await asyncio.wait([birth])
    if not birth.cancelled() and birth.exception() is None:
        process, _ = birth.result()
        await process.close()


def _described(name: str, function: Callable[..., Awaitable[Any]]) -> dict[str, str]:
    try:
        signature = inspect.signature(function, eval_str=True)
    except NameError:  # annotated with something that was imported for type checkers only
        signature = inspect.signature(function)
    return {"name": name, "signature": str(signature), "doc": inspect.getdoc(function) or ""}
