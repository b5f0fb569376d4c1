"""REPL sessions of a server: kept between calls, suspended while a program waits for its reader."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Literal

from rlm_core.errors import QueryError, RlmError
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
        program_session: the session in the sandbox.
        assistant: stands behind `llm_query` where its prompts go to whoever drives the session.
        result: of the latest program, once it is over.
        shown: the prompts that the reader was shown last, which `reply` answers.
        used: when it was used last, on the monotonic clock.
        cost_before: US dollars that REPLs before this one have cost.
        listeners: hear of its sub-calls.
    """

    program_session: ProgramSession

    def __init__(self, owner: Owner, assistant: ClientModel | None) -> None:
        self.id = secrets.token_hex(6)
        self.owner = owner
        self.assistant = assistant
        self.listeners: list[Listener] = []
        self.result: CellResult | None = None
        self.shown: list[PendingCompletion] = []
        self.used = time.monotonic()
        self.cost_before = 0.0
        self._calls = 0
        self._printed: list[str] = []
        self._task: asyncio.Task[CellResult] | None = None

    async def open(self, open_program_session: OpenProgramSession) -> None:
        """Opens the REPL."""
        self.program_session = await open_program_session(self._listen)

    async def renew(self, open_program_session: OpenProgramSession) -> None:
        """Puts a fresh REPL in the place of this one, without its variables."""
        await self.stop()
        old = self.program_session
        await self.open(open_program_session)
        self.cost_before += old.usage.cost_usd or 0.0
        self.result, self.shown = None, []
        await old.close()

    @property
    def cost(self) -> float:
        """US dollars that it has cost so far, as far as prices are known."""
        return self.cost_before + (self.program_session.usage.cost_usd or 0.0)

    @property
    def busy(self) -> bool:
        """Whether a program is running or suspended."""
        return self._task is not None and not self._task.done()

    @property
    def attended(self) -> bool:
        """Whether a call waits for what it has to show."""
        return self._calls > 0

    @property
    def waiting(self) -> list[PendingCompletion]:
        """The prompts that wait for a reply."""
        return self.assistant.waiting if self.assistant is not None and self.busy else []

    @property
    def state(self) -> State:
        """Where it stands."""
        if self.busy:
            return "suspended" if self.waiting else "running"
        if self.result is None:
            return "ready"
        return "done" if self.result.error is None else "failed"

    @property
    def printed(self) -> str:
        """What the program under way has printed so far."""
        return "".join(self._printed)

    def start(self, code: str) -> None:
        """Starts a program.

        Raises:
            QueryError: one is running or suspended.
        """
        if self.busy:
            what = "waits for replies to its prompts" if self.waiting else "is still running"
            raise QueryError(
                f"The program before {what} in session {self.id}, so no other can start there. Go on with "
                "it, or leave `session` out for a new one."
            )
        self.result, self.shown, self._printed = None, [], []
        self._task = asyncio.create_task(self.program_session.run(code, self._printed.append))
        self._task.add_done_callback(self._over)

    def reply(self, replies: Sequence[str]) -> None:
        """Answers the prompts that were shown last, in their order; fewer replies leave the rest waiting.

        Raises:
            QueryError: there are more replies than prompts.
        """
        pending = [prompt for prompt in self.shown if prompt.open]
        if len(replies) > len(pending):
            raise QueryError(
                f"{len(replies)} replies came for {len(pending)} prompts that session {self.id} has shown "
                "and waits for; give one reply for each, in their order."
            )
        for prompt, text in zip(pending, replies, strict=False):
            prompt.answer(text)

    async def settle(self, seconds: float) -> None:
        """Returns when the program is over or suspended, or after so many seconds."""
        if self._task is None:
            return
        waiters: list[asyncio.Task[object]] = []
        if self.assistant is not None:
            waiters.append(asyncio.create_task(self.assistant.arrival()))
        self._calls += 1
        try:
            await asyncio.wait([self._task, *waiters], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._calls -= 1
            for waiter in waiters:
                waiter.cancel()
            self.used = time.monotonic()

    async def stop(self) -> None:
        """Ends the program under way, and with it its variables."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Ends the program and the session."""
        await self.stop()
        await self.program_session.close()

    def _over(self, task: asyncio.Task[CellResult]) -> None:
        self.used = time.monotonic()
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self.result = task.result()
            return
        sentence = str(error)
        if not isinstance(error, RlmError):
            log.error("A program of session %s failed.", self.id, exc_info=error)
            sentence = f"The program failed on a defect of rlm-mcp, whose log says where: {error}."
        self.result = CellResult(self.printed, 0, sentence, None, (), (), 0.0)

    def _listen(self, event: Event) -> None:
        for listener in list(self.listeners):
            listener(event)


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
        self._opening: dict[Owner, asyncio.Lock] = defaultdict(asyncio.Lock)  # nobody waits for another's
        self._closings = 0  # how often all were closed, and why the last time
        self._why = ""

    async def open(
        self, owner: Owner, open_program_session: OpenProgramSession, assistant: ClientModel | None
    ) -> tuple[ReplSession, str]:
        """A new session, and a sentence about the one that had to go for it (or nothing).

        Raises:
            QueryError: each of the owner's sessions has a program that runs, or all were closed meanwhile.
        """
        async with self._opening[owner]:
            made_room, closings = await self._make_room(owner), self._closings
            session = ReplSession(owner, assistant)
            try:
                await session.open(open_program_session)
            except RlmError:
                if closings == self._closings:
                    raise  # else what it was opened over is gone
            else:
                self._sessions[session.id] = session
            if closings != self._closings:
                await self.close(session, self._why)
                raise QueryError(f"The session could not be opened. {self._why} Call again.")
            return session, made_room

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
        self._closings += 1
        self._why = why
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

    async def _make_room(self, owner: Owner) -> str:
        mine = self.of(owner)
        if len(mine) < self._at_once:
            return ""
        idle = [session for session in mine if session.state != "running"]
        if not idle:
            listed = f" ({', '.join(session.id for session in mine)})" if owner.proven else ""
            raise QueryError(
                f"All {len(mine)} sessions{listed} have a program that runs, and there may be no more "
                "(server.sessions): wait for one of them."
            )
        oldest = min(idle, key=lambda session: (session.busy, session.used))
        why = f"It was closed to make room: there may be {self._at_once} at once (server.sessions)."
        await self.close(oldest, why)
        return f"Session {oldest.id} was closed to make room for this one; its variables are gone."
