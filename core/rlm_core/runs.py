"""The runs of a server: by id, long after the call that asked."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal

from rlm_core.engine.events import Event, SubcallCompleted, SubcallStarted, shortened
from rlm_core.engine.progress import describe
from rlm_core.engine.stream import new_run_id
from rlm_core.errors import QueryError, RlmError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rlm_core.engine.answer import Answer, RunUsage
    from rlm_core.engine.events import Listener
    from rlm_core.models.host import HostModel

log = logging.getLogger(__name__)

KEPT_RUNS = 64
KEPT_EVENTS = 1000

State = Literal["running", "complete", "incomplete", "failed", "cancelled"]


class Run:
    """One question under way or answered.

    Attributes:
        id: names it, and its trace.
        owner: the client that asked; nobody else finds it.
        question: what was asked.
        host: the host's model, where that answers.
        events: what happened, long texts shortened; the oldest sub-calls give way first.
        forgotten: how many events gave way.
        answer: once there is one.
        error: why there is none.
        usage: what it has taken so far.
        listeners: hear of each event as it comes.
    """

    def __init__(self, id: str, owner: str, question: str, host: HostModel | None) -> None:  # noqa: A002
        self.id = id
        self.owner = owner
        self.question = question
        self.host = host
        self.events: list[Event] = []
        self.forgotten = 0
        self.answer: Answer | None = None
        self.error = ""
        self.usage: RunUsage | None = None
        self.listeners: list[Listener] = []
        self.task: asyncio.Task[None]
        self._cancelled = False

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.answer is not None:
            return self.answer.status
        if not self.task.done():
            return "running"
        return "cancelled" if self._cancelled else "failed"

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
            self._cancelled = True
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
    """Runs by id: a bounded number under way for each owner, and the latest few that are over.

    Args:
        at_once: runs under way, for each owner.
        on_end: called with each run when it is over.
    """

    def __init__(self, at_once: int, on_end: Callable[[Run], None]) -> None:
        self._at_once = at_once
        self._on_end = on_end
        self._runs: dict[str, Run] = {}

    def start(
        self,
        owner: str,
        question: str,
        ask: Callable[[Run], Awaitable[Answer]],
        host: HostModel | None = None,
    ) -> Run:
        """Starts a run.

        Args:
            owner: who asks.
            question: what for.
            ask: answers it, under the run's id and with `Run.listen` listening.
            host: the host's model, where that answers.

        Raises:
            QueryError: the owner has as many runs under way as they may.
        """
        mine = [run for run in self.under_way() if run.owner == owner]
        if len(mine) >= self._at_once:
            listed = ", ".join(run.id for run in mine)
            raise QueryError(
                f"{len(mine)} runs are under way ({listed}), which is the limit (server.runs): "
                "wait for one, or cancel one."
            )
        run = Run(new_run_id(), owner, question, host)
        run.task = asyncio.create_task(self._ask(run, ask))
        self._runs[run.id] = run
        over = [old for old in self._runs.values() if old.state != "running"]
        for old in over[:-KEPT_RUNS]:
            del self._runs[old.id]
        return run

    def get(self, id: str, owner: str) -> Run:  # noqa: A002
        """An owner's run; raises `QueryError` if there is none of that name."""
        run = self._runs.get(id)
        if run is None or run.owner != owner:
            mine = [run.id for run in self._runs.values() if run.owner == owner][-5:]
            known = f"the latest are {', '.join(mine)}" if mine else "there are none"
            raise QueryError(f"There is no run {id!r} ({known}); the {KEPT_RUNS} latest are kept.")
        return run

    def under_way(self) -> list[Run]:
        """The runs that are not over."""
        return [run for run in self._runs.values() if run.state == "running"]

    async def finish(self, seconds: float) -> None:
        """Gives the runs under way so long to end, then ends them."""
        await asyncio.gather(*(run.wait(seconds) for run in self.under_way()))
        await asyncio.gather(*(run.cancel() for run in self.under_way()))

    async def _ask(self, run: Run, ask: Callable[[Run], Awaitable[Answer]]) -> None:
        try:
            run.answer = await ask(run)
        except asyncio.CancelledError:
            run.error = "The run was cancelled."
        except RlmError as error:
            run.error = str(error)
        except Exception as error:
            log.exception("Run %s failed.", run.id)
            run.error = (
                f"The run failed on a defect of rlm-mcp, whose log says where: {type(error).__name__}."
            )
        finally:
            if run.answer is not None:
                run.usage = run.answer.usage
            self._on_end(run)
