"""A session: cells run in a worker, and in a fresh one when the worker had to go."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from rlm_core.errors import SandboxError
from rlm_core.sandbox import wire
from rlm_core.sandbox.base import CellResult, Variable
from rlm_core.sandbox.host.exchange import Exchange, Spent
from rlm_core.sandbox.host.process import Process, WorkerGoneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from rlm_core.config import SandboxSettings
    from rlm_core.sandbox.host.frames import Done

_CLOSED = "The sandbox session is closed; open a new one."

Born = tuple[Process, tuple[Variable, ...]]


class Legacy(Protocol):
    """What a session's workers leave to each other: the program's variables, which only workers read."""

    def again(self) -> Self:
        """The same, for somebody who may need it longer."""
        ...

    def close(self) -> None:
        """Lets go of it."""
        ...


LegacyT = TypeVar("LegacyT", bound=Legacy)


class WorkerSession(Generic[LegacyT]):
    """Implements `base.Session` over worker processes.

    Args:
        spawn: gives a worker that waits for its first cell, and the variables that it has taken over from
            what the one before has left; raises `SandboxError`.
        nothing_left: makes what the first worker is left.
        functions: host functions by name.
        limits: what one cell, and all of them together, may use.
        on_close: called with the session when it is closed.
    """

    def __init__(
        self,
        spawn: Callable[[LegacyT], Awaitable[Born]],
        nothing_left: Callable[[], LegacyT],
        functions: Mapping[str, Callable[..., Awaitable[Any]]],
        limits: SandboxSettings,
        *,
        on_close: Callable[[WorkerSession[LegacyT]], None],
    ) -> None:
        self._spawn = spawn
        self._functions = functions
        self._limits = limits
        self._on_close = on_close
        self._nothing_left = nothing_left
        self._legacy = nothing_left()
        self._left = False  # whether a worker may have left something
        self._process: Process | None = None
        self._variables: tuple[Variable, ...] = ()
        self._turn = asyncio.Lock()
        self._numbers = count(1)
        self._spent = Spent()
        self._closed = asyncio.Event()

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
            if self._spent.seconds >= self._limits.session_seconds:
                return CellResult(
                    "", 0, f"{self._out_of_time()} No more cells are run.", None, self._variables, (), 0.0
                )
            process, lost = await self._worker()
            self._left = True
            exchange = Exchange(process, self._functions, self._limits, self._spent, on_output)
            try:
                done = await self._guarded(exchange, {"op": "run", "code": code})
            except wire.FrameError as refusal:
                return CellResult(
                    "", 0, f"The cell cannot be run. {refusal}", None, self._variables, lost, 0.0
                )
            except WorkerGoneError as end:
                return await self._after_end(exchange, str(end), lost)
            self._variables = as_variables(done.variables)
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
                    Exchange(process, self._functions, self._limits, Spent(), None),
                    {"op": "value", "name": name},
                )
            except (WorkerGoneError, wire.FrameError):
                return None
            return done.final

    async def close(self) -> None:
        """Kills the worker and waits for it; a cell that is running ends as if it had crashed."""
        if self._closed.is_set():
            return
        self._closed.set()
        try:
            await self._discard()
        finally:
            self._legacy.close()
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
        if self._closed.is_set():
            raise SandboxError(_CLOSED)
        if self._process is not None and self._process.alive:
            return self._process, ()
        await self._discard()
        before, self._variables = self._variables, ()
        self._process, self._variables = await self._born()
        if self._closed.is_set():  # meanwhile
            await self._discard()
            raise SandboxError(_CLOSED)
        kept = {variable.name for variable in self._variables}
        return self._process, tuple(variable.name for variable in before if variable.name not in kept)

    async def _discard(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await asyncio.shield(asyncio.ensure_future(process.close()))

    async def _born(self) -> Born:
        """A worker with what the last one has left, or with nothing, should that be what makes it fail."""
        try:
            return await self._spawn(self._legacy)
        except SandboxError:
            if not self._left or self._closed.is_set():  # then the legacy is closed already
                raise
        self._legacy.close()
        self._legacy, self._left = self._nothing_left(), False
        return await self._spawn(self._legacy)

    async def _after_end(self, exchange: Exchange, reason: str, lost: tuple[str, ...]) -> CellResult:
        if exchange.timed_out:
            reason = f"{self._out_of_time()} {exchange.how_it_was_ended}"
        names = tuple(variable.name for variable in self._variables)
        try:
            _, gone = await self._worker()
            after = "The REPL was started again with the variables as they were before this cell"
            error = f"{reason} {after}{', but for those that are lost.' if gone else '.'}"
        except SandboxError as failure:
            gone = names
            error = f"{reason} Its variables are lost. {failure}"
        return CellResult(exchange.output, 0, error, None, self._variables, (*lost, *gone), exchange.seconds)

    def _with_verdict(self, exchange: Exchange, error: str | None) -> str | None:
        if not exchange.timed_out:
            return error
        sentence = f"{self._out_of_time()} It was interrupted; variables assigned before are kept."
        return sentence if error is None else f"{sentence}\n{error}"

    def _out_of_time(self) -> str:
        limits = self._limits
        if self._spent.seconds >= limits.session_seconds:
            return (
                f"The session has run for the {limits.session_seconds:g} s that its cells may run together "
                "(waiting for sub-calls not counted)."
            )
        return (
            f"The cell ran longer than the {limits.cell_seconds:g} s that it may "
            "(waiting for sub-calls not counted)."
        )


def as_variables(rows: Sequence[Sequence[str]]) -> tuple[Variable, ...]:
    """Variables as frames carry them."""
    return tuple(Variable(*row) for row in rows)
