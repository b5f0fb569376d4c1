"""Run registry of a server: runs by id, long after the call that asked."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Literal

from rlm_core.engine.event_stream import new_run_id
from rlm_core.engine.events import Event, SubcallCompleted, SubcallStarted, shortened
from rlm_core.engine.progress_text import describe
from rlm_core.errors import QueryError, RlmError
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rlm_core.engine.answer import Answer, RunUsage
    from rlm_core.engine.events import Listener
    from rlm_core.models.client_models import ClientModel
    from rlm_core.owner import Owner

log = logging.getLogger(__name__)

# Of each owner, and of each run.
KEPT_RUNS = 32
KEPT_EVENTS = 500

State = Literal["running", "complete", "incomplete", "extract", "failed", "cancelled"]


class RunHandle:
    """A handle of one question, under way or answered: its task, its events and its outcome.

    Attributes:
        id: names it, and its trace.
        owner: the client that asked; nobody else finds it.
        question: what was asked.
        client_model: the client's model, where that answers.
        events: what happened, long texts shortened; the oldest sub-calls give way first.
        forgotten: how many events gave way.
        state: where it stands.
        answer: once there is one.
        error: why there is none.
        usage: what it has taken so far.
        listeners: hear of each event as it comes.
    """

    def __init__(self, run_id: str, owner: Owner, question: str, client_model: ClientModel | None) -> None:
        self.id = run_id
        self.owner = owner
        self.question = question
        self.client_model = client_model
        self.events: list[Event] = []
        self.forgotten = 0
        self.state: State = "running"
        self.answer: Answer | None = None
        self.error = ""
        self.usage: RunUsage | None = None
        self.listeners: list[Listener] = []
        self.task: asyncio.Task[Answer]

    def progress(self, most: int) -> list[str]:
        """The latest lines of its progress, at most so many."""
        lines = [line for event in self.events if (line := describe(event)) is not None]
        return lines[-most:]

    async def wait(self, seconds: float) -> None:
        """Returns when the run is over, or after so many seconds."""
        await asyncio.wait([self.task], timeout=seconds)

    async def cancel(self) -> None:
        """Ends the run with its worker and its requests; one that is over stays as it is."""
        if not self.task.done():
            self.task.cancel()
            await asyncio.wait([self.task])

    def listen(self, event: Event) -> None:
        """Takes an event in and hands it on."""
        self.usage = getattr(event, "usage", self.usage)
        self.events.append(shortened(event))
        if len(self.events) > KEPT_EVENTS:
            minor = (at for at, old in enumerate(self.events) if isinstance(old, _MINOR))
            del self.events[next(minor, 0)]
            self.forgotten += 1
        for listener in list(self.listeners):
            listener(event)


_MINOR = (SubcallStarted, SubcallCompleted)


class Runs:
    """Runs by id: a bounded number under way for each owner, and its latest few that are over.

    Args:
        at_once: runs under way, for each owner.
        on_end: called with each run when it is over.
    """

    def __init__(self, at_once: int, on_end: Callable[[RunHandle], None]) -> None:
        self._at_once = at_once
        self._on_end = on_end
        self._runs: dict[str, RunHandle] = {}

    def start(
        self,
        owner: Owner,
        question: str,
        ask: Callable[[RunHandle], Coroutine[Any, Any, Answer]],
        client_model: ClientModel | None = None,
    ) -> RunHandle:
        """Starts a run.

        Args:
            owner: who asks.
            question: what for.
            ask: answers it, under the run's id and with `RunHandle.listen` listening.
            client_model: the client's model, where that answers.

        Raises:
            QueryError: the owner has as many runs under way as they may.
        """
        mine = [run for run in self.under_way() if run.owner == owner]
        if len(mine) >= self._at_once:
            count = pluralize(len(mine), "run is", "runs are")
            listed = f" ({', '.join(run.id for run in mine)})" if owner.proven else ""
            raise QueryError(
                f"{count} under way{listed}, which is the limit (server.runs): wait for one, or cancel one."
            )
        run = RunHandle(new_run_id(), owner, question, client_model)
        run.task = asyncio.create_task(ask(run))
        run.task.add_done_callback(lambda _: self._over(run))
        self._runs[run.id] = run
        over = [old for old in self._runs.values() if old.owner == owner and old.state != "running"]
        for old in over[:-KEPT_RUNS]:
            del self._runs[old.id]
        return run

    def get(self, run_id: str, owner: Owner) -> RunHandle:
        """An owner's run; raises `QueryError` if there is none of that name."""
        run = self._runs.get(run_id)
        if run is None or run.owner != owner:
            mine = [run.id for run in self._runs.values() if run.owner == owner][-5:]
            known = f" (the latest are {', '.join(mine)})" if mine else " (there are none)"
            raise QueryError(
                f"There is no run {run_id[:60]!r}{known if owner.proven else ''}; "
                f"the {KEPT_RUNS} latest are kept."
            )
        return run

    def under_way(self) -> list[RunHandle]:
        """The runs that are not over."""
        return [run for run in self._runs.values() if run.state == "running"]

    async def finish(self, seconds: float) -> None:
        """Gives the runs under way so long to end, then ends them."""
        await asyncio.gather(*(run.wait(seconds) for run in self.under_way()))
        await asyncio.gather(*(run.cancel() for run in self.under_way()))

    async def cancel_all(self, owner: Owner) -> None:
        """Ends an owner's runs and forgets them."""
        mine = [run for run in self._runs.values() if run.owner == owner]
        await asyncio.gather(*(run.cancel() for run in mine))
        for run in mine:
            self._runs.pop(run.id, None)

    def _over(self, run: RunHandle) -> None:
        if run.task.cancelled():
            run.state, run.error = "cancelled", "The run was cancelled."
        elif (error := run.task.exception()) is None:
            run.answer = run.task.result()
            run.state, run.usage = run.answer.status, run.answer.usage
        elif isinstance(error, RlmError):
            run.state, run.error = "failed", str(error)
        else:
            log.error("Run %s failed.", run.id, exc_info=error)
            run.state = "failed"
            run.error = (
                f"The run failed on a defect of rlm-mcp, whose log says where: {type(error).__name__}."
            )
        self._on_end(run)
