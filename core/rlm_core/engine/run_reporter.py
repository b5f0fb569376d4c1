"""Run reporter: the events with which a run begins and ends, and the answer that it gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.engine.answer import Answer
from rlm_core.engine.events import RunCompleted, RunStarted
from rlm_core.models import offline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.engine.answer import Citation, Status
    from rlm_core.engine.run import Outcome
    from rlm_core.engine.run_tree import RunTree
    from rlm_core.models import Model


class RunReporter:
    """Says of one run that it has begun and how it has ended.

    Args:
        tree: what it shares with the other runs of the question.
        node: its place in the tree of runs.
        model: writes the programs.
        context: names the snapshot (by its id) or the prompt of a child run (by its digest).
        files: how many are in it.
        chars: how long it is; see `RunStarted`.
    """

    def __init__(self, tree: RunTree, node: str, model: Model, context: str, files: int, chars: int) -> None:
        self._tree = tree
        self._node = node
        self._model = model
        self._context, self._files, self._chars = context, files, chars

    def started(self, question: str) -> None:
        """Emits `RunStarted`."""
        self._tree.stream.emit(
            RunStarted(
                node=self._node,
                question=question,
                model=self._model.name,
                sub_model=self._tree.models.sub.name,
                snapshot=self._context,
                files=self._files,
                chars=self._chars,
            )
        )

    def completed(
        self,
        outcome: Outcome,
        citations: Sequence[Citation] = (),
        unverified: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> Answer:
        """The answer that an outcome makes, emitted as `RunCompleted`; see `Answer` for the arguments."""
        answer = Answer(
            answer=outcome.text,
            status=self._status(outcome),
            reason=outcome.reason,
            citations=list(citations),
            unverified=list(unverified),
            model=self._model.name,
            snapshot=self._context,
            usage=self._tree.budget.usage,
            run_id=self._tree.stream.run_id,
            coverage=self._tree.tally.coverage,
            notes=list(notes),
        )
        self._tree.stream.emit(RunCompleted(node=self._node, answer=answer))
        return answer

    def _status(self, outcome: Outcome) -> Status:
        if outcome.reason:
            return "incomplete"
        return "extract" if self._model.name == offline.NAME else "complete"
