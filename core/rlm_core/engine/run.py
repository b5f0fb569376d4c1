"""The recursive loop: one run's turns, from the question to an outcome (arXiv 2512.24601, algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rlm_core.boundary import Boundary
from rlm_core.engine import prompts
from rlm_core.engine.budget import BudgetExceeded
from rlm_core.engine.cells import CellRunner
from rlm_core.engine.conversation import Conversation
from rlm_core.engine.draft_check import draft_checker
from rlm_core.engine.events import ROOT, TurnCompleted, TurnStarted
from rlm_core.engine.feedback import report
from rlm_core.engine.finish import NOTHING_KNOWN, Finish
from rlm_core.engine.host_functions import host_functions
from rlm_core.engine.turn_parser import parse
from rlm_core.models import ModelError
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rlm_core.engine.run_tree import RunTree
    from rlm_core.models import Completion, Message, Model
    from rlm_core.sandbox.base import Session
    from rlm_core.workspace.snapshot import Snapshot

# So many turns in a row without a program or FINAL, and the run is over.
PROSE_TURNS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the text, and as a sentence why it is incomplete (empty when it is complete)."""

    text: str
    reason: str = ""


class Run:
    """One model, one session, one conversation.

    Args:
        tree: what it shares with the other runs of the question.
        model: writes the programs.
        context: the snapshot, or the prompt of a child run.
        opening: gives the first user message, which tells the boundary.
        child: starts a child run on a prompt; None at the depth limit.
        node: its place in the tree of runs, as events name it.
    """

    def __init__(
        self,
        tree: RunTree,
        model: Model,
        context: Snapshot | str,
        opening: Callable[[Boundary], str],
        child: Callable[[str], Awaitable[str]] | None,
        node: str,
    ) -> None:
        self._tree = tree
        self._model = model
        self._context = context
        self._child = child
        self._node = node
        system = prompts.system(
            code=not isinstance(context, str),
            recursive=child is not None,
            output_chars=tree.settings.sandbox.output_chars,
        )
        # One for each run: whatever talked a child's model into saying its own knows nothing of another's.
        self._boundary = Boundary()
        self._conversation = Conversation(system, opening(self._boundary), self._boundary)
        self._turns = tree.settings.limits.turns
        self._turn = 0

    async def outcome(self) -> Outcome:
        """Runs to the end; cancelling kills the session's worker.

        Raises:
            ModelError: the model failed at the first turn, when nothing is known yet.
            SandboxError: no session can be had.
        """
        functions = {
            **host_functions(self._tree, self._node, self._child, lambda: self._turns - self._turn),
            **self._own_functions(),
        }
        session = await self._tree.sandbox.open(self._context, functions)
        try:
            return await self._loop(session)
        finally:
            await session.close()

    def _own_functions(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        async def forget(*turns: int) -> None:
            """Says of which turns you need no output any more: it goes first when your window is full."""
            for turn in turns:
                self._conversation.forget(turn)

        checking = {} if isinstance(self._context, str) else {"CHECK": draft_checker(self._context)}
        return {"FORGET": forget, **checking}

    async def _loop(self, session: Session) -> Outcome:
        budget, finish = self._tree.budget, Finish(session)
        cells = CellRunner(session, budget, self._tree.stream, self._node)
        feedback, prose_turns = "", 0
        while self._turn < self._turns:
            try:
                completion = await self._next_turn(feedback)
            except (ModelError, BudgetExceeded) as error:
                return await self._end_after_error(error, finish)
            turn = parse(completion.text)
            ran = await cells.run(turn.blocks, self._turn, truncated=completion.truncated)
            if not isinstance(self._context, str):
                self._tree.tally.looked(ran.results)
            verdict = await finish.judge(turn, ran, truncated=completion.truncated)
            if verdict.text is not None:
                return Outcome(verdict.text, budget.exceeded)
            outcome = report(turn, ran, completion, self._boundary)
            feedback = "\n\n".join(filter(None, (outcome, verdict.remark)))
            if budget.exceeded:
                return await self._closing_outcome(budget.exceeded, finish, feedback)
            prose_turns = 0 if turn.blocks or turn.final else prose_turns + 1
            if prose_turns == PROSE_TURNS:
                reason = f"The model wrote {PROSE_TURNS} turns in a row without a program or FINAL."
                if turn.prose and not turn.other_fences:
                    return Outcome(turn.prose, reason)
                return await self._closing_outcome(reason, finish, feedback)
        return await self._closing_outcome(
            f"The limit of {pluralize(self._turns, 'turn')} (limits.turns) is reached.", finish, feedback
        )

    async def _next_turn(self, feedback: str) -> Completion:
        """The model's next turn, after telling it how the last one went."""
        self._turn += 1
        stream, budget = self._tree.stream, self._tree.budget
        header = prompts.turn_header(self._turn, self._turns, budget.left())
        self._conversation.add_feedback("\n\n".join(filter(None, (feedback, header))))
        if self._node == ROOT:
            room = self._conversation.chars + self._tree.settings.sandbox.output_chars
            budget.keep_for_closing(self._model.name, room)
        stream.emit(TurnStarted(node=self._node, turn=self._turn, turns=self._turns, usage=budget.usage))
        completion = await self._complete(self._tree.meter.complete)
        budget.count_turn()
        self._conversation.add_turn(completion.text)
        stream.emit(TurnCompleted(node=self._node, turn=self._turn, text=completion.text, usage=budget.usage))
        return completion

    async def _complete(
        self, complete: Callable[[Model, list[Message], str], Awaitable[Completion]]
    ) -> Completion:
        while True:
            try:
                return await complete(self._model, self._conversation.messages, self._node)
            except ModelError as error:
                if error.kind != "context-overflow" or not self._conversation.shrink():
                    raise
                self._tree.stream.note(
                    "The conversation outgrew the model's context window: older output was dropped from it.",
                    self._node,
                )

    async def _end_after_error(self, error: ModelError | BudgetExceeded, finish: Finish) -> Outcome:
        if isinstance(error, BudgetExceeded):
            if self._turn == 1:
                return Outcome(NOTHING_KNOWN, str(error))
            return await self._closing_outcome(str(error), finish, "")
        if self._turn == 1:
            raise error
        return Outcome(finish.best_known(), f"The model failed at turn {self._turn}: {error}")

    async def _closing_outcome(self, reason: str, finish: Finish, feedback: str) -> Outcome:
        """One last call for the best answer from what is known; without it, the best text there is."""
        self._conversation.add_feedback("\n\n".join(filter(None, (feedback, prompts.closing(reason)))))
        # Only the root's closing call has room kept back for it.
        meter = self._tree.meter
        try:
            completion = await self._complete(
                meter.complete_closing if self._node == ROOT else meter.complete
            )
        except (ModelError, BudgetExceeded) as error:
            return Outcome(finish.best_known(), f"{reason} The closing call failed as well: {error}")
        return Outcome(await finish.closing_text(completion.text), reason)
