"""Session: cells run in a worker, and in a fresh one when the worker had to go."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from rlm_core.errors import SandboxError
from rlm_core.sandbox import wire
from rlm_core.sandbox.base import CellResult, Variable
from rlm_core.sandbox.host.exchange import Exchange, SessionUsage
from rlm_core.sandbox.host.process import Process, WorkerGoneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from rlm_core.config import SandboxSettings
    from rlm_core.sandbox.host.frames import Done

MAX_UNSEEN = 3
_CLOSED = "The sandbox session is closed; open a new one."

Spawned = tuple[Process, tuple[Variable, ...]]  # a worker, and the variables that it has restored


class HeldCheckpoint(Protocol):
    """Checkpoint of a session's variables, which its workers leave to each other; the host never reads it."""

    def duplicate(self) -> Self:
        """The same, for somebody who may need it longer."""
        ...

    def close(self) -> None:
        """Lets go of it."""
        ...


CheckpointT = TypeVar("CheckpointT", bound=HeldCheckpoint)


class WorkerSession(Generic[CheckpointT]):
    """Implements `base.Session` over worker processes.

    Args:
        spawn: gives a worker that waits for its first cell, and the variables that it has restored from
            the checkpoint; raises `SandboxError`.
        empty_checkpoint: makes what the first worker is given.
        functions: host functions by name.
        limits: what one cell, and all of them together, may use.
        on_close: called with the session when it is closed.
    """

    def __init__(
        self,
        spawn: Callable[[CheckpointT], Awaitable[Spawned]],
        empty_checkpoint: Callable[[], CheckpointT],
        functions: Mapping[str, Callable[..., Awaitable[Any]]],
        limits: SandboxSettings,
        *,
        on_close: Callable[[WorkerSession[CheckpointT]], None],
    ) -> None:
        self._spawn = spawn
        self._functions = functions
        self._limits = limits
        self._on_close = on_close
        self._empty_checkpoint = empty_checkpoint
        self._checkpoint = empty_checkpoint()
        self._may_have_saved = False  # whether there may be something in the checkpoint
        self._process: Process | None = None
        self._variables: tuple[Variable, ...] = ()
        self._unseen: list[str] = []  # cells that no living worker has run
        self._turn = asyncio.Lock()
        self._numbers = count(1)
        self._usage = SessionUsage()
        self._closed = asyncio.Event()

    async def start(self) -> None:
        """Gets the first worker ready.

        Raises:
            SandboxError: none can be had.
        """
        async with self._turn:
            await self._worker()

    async def run(
        self, code: str, on_output: Callable[[str], None] | None = None, *, after_failure: bool = False
    ) -> CellResult:
        """Runs a cell; see `base.Session.run`. Cells of one session run one after another."""
        async with self._turn:
            if self._usage.seconds >= self._limits.session_seconds:
                return CellResult(
                    "", 0, f"{self._out_of_time()} No more cells are run.", None, self._variables, (), 0.0
                )
            before = self._process
            process, lost = await self._worker()
            restarted = self._may_have_saved and process is not before
            self._may_have_saved = True
            exchange = Exchange(process, self._functions, self._limits, self._usage, on_output)
            try:
                request = {"op": "run", "code": code, "unseen": self._unseen, "after_failure": after_failure}
                done = await self._guarded(exchange, request)
            except wire.FrameError as refusal:
                return CellResult(
                    "", 0, f"The cell cannot be run. {refusal}", None, self._variables, lost, 0.0
                )
            except WorkerGoneError as end:
                self._unseen = [*self._unseen[-MAX_UNSEEN:], code]
                return await self._after_end(exchange, str(end), lost)
            self._unseen = []
            self._variables = as_variables(done.variables)
            error = self._with_verdict(exchange, done.error)
            return CellResult(
                exchange.output,
                done.omitted,
                error,
                done.final,
                self._variables,
                lost,
                exchange.seconds,
                exchange.unanswered,
                tuple(done.cuts),
                tuple(done.unmet),
                self._names() if restarted else tuple(done.changed),
                searched=done.looked[0],
                opened=done.looked[1],
                loaded=tuple(done.loaded),
                stubbed=tuple(done.stubbed),
            )

    async def value(self, name: str) -> str | None:
        """The text of a variable; see `base.Session.value`."""
        async with self._turn:
            process, _ = await self._worker()
            try:
                done = await self._guarded(
                    Exchange(process, self._functions, self._limits, SessionUsage(), None),
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
            self._checkpoint.close()
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
        self._process, self._variables = await self._spawn_with_fallback()
        if self._closed.is_set():  # meanwhile
            await self._discard()
            raise SandboxError(_CLOSED)
        kept = {variable.name for variable in self._variables}
        return self._process, tuple(variable.name for variable in before if variable.name not in kept)

    async def _discard(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await asyncio.shield(asyncio.ensure_future(process.close()))

    async def _spawn_with_fallback(self) -> Spawned:
        """A worker with the checkpoint restored, or with an empty one, should that be what makes it fail."""
        try:
            return await self._spawn(self._checkpoint)
        except SandboxError:
            if not self._may_have_saved or self._closed.is_set():  # then the checkpoint is closed already
                raise
        self._checkpoint.close()
        self._checkpoint, self._may_have_saved = self._empty_checkpoint(), False
        return await self._spawn(self._checkpoint)

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
        return CellResult(
            exchange.output,
            0,
            error,
            None,
            self._variables,
            (*lost, *gone),
            exchange.seconds,
            changed=self._names(),
        )

    def _names(self) -> tuple[str, ...]:
        """All variables: after a restart it is worth telling which there still are."""
        return tuple(variable.name for variable in self._variables)

    def _with_verdict(self, exchange: Exchange, error: str | None) -> str | None:
        if not exchange.timed_out:
            return error
        sentence = f"{self._out_of_time()} It was interrupted; variables assigned before are kept."
        return sentence if error is None else f"{sentence}\n{error}"

    def _out_of_time(self) -> str:
        limits = self._limits
        if self._usage.seconds >= limits.session_seconds:
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
