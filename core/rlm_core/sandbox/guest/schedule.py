"""Scheduler of threads for a Python that has one native stack: they run one after another, when others wait.

A started thread is queued. A wait (join, sleep, a lock, a queue, a future, …) runs queued threads *on top of
the waiting one*, each to its end, until what is waited for has come. So two threads can't take turns: the
lower goes on only when the upper has ended. A wait that nobody could end raises an error and never hangs.

This module decides what runs next; `threads` puts it below the standard library.
"""

from __future__ import annotations

import _thread
import sys
import time
from collections import deque
from itertools import count
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLOCK = (
    "this wait would never end: threads run one after another in this sandbox, each until it returns, and"
    " none that is left ends it. Don't let threads wait for each other in turns: start them, put all they"
    " need in their queues (with the sentinels that end them), then join them; or use asyncio. For many"
    " sub-model queries, call llm_query_batched(prompts)."
)
_DEEPEST = 40  # threads on top of one another, where the wait would end without them
_PATIENCE = 20  # waits that a thread may make while one below it could go on
_OVERDUE = 5.0  # seconds for the same
_SLICE = 0.25  # seconds that the host can't interrupt

_nap = time.sleep
_main = _thread.get_ident()
_idents = count(_main + 1)


class Deadlock(BaseException):
    """Ends a thread whose wait could never end; not an `Exception`, which loops around a wait catch."""


class Runnable:
    """Work that is queued: a thread to run, or one call in an executor.

    Args:
        run: what to do, to its end.
        ident: the thread that does it; 0 if it calls `become`.
        daemon: whether others come first, and nobody misses it.
    """

    def __init__(self, run: Callable[[], object], ident: int, *, daemon: bool = False) -> None:
        self.run = run
        self.ident = ident
        self.daemon = daemon
        self.due: Callable[[], float] = lambda: 0.0  # a time of `monotonic`, or infinity while it can't run


class _Wait:
    """One thread's wait; those below it on the stack wait as well."""

    def __init__(self, ready: Callable[[], bool], timeout: float | None) -> None:
        self.ready = ready
        self.deadline = float("inf") if timeout is None else monotonic() + timeout
        self.expired = False  # its time went by in a sleep above it, before it was ready
        self.since = 0.0  # when it could have gone on
        self.overtaken = 0


_runnables: deque[Runnable] = deque()
_holders: list[Callable[[], bool]] = []
_waits: list[_Wait] = []
_state = SimpleNamespace(ident=_main, depth=0, polls=0, held=0)


def get_ident() -> int:
    """Returns the number of the thread that runs."""
    ident: int = _state.ident
    return ident


def become(ident: int) -> None:
    """Makes the runnable that runs go on as another thread, to its end."""
    _state.ident = ident


def new_ident() -> int:
    """Returns a number for a new thread; none is used twice."""
    return next(_idents)


def queue(runnable: Runnable) -> None:
    """Has a runnable run by the next wait."""
    _runnables.append(runnable)


def hold(held: Callable[[], bool]) -> None:
    """Has waits ask a function whether somebody holds a lock."""
    _holders.append(held)


def _holding() -> bool:
    return any(held() for held in _holders)


def wait(
    ready: Callable[[], bool],
    timeout: float | None = None,
    *,
    first: Runnable | None = None,
    idle: Callable[[float | None], None] | None = None,
) -> bool:
    """Runs queued threads until something is so, and returns whether it is.

    Args:
        ready: whether the wait is over.
        timeout: the seconds after which it is over in any case.
        first: the runnable to begin with, if it is still queued.
        idle: for a wait that ends without other threads, such as one for the host: called with the seconds
            it may last (`None`: any) when there is no thread to run. Such a wait doesn't run threads while
            somebody holds a lock, which these would want.

    Raises:
        RuntimeError: nothing could end the wait. (`Deadlock` in a thread, which `threading.excepthook` or the
            future gets to see as a `RuntimeError`.)
    """
    if ready():
        return True
    if timeout is not None and timeout <= 0:
        return False
    _state.polls = 0
    for lower in _waits:
        lower.overtaken += bool(lower.since)
    nesting = idle is None or _may_nest()
    this = _Wait(ready, timeout)
    _waits.append(this)
    try:
        while not this.expired:
            if nesting and (runnable := _next(first)) is not None:
                _run(runnable)
            else:
                _rest(this, idle)
            if not this.expired and ready():
                return True
            if monotonic() >= this.deadline:
                return False
        return False
    finally:
        _waits.pop()


