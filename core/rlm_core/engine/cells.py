"""Cells: runs the programs of one turn in the session and says what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlm_core.engine.budget import BudgetExceeded
from rlm_core.engine.events import CellCompleted, CellStarted
from rlm_core.engine.feedback import loaded_note
from rlm_core.sandbox.base import CellResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.engine.budget import Budget
    from rlm_core.engine.event_stream import EventStream
    from rlm_core.engine.turn_parser import Block
    from rlm_core.sandbox.base import Session

# How long a program may go on after its sub-calls were refused for lack of time: to say what it has.
WRAP_UP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Cells:
    """What became of a turn's programs.

    Attributes:
        results: of the blocks that ran, in order.
        skipped: blocks behind the first that gave a final answer.
        unclosed: the last block was cut off by the output limit and did not run.
    """

    results: tuple[CellResult, ...] = ()
    skipped: int = 0
    unclosed: bool = False

    @property
    def failed(self) -> bool:
        """A program failed."""
        return any(result.error is not None for result in self.results)

    @property
    def final(self) -> str | None:
        """What a program that went well gave to `FINAL`."""
        return next((r.final for r in self.results if r.final is not None and r.error is None), None)

    @property
    def ran(self) -> list[CellResult]:
        """The results of those that ran."""
        return [result for result in self.results if not result.unmet]

    @property
    def withdrawn(self) -> str | None:
        """What a program that then failed gave to `FINAL`."""
        return next((r.final for r in self.results if r.final is not None and r.error is not None), None)


class CellRunner:
    """Runs blocks in one session, in time, with events."""

    def __init__(self, session: Session, budget: Budget, stream: EventStream, node: str) -> None:
        self._session = session
        self._budget = budget
        self._stream = stream
        self._node = node

    async def run(self, blocks: Sequence[Block], turn: int, *, truncated: bool) -> Cells:
        """Runs the blocks in order, up to the first that gives a final answer.

        Behind one that fails those run that do not read what it should have bound.

        Args:
            blocks: programs of a turn.
            turn: its number.
            truncated: the turn was cut at the model's output limit, so an unclosed block is half a program.
        """
        unclosed = truncated and bool(blocks) and not blocks[-1].closed
        runnable = blocks[:-1] if unclosed else blocks
        results: list[CellResult] = []
        failed = False
        for block in runnable:
            results.append(await self._run(block.code, turn, after_failure=failed))
            failed = failed or results[-1].error is not None
            if results[-1].final is not None or self._budget.exceeded:
                break
        return Cells(tuple(results), len(runnable) - len(results), unclosed)

    async def _run(self, code: str, turn: int, *, after_failure: bool) -> CellResult:
        self._stream.emit(CellStarted(node=self._node, turn=turn, code=code))
        printed: list[str] = []
        try:
            async with self._budget.in_time(WRAP_UP_SECONDS):
                result = await self._session.run(code, printed.append, after_failure=after_failure)
        except BudgetExceeded as exceeded:
            # Interrupting costs the session, but the run is at its end anyway: what was printed counts.
            result = CellResult("".join(printed), 0, str(exceeded), None, (), (), 0.0)
        self._stream.emit(
            CellCompleted(
                node=self._node,
                turn=turn,
                output=result.output,
                omitted=result.omitted,
                error=result.error,
                cell_seconds=result.seconds,
            )
        )
        if result.loaded:
            self._stream.note(loaded_note(result), self._node)
        return result
