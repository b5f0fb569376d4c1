"""A session: cells run in a worker, and in a fresh one when the worker had to go."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any

from rlm_core.errors import SandboxError
from rlm_core.sandbox import wire
from rlm_core.sandbox.base import CellResult, Variable
from rlm_core.sandbox.exchange import GRACE_SECONDS, Exchange
from rlm_core.sandbox.process import WorkerGoneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from rlm_core.config import SandboxLimits
    from rlm_core.sandbox.frames import Done
    from rlm_core.sandbox.process import Process


class NativeSession:
    """Implements `base.Session` over worker processes.

    Args:
        spawn: gives a locked worker that waits for its first cell; raises `SandboxError`.
        functions: host functions by name.
        limits: what one cell may use.
        on_close: called with the session when it is closed.
    """

    def __init__(
        self,
        spawn: Callable[[], Awaitable[Process]],
        functions: Mapping[str, Callable[..., Awaitable[Any]]],
        limits: SandboxLimits,
        on_close: Callable[[NativeSession], None],
    ) -> None:
        self._spawn = spawn
        self._functions = functions
        self._limits = limits
        self._on_close = on_close
        self._process: Process | None = None
        self._variables: tuple[Variable, ...] = ()
        self._turn = asyncio.Lock()
        self._numbers = count(1)
        self._closed = False

    async def start(self) -> None:
        """Gets the first worker ready.

        Raises:
            SandboxError: none can be had.
        """
        async with self._turn:
            await self._worker()

    async def run(self, code: str, on_output: Callable[[str], None] | None = None) -> CellResult:
        """Runs a cell; see `base.Session.run`. Cells of one session run one after another."""
        async with self._turn:
            process, lost = await self._worker()
            exchange = Exchange(process, self._functions, self._limits, on_output)
            try:
                done = await self._guarded(exchange, {"op": "run", "code": code})
            except wire.FrameError as refusal:
                return CellResult(
                    "", 0, f"The cell cannot be run. {refusal}", None, self._variables, lost, 0.0
                )
            except WorkerGoneError as end:
                return await self._after_end(exchange, str(end), lost)
            self._variables = _variables(done)
            error = self._with_verdict(exchange, done.error)
            return CellResult(
                exchange.output, done.omitted, error, done.final, self._variables, lost, exchange.seconds
            )

    async def value(self, name: str) -> str | None:
        """The text of a variable; see `base.Session.value`."""
        async with self._turn:
            process, _ = await self._worker()
            try:
                done = await self._guarded(
                    Exchange(process, self._functions, self._limits, None), {"op": "value", "name": name}
                )
            except (WorkerGoneError, wire.FrameError):
                return None
            return done.final

    async def close(self) -> None:
        """Kills the worker and waits for it; a cell that is running ends as if it had crashed."""
        self._closed = True
        await self._discard()
        self._on_close(self)

    async def _guarded(self, exchange: Exchange, request: dict[str, Any]) -> Done:
        """Runs an exchange; whatever ends it before its time ends the worker too."""
        try:
            return await exchange.run({"id": next(self._numbers), **request})
        except wire.FrameError:
            raise
        except BaseException:
            await self._discard()
            raise

    async def _worker(self) -> tuple[Process, tuple[str, ...]]:
        """The worker, and the names that were lost if it had to be replaced."""
        if self._closed:
            raise SandboxError("The sandbox session is closed; open a new one.")
        if self._process is not None and self._process.alive:
            return self._process, ()
        await self._discard()
        lost, self._variables = self._variables, ()
        self._process = await self._spawn()
        return self._process, tuple(variable.name for variable in lost)

    async def _discard(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await asyncio.shield(asyncio.ensure_future(process.close()))

    async def _after_end(self, exchange: Exchange, reason: str, lost: tuple[str, ...]) -> CellResult:
        names = tuple(variable.name for variable in self._variables)
        self._variables = ()
        if exchange.timed_out:
            reason = (
                f"{self._out_of_time()} It did not stop when it was interrupted, "
                f"and was killed {GRACE_SECONDS:g} s later."
            )
        error = f"{reason} Its variables are lost; the next cell starts afresh."
        return CellResult(exchange.output, 0, error, None, (), (*lost, *names), exchange.seconds)

    def _with_verdict(self, exchange: Exchange, error: str | None) -> str | None:
        if not exchange.timed_out:
            return error
        sentence = f"{self._out_of_time()} It was interrupted; variables assigned before are kept."
        return sentence if error is None else f"{sentence}\n{error}"

    def _out_of_time(self) -> str:
        return (
            f"The cell ran longer than the {self._limits.cell_seconds:g} s that it may "
            "(waiting for sub-calls not counted)."
        )


def _variables(done: Done) -> tuple[Variable, ...]:
    return tuple(Variable(*row) for row in done.variables)
