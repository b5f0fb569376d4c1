"""REPL sessions of a server: kept between calls, suspended while a program waits for its reader."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from typing import TYPE_CHECKING, Any, Literal

from rlm_core.errors import QueryError, RlmError
from rlm_core.models.prompt_batch import PromptBatch
from rlm_core.sandbox.base import CellResult

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rlm_core.engine.events import Event, Listener
    from rlm_core.engine.program_session import ProgramSession
    from rlm_core.models.client_models import ClientModel, PendingCompletion
    from rlm_core.owner import Owner

    OpenProgramSession = Callable[[Listener], Awaitable[ProgramSession]]

log = logging.getLogger(__name__)

# So many ended sessions are remembered, with the reason why they ended.
REMEMBERED = 256

State = Literal["ready", "running", "suspended", "done", "failed"]


class ReplSession:
    """One REPL and the program that runs in it, which outlives the call that started it.

    Attributes:
        id: names it.
        owner: the client whose it is; nobody else finds it.
        assistant: stands behind `llm_query` where its prompts go to whoever drives the session.
        result: of the latest program, once it is over.
        told: so many characters that the program has printed are not shown again.
        used: when it was used last, on the monotonic clock.
        cost_before: US dollars that REPLs before this one have cost.
        listeners: hear of its sub-calls.
        introduced: whether its reader was told what is in the context and what is not.
        untold: sentences for whoever looks at it next.
    """

    def __init__(self, owner: Owner, assistant: ClientModel | None) -> None:
        self.id = secrets.token_hex(6)
        self.owner = owner
        self.assistant = assistant
        self.listeners: list[Listener] = []
        self.result: CellResult | None = None
        self.told = 0
        self.used = time.monotonic()
        self.cost_before = 0.0
        self.introduced = False
        self.untold: list[str] = []
        self._prompts = PromptBatch()
        self._shown = 0  # of what was printed, when the prompts were shown
        self._calls = 0
        self._program_session: ProgramSession | None = None
        self._opening: asyncio.Task[None] | None = None
        self._printed: list[str] = []
        self._task: asyncio.Task[CellResult] | None = None
        self._stopped = False  # the program before, and nobody has looked yet at what it has left

    def open(self, open_program_session: OpenProgramSession, code: str = "") -> None:
        """Begins to open the REPL, or a fresh one in its place, and then to run a program in it.

        `settle` waits for it. What there was before, a suspended program too, is given up only when the
        fresh one is open.

        Raises:
            QueryError: it is just being opened.
        """
        self._check_not_opening()
        self._opening = asyncio.create_task(self._open(open_program_session, code))
        self._opening.add_done_callback(self._opening_over)

    async def _open(self, open_program_session: OpenProgramSession, code: str) -> None:
        opened = await open_program_session(self._listen)
        old, self._program_session = self._program_session, opened
        program, self._task = self._task, None
        self._forget_program()
        try:
            await _cancel(program)
        finally:
            if old is not None:
                self.untold.append(
                    "The session starts anew on the files as they are now; its variables are gone."
                )
                self.cost_before += old.usage.cost_usd or 0.0
                await old.close()
        if code:
            self._begin(code)

    @property
    def program_session(self) -> ProgramSession:
        """The session in the sandbox; raises `QueryError` while there is none."""
        if self._program_session is None:
            raise QueryError(self._not_open())
        return self._program_session

    @property
    def opened(self) -> bool:
        """Whether there is a session in the sandbox, and none is being put in its place."""
        return self._program_session is not None and not self.opening

    @property
    def opening(self) -> bool:
        """Whether it is being opened."""
        return self._opening is not None and not self._opening.done()

    def check_opened(self) -> None:
        """Raises the `RlmError` that kept it from being opened, to whoever has waited for that."""
        if self._opening is not None and self._opening.done() and not self._opening.cancelled():
            error = self._opening.exception()
            if error is not None:
                self._opening = None
                raise error

    @property
    def cost(self) -> float:
        """US dollars that it has cost so far, as far as prices are known."""
        session = self._program_session
        return self.cost_before + ((session.usage.cost_usd if session else None) or 0.0)

    @property
    def busy(self) -> bool:
        """Whether it is being opened, or a program is running or suspended."""
        return self.opening or self._running

    @property
    def _running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def attended(self) -> bool:
        """Whether a call waits for what it has to show."""
        return self._calls > 0

    @property
    def waiting(self) -> list[PendingCompletion]:
        """The prompts that wait for a reply."""
        return self.assistant.waiting if self.assistant is not None and self._running else []

    @property
    def prompts(self) -> PromptBatch:
        """The prompts that wait, numbered, with the replies so far."""
        self._prompts.take_in(self.waiting)
        return self._prompts

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.busy:
            return "suspended" if self.waiting and not self.opening else "running"
        if self.result is None:
            return "ready"
        return "done" if self.result.error is None else "failed"

    @property
    def printed(self) -> str:
        """What the program under way has printed so far."""
        return "" if self.opening else "".join(self._printed)

    def start(self, code: str) -> None:
        """Starts a program.

        Raises:
            QueryError: one is running or suspended, or the REPL is just being opened.
        """
        self._check_not_opening()
        if self._running:
            what = "waits for replies to its prompts" if self.waiting else "is still running"
            raise QueryError(
                f"The program before {what} in session {self.id}, so no other can start there. Go on with "
                "it, or leave `session` out for a new one."
            )
        self._begin(code)

    def look(self) -> None:
        """Begins to find out what a program that was stopped has left, by one that does nothing."""
        if self._stopped and not self.busy:
            self._begin("")

    def _forget_program(self) -> None:
        self.result, self._stopped = None, False
        self._printed, self.told, self._shown = [], 0, 0

    def _begin(self, code: str) -> None:
        self._forget_program()
        self._task = asyncio.create_task(self.program_session.run(code, self._printed.append))
        self._task.add_done_callback(self._over)

    def reply(self, replies: Sequence[str], first: int = 0) -> None:
        """Takes replies to prompts, by default to those that were shown last; see `PromptBatch.reply`.

        Raises:
            QueryError: they do not fit the prompts, or another REPL is being opened in its place.
        """
        self._check_not_opening()
        self.prompts.reply(replies, first)
        self.read_on()

    def show_printed(self, most: int) -> tuple[str, int]:
        """What was printed since `read_on`, the end of it where it is longer, and its whole length."""
        printed = self.printed[self.told :]
        self._shown = self.told + (len(printed) if len(printed) <= most else 0)
        return printed[-most:], len(printed)

    def read_on(self) -> None:
        """What was shown last, unless only its end was, is not shown again."""
        self.told = self._shown

    async def settle(self, seconds: float) -> None:
        """Returns when it is open and its program over or suspended, or after so many seconds."""
        waiters: list[asyncio.Task[object]] = []
        self._calls += 1
        try:
            async with asyncio.timeout(seconds):
                if (opening := self._opening) is not None:
                    await asyncio.wait([opening])
                    if opening.cancelled() or opening.exception() is not None:
                        return
                if self._task is None:
                    return
                if self.assistant is not None:
                    waiters.append(asyncio.create_task(self.assistant.arrival()))
                await asyncio.wait([self._task, *waiters], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            pass
        finally:
            self._calls -= 1
            for waiter in waiters:
                waiter.cancel()
            self.used = time.monotonic()

    async def stop(self) -> None:
        """Ends what a call has begun that was cancelled: the opening of a fresh REPL, or its program."""
        if self.opening:
            self.untold.append("The call with fresh=true was cancelled; the session is as it was before it.")
            await _cancel(self._opening)
        elif self._running:
            self.untold.append(
                "The call that had started the program was cancelled, so the program was stopped; what it "
                "had printed and been replied is gone."
            )
            program, self._task, self._stopped = self._task, None, True
            await _cancel(program)  # whatever is run next waits for that too: cells run one after another

    async def close(self) -> None:
        """Ends the program and the session."""
        await _cancel(self._opening)
        await _cancel(self._task)
        if self._program_session is not None:
            await self._program_session.close()

    def _check_not_opening(self) -> None:
        if self.opening:
            raise QueryError(f"{self._not_open()} Wait for it first.")

    def _not_open(self) -> str:
        if not self.opening:
            return f"Session {self.id} could not be opened; fresh=true tries again."
        return f"Session {self.id} is still being opened: reading the workspace takes long this time."

    def _opening_over(self, opening: asyncio.Task[None]) -> None:
        self.used = time.monotonic()
        if opening.cancelled() or (error := opening.exception()) is None:
            return
        if not isinstance(error, RlmError):
            log.error("Session %s could not be opened.", self.id, exc_info=error)
        if self._program_session is None:
            why = f"Session {self.id} could not be opened. {error}"
            self.result = CellResult("", 0, why, None, (), (), 0.0)

    def _over(self, task: asyncio.Task[CellResult]) -> None:
        self.used = time.monotonic()
        if task.cancelled() or task is not self._task:  # then it was stopped, or a fresh session is there
            return
        error = task.exception()
        if error is None:
            self.result = task.result()
            return
        if not isinstance(error, RlmError):
            log.error("A program of session %s failed.", self.id, exc_info=error)
            error = QueryError(f"The program failed on a defect of rlm-mcp, whose log says where: {error}.")
        self.result = CellResult("".join(self._printed), 0, str(error), None, (), (), 0.0)

    def _listen(self, event: Event) -> None:
        for listener in list(self.listeners):
            listener(event)


async def _cancel(task: asyncio.Task[Any] | None) -> None:
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task])


class ReplSessions:
    """Sessions by id: a bounded number for each owner, closed when they were not used for a while.

    Args:
        at_once: sessions for each owner; the one that was unused for longest makes room for a new one.
        idle_seconds: after so long without use a session is closed, suspended or not.
        on_close: called with each session before it is closed.
    """

    def __init__(self, at_once: int, idle_seconds: float, on_close: Callable[[ReplSession], None]) -> None:
        self._at_once = at_once
        self._idle_seconds = idle_seconds
        self._on_close = on_close
        self._sessions: dict[str, ReplSession] = {}
        self._ended: dict[str, tuple[Owner, str]] = {}  # id → whose it was, and why, as a sentence

    async def open(
        self,
        owner: Owner,
        open_program_session: OpenProgramSession,
        assistant: ClientModel | None,
        code: str,
    ) -> tuple[ReplSession, str]:
        """A new session that is being opened for a program, and a sentence about the one that goes for it.

        Raises:
            QueryError: each of the owner's sessions has a program that runs.
        """
        oldest = self._in_the_way(owner)
        session = ReplSession(owner, assistant)
        self._sessions[session.id] = session  # before anything is waited for: `close_all` must see it
        session.open(open_program_session, code)
        if oldest is None:
            return session, ""
        why = f"It was closed to make room: there may be {self._at_once} at once (server.sessions)."
        await self.close(oldest, why)
        return session, f"Session {oldest.id} was closed to make room for this one; its variables are gone."

    def get(self, session_id: str, owner: Owner) -> ReplSession:
        """An owner's session; raises `QueryError` if there is none of that name (any more), and says why."""
        session = self._sessions.get(session_id)
        if session is not None and session.owner == owner:
            session.used = time.monotonic()
            return session
        whose, why = self._ended.get(session_id, (owner, "It is not known here."))
        if whose != owner:
            why = "It is not known here."
        raise QueryError(
            f"There is no session {session_id[:60]!r}. {why} "
            "Leave `session` out for a new one, with no variables."
        )

    def of(self, owner: Owner) -> list[ReplSession]:
        """An owner's sessions."""
        return [session for session in self._sessions.values() if session.owner == owner]

    async def expire(self) -> None:
        """Closes what was not used for too long."""
        limit = time.monotonic() - self._idle_seconds
        why = f"It was closed after {self._idle_seconds / 60:g} minutes without use (server.idle_seconds)."
        for session in [session for session in self._sessions.values() if session.used < limit]:
            if session.state != "running" and not session.attended:
                await self.close(session, why)

    async def close_all(self, why: str) -> None:
        """Closes every session, for this reason; also those that are just being opened."""
        await asyncio.gather(*(self.close(session, why) for session in list(self._sessions.values())))

    async def close_of(self, owner: Owner, why: str) -> None:
        """Closes an owner's sessions, for this reason."""
        await asyncio.gather(*(self.close(session, why) for session in self.of(owner)))

    async def finish(self, seconds: float) -> None:
        """Gives programs that a call waits for so long to end; sessions go on."""
        attended = [session for session in self._sessions.values() if session.attended]
        await asyncio.gather(*(session.settle(seconds) for session in attended))

    async def close(self, session: ReplSession, why: str) -> None:
        """Closes a session; whoever asks for it later is told why."""
        if self._sessions.pop(session.id, None) is None:
            return
        self._ended[session.id] = session.owner, why
        while len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
        self._on_close(session)
        await session.close()

    def _in_the_way(self, owner: Owner) -> ReplSession | None:
        """The session that has to go for another of its owner's, if one has to."""
        mine = self.of(owner)
        if len(mine) < self._at_once:
            return None
        idle = [session for session in mine if session.state != "running"]
        if not idle:
            listed = f" ({', '.join(session.id for session in mine)})" if owner.proven else ""
            raise QueryError(
                f"All {len(mine)} sessions{listed} have a program that runs, and there may be no more "
                "(server.sessions): wait for one of them."
            )
        return min(idle, key=lambda session: (session.busy, session.used))
