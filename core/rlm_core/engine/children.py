"""Child runs: `rlm_query` hands its prompt to a run of its own, with what is left of the budget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rlm_core.engine import prompts
from rlm_core.engine.run import Run
from rlm_core.engine.run_reporter import RunReporter
from rlm_core.engine.subcalls import HEAD_CHARS, digest
from rlm_core.wording import one_line

if TYPE_CHECKING:
    from rlm_core.engine.run_tree import RunTree


class Children:
    """Starts the children of one run.

    Args:
        tree: what all runs of the question share.
        node: the parent's place in the tree of runs.
        depth: how deep the children are; the root is at 0.
    """

    def __init__(self, tree: RunTree, node: str, depth: int) -> None:
        self._tree = tree
        self._node = node
        self._depth = depth
        self._count = 0

    @classmethod
    def of(cls, tree: RunTree, node: str, depth: int) -> Children | None:
        """The children of the run `node` at `depth`; None where the limit forbids them."""
        return cls(tree, node, depth + 1) if depth < tree.settings.limits.depth else None

    async def __call__(self, prompt: str) -> str:
        """The answer of a child whose context is `prompt`; an incomplete one says so in its first line.

        Raises:
            BudgetExceeded: no sub-call is left; a child counts as one.
            ModelError: the child's model failed before anything was known.
        """
        tree = self._tree
        tree.budget.take_call()
        self._count += 1
        node = f"{self._node}.{self._count}"
        model = tree.models.sub
        grandchildren = Children.of(tree, node, self._depth)
        run = Run(tree, model, prompt, partial(prompts.text_opening, prompt), grandchildren, node)
        reporter = RunReporter(tree, node, model, await digest(prompt), files=0, chars=len(prompt))
        reporter.started(one_line(prompt, HEAD_CHARS))
        with tree.stream.reporting_failure(node):
            outcome = await run.outcome()
        reporter.completed(outcome)
        if not outcome.reason:
            return outcome.text
        tree.stream.note(f"A child run is incomplete: {outcome.reason}", node)
        return f"[incomplete: {outcome.reason}]\n{outcome.text}"
