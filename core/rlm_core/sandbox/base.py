"""Interface of a sandbox, as the engine sees it: sessions that run cells and call back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rlm_core.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


class LockError(SandboxError):
    """Programs cannot be locked up on this machine in this way."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that the program has defined, as `SHOW_VARS()` prints it."""

    name: str
    type: str
    summary: str

    def __str__(self) -> str:
        return f"{self.name} ({': '.join(filter(None, (self.type, self.summary)))})"


@dataclass(frozen=True, slots=True)
class CellResult:
    """How a cell ended.

    Attributes:
        output: what it printed (echo of the last expression included), at most the limit.
        omitted: characters in the middle of what it printed that are not in `output`.
        error: the traceback, or the sentence that says which limit was hit; None when it went well.
        final: the text given to `FINAL`, `FINAL_VAR` or `answer`; None when the program has not finished.
        variables: the user's names after the cell.
        lost: names whose values were lost because the worker had to be killed.
        seconds: running time, waiting for host functions not counted.
        unanswered: calls of host functions that were under way when it ended, and were cancelled.
        changed: those of the names whose values are new or other, and data.
        unmet: names for lack of which it did not run: one that failed before should have bound them.
        searched: files of the context that the session has searched by now, as its worker counts.
        opened: files of which it was given text.
        loaded: modules of the context that ran in it.
        stubbed: names that were taken from stubs of modules that are not there.
        cuts: sentences of the worker about lists that lack something, where nothing printed says so.
    """

    output: str
    omitted: int
    error: str | None
    final: str | None
    variables: tuple[Variable, ...]
    lost: tuple[str, ...]
    seconds: float
    unanswered: int = 0
    cuts: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    searched: int = 0
    opened: int = 0
    loaded: tuple[str, ...] = ()
    stubbed: tuple[str, ...] = ()

    @property
    def changed_variables(self) -> list[Variable]:
        """The variables that the cell has made or changed."""
        return [variable for variable in self.variables if variable.name in self.changed]


@dataclass(frozen=True, slots=True)
class Probe:
    """An escape attempt that `doctor` made.

    Attributes:
        name: what was tried (`read a file`).
        blocked: whether it failed, as it must.
        detail: the error that stopped it, or what got out.
    """

    name: str
    blocked: bool
    detail: str


class Session(Protocol):
    """One program's REPL: names persist from cell to cell."""

    async def run(
        self, code: str, on_output: Callable[[str], None] | None = None, *, after_failure: bool = False
    ) -> CellResult:
        """Runs a cell; cancelling the task kills the worker.

        `on_output` receives the output piece by piece as it is printed. With `after_failure` the cell runs
        only if it reads no name that those that failed since should have bound. Never raises for anything
        that the program does; raises `SandboxError` when no worker can be had.
        """
        ...

    async def value(self, name: str) -> str | None:
        """The text of a variable as `FINAL_VAR` would give it; None when there is no such name."""
        ...

    async def close(self) -> None:
        """Kills the worker and waits for it."""
        ...


class Sandbox(Protocol):
    """Opens sessions."""

    @property
    def warning(self) -> str:
        """What everybody must be told whose question is answered with it; empty when nothing."""
        ...

    async def open(self, context: Any, functions: Mapping[str, Callable[..., Awaitable[Any]]]) -> Session:
        """A fresh session.

        Args:
            context: the `Snapshot` behind `context`, or the text that `context` is in a child run.
            functions: host functions by name. Each is an async callable with JSON-able arguments and
                result; its signature and docstring are what the program sees. `RlmError`s that it
                raises become exceptions in the program, with their message.
        """
        ...

    def describe(self) -> str:
        """What isolates programs on this machine, in a few words."""
        ...

    async def check(self) -> list[Probe]:
        """Makes a handful of escape attempts in a real session; raises `SandboxError` like `open`."""
        ...

    async def close(self) -> None:
        """Ends every session and the processes behind them."""
        ...