def finish() -> None:
    """Runs what was started and nobody waited for, but timers and daemon threads; for the end of a cell."""
    _waits.append(_Wait(lambda: True, None))
    try:
        while (runnable := _next(daemons=False)) is not None:
            _run(runnable)
    finally:
        _waits.pop()


def sleep(seconds: float, /) -> None:
    """Stands for `time.sleep`: other threads run meanwhile."""
    if not seconds >= 0:
        raise ValueError("sleep length must be non-negative")
    if not seconds:
        polled(often=1)
    wait(lambda: False, float(seconds + 0), idle=pause)


def polled(*, often: int = 100) -> None:
    """Notes that a program asked whether another thread is done; who only asks waits in the end."""
    _state.polls += 1
    if _state.polls >= often:
        _state.polls = 0
        if (runnable := _next()) is not None:
            _run(runnable)


def pause(seconds: float | None) -> None:
    """Lets time go by, at most so many seconds: the `idle` of a wait for time itself."""
    _nap(_SLICE if seconds is None else min(seconds, _SLICE))


def _may_nest() -> bool:
    """Whether a wait that ends by itself may run threads: not when these would wait for what it holds."""
    if _state.depth >= _DEEPEST:
        return False
    if not _holding():
        return True
    _state.held += 1
    return bool(_state.held % _PATIENCE == 0)  # perhaps it sleeps until a thread has done something


def _next(first: Runnable | None = None, *, daemons: bool = True) -> Runnable | None:
    """Takes the runnable that comes next from the queue: daemons come last, timers at their time."""
    now = monotonic()
    startable = [
        runnable for runnable in _runnables if runnable.due() <= now and (daemons or not runnable.daemon)
    ]
    if not startable:
        return None
    runnable = min(startable, key=lambda runnable: (runnable is not first, runnable.daemon))
    _runnables.remove(runnable)
    return runnable


def _run(runnable: Runnable) -> None:
    """Runs a runnable as its thread, to its end."""
    _state.depth += 1
    _state.polls = _state.held = 0
    before, _state.ident = _state.ident, runnable.ident or _state.ident
    events: Any = sys.modules.get("asyncio.events")
    loop = events._get_running_loop() if events else None
    if loop is not None:  # a thread has no running loop, and no task
        task = sys.modules["_asyncio"]._swap_current_task(loop, None)
        events._set_running_loop(None)
    try:
        runnable.run()
    except (Deadlock, SystemExit):
        pass
    finally:
        if loop is not None:
            events._set_running_loop(loop)
            sys.modules["_asyncio"]._swap_current_task(loop, task)
        _state.ident = before
        _state.depth -= 1
        _state.held = 0


def _rest(this: _Wait, idle: Callable[[float | None], None] | None) -> None:
    """Lets time go by until the wait's deadline, or until a runnable is due."""
    due = min([this.deadline, *(runnable.due() for runnable in _runnables)])
    if (due == float("inf") and idle is None) or _overdue():
        raise Deadlock(DEADLOCK) if _state.depth else RuntimeError(DEADLOCK)
    (idle or pause)(None if due == float("inf") else max(0.0, due - monotonic()))
    now = monotonic()
    for lower in _waits[:-1]:
        if lower.ready() or lower.deadline <= now:
            lower.since = lower.since or now
            # (A reply of the host that comes late is better than none.)
            lower.expired = lower.expired or (idle in (None, pause) and not lower.ready())


def _overdue() -> bool:
    """Whether a thread below has long been ready: the one above waits again and again, as a ticker does."""
    now = monotonic()
    return any(
        lower.since and lower.overtaken >= _PATIENCE and now - lower.since > _OVERDUE for lower in _waits[:-1]
    )
