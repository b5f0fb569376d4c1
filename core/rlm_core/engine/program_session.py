"""Program session: the loop without its root model; programs come from outside, under the same limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rlm_core.engine.children import Children
from rlm_core.engine.draft_check import draft_checker
from rlm_core.engine.event_stream import EventStream, new_run_id
from rlm_core.engine.events import ROOT
from rlm_core.engine.host_functions import host_functions
from rlm_core.engine.run_tree import RunTree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlm_core.config import Settings
    from rlm_core.engine.answer import RunUsage
    from rlm_core.engine.events import Listener
    from rlm_core.models import Models
    from rlm_core.sandbox.base import CellResult, Sandbox, Session
    from rlm_core.workspace.snapshot import Snapshot

# Whoever writes the programs thinks in between, so `limits.seconds` cannot be the time of a session.
SESSION_SECONDS = 86_400.0


class ProgramSession:
    """One session over a snapshot, with one purse for all its sub-calls.

    Attributes:
        id: names it; cannot be guessed.
        snapshot: what `context` is.
        models: `sub` answers `llm_query`.
        notes: what was retried, cut or defaulted so far.
    """

    def __init__(self, snapshot: Snapshot, session: Session, tree: RunTree) -> None:
        self.id = tree.stream.run_id
        self.snapshot = snapshot
        self.models = tree.models
        self.notes = tree.stream.notes
        self._session = session
        self._budget = tree.budget

    @property
    def usage(self) -> RunUsage:
        """What its sub-calls have taken so far."""
        return self._budget.usage

    @classmethod
    async def open(
        cls,
        snapshot: Snapshot,
        *,
        models: Models,
        sandbox: Sandbox,
        settings: Settings,
        listeners: Sequence[Listener] = (),
    ) -> Self:
        """A fresh session; the arguments are those of `rlm_core.engine.question.ask`.

        Raises:
            SandboxError: no session can be had.
        """
        limits = settings.limits.model_copy(update={"seconds": SESSION_SECONDS})
        settings = settings.model_copy(update={"limits": limits})
        tree = RunTree.of(models, sandbox, settings, EventStream(new_run_id(), listeners), snapshot)
        functions = {
            **host_functions(tree, ROOT, Children.of(tree, ROOT, 0), lambda: settings.limits.turns),
            "CHECK": draft_checker(snapshot),
        }
        return cls(snapshot, await sandbox.open(snapshot, functions), tree)

    async def run(self, code: str, on_output: Callable[[str], None] | None = None) -> CellResult:
        """Runs a program; see `rlm_core.sandbox.base.Session.run`."""
        return await self._session.run(code, on_output)

    async def close(self) -> None:
        """Ends the session and its worker."""
        await self._session.close()
