"""Patches of the standard library, where `threading`, `queue` and `concurrent.futures` wait by themselves."""

from __future__ import annotations

import queue
import sys
import threading
import weakref
from concurrent.futures import Future, _base, thread
from contextvars import Context
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.guest import schedule

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 100_000  # calls; where memory ends in the midst of them the instance is lost
_OVERFILL = 10_000  # items beyond a queue's size

_semaphores: weakref.WeakSet[Any] = weakref.WeakSet()  # with which a program limits itself
_threading: Any = threading  # what is its own
_notice = _threading._make_invoke_excepthook


class _Waiter:
    """What `Condition.notify` wakes; a lock in CPython."""

    def __init__(self) -> None:
        self.notified = False

    def release(self) -> None:
        self.notified = True


def _condition_wait(self: Any, timeout: float | None = None) -> bool:
    """Wait until notified or until a timeout occurs (see `threading.Condition.wait`)."""
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    waiter = _Waiter()
    self._waiters.append(waiter)
    state = self._release_save()
    came = False
    try:
        came = schedule.wait(lambda: waiter.notified, timeout)
        return came
    finally:
        self._acquire_restore(state)
        if not came and waiter in self._waiters:
            self._waiters.remove(waiter)


def _semaphore(self: Any, value: int = 1) -> None:
    _original_semaphore(self, value)
    if value:  # else it is there to signal something
        _semaphores.add(self)


_original_semaphore = threading.Semaphore.__init__


def _put(self: Any, item: Any, block: bool = True, timeout: float | None = None) -> None:
    """Put an item into the queue (see `queue.Queue.put`); without a timeout, also where it is full.

    Else a producer above its consumer, or the other way round, could never go on.
    """
    size = self.maxsize
    if block and timeout is None and 0 < size <= self._qsize() < size + _OVERFILL:
        self.maxsize = 0
    try:
        _original_put(self, item, block, timeout)
    finally:
        self.maxsize = size


_original_put = queue.Queue.put


def _make_invoke_excepthook() -> Callable[[threading.Thread], None]:
    """As in `threading`; a daemon thread whose wait is endless ends unseen, as when the interpreter exits."""
    notice = _notice()

    def notice_(of: threading.Thread) -> None:
        error = sys.exception()
        if not isinstance(error, schedule.Deadlock):
            notice(of)
        elif not of.daemon:
            try:
                raise RuntimeError(str(error)).with_traceback(error.__traceback__) from None
            except RuntimeError:
                notice(of)

    return notice_


def _polling(kind: Any, name: str, waiting: Any) -> None:
    """Lets other threads run where a program asks again and again, and gets the same answer."""
    method = getattr(kind, name)

    def polled_method(self: Any) -> Any:
        if (answer := method(self)) is waiting:
            schedule.polled()
        return answer

    polled_method.__name__, polled_method.__qualname__, polled_method.__doc__ = (
        name,
        method.__qualname__,
        method.__doc__,
    )
    setattr(kind, name, polled_method)


class _PoolThread(threading.Thread):
    """A thread of a pool: it isn't started, but each call that runs in the pool runs as one of these."""

    def __init__(self, pool: Any, number: int) -> None:
        super().__init__(name=f"{pool._thread_name_prefix or pool}_{number}")
        self._ident = schedule.new_ident()
        started: threading.Event = self._started  # type: ignore[attr-defined]  # not in its stub
        started.set()
        self.room = Context()
        self.state = pool._create_worker_context()


def _add_call(self: Any) -> None:
    """Stands for `ThreadPoolExecutor._adjust_thread_count`: has a worker make one call."""
    if not hasattr(self, "_idle"):
        self._idle, self._calls, self._begun = [], 0, 0
    self._calls += 1
    runnable = schedule.Runnable(lambda: _make_call(self), 0)
    runnable.due = lambda: 0.0 if self._idle or len(self._threads) < self._max_workers else float("inf")
    schedule.queue(runnable)


def _make_call(self: Any) -> None:
    self._begun += 1
    fresh = not self._idle
    worker = _PoolThread(self, len(self._threads)) if fresh else self._idle.pop()
    self._threads.add(worker)
    try:
        schedule.become(worker._ident)
        _threading._active[worker._ident] = worker
        if fresh:
            worker.room.run(_initialize, self, worker)
        if (item := self._work_queue.get_nowait()) is not None:  # as it is once the pool is shut down
            worker.room.run(item.run, worker.state)
    except queue.Empty:
        pass  # cancelled, or the initializer failed
    finally:
        _threading._active.pop(worker._ident, None)
        self._idle.append(worker)
        self._calls -= 1


def _initialize(self: Any, worker: _PoolThread) -> None:
    try:
        worker.state.initialize()
    except BaseException:  # noqa: BLE001 - as in `concurrent.futures`
        _base.LOGGER.critical("Exception in initializer:", exc_info=True)
        self._initializer_failed()


def _call(self: Any, state: Any) -> None:
    """Stands for `_WorkItem.run`: a wait that can't end is the call's error."""
    if not self.future.set_running_or_notify_cancel():
        return
    try:
        result = state.run(self.task)
    except schedule.Deadlock as error:
        self.future.set_exception(RuntimeError(str(error)))
    except BaseException as error:  # noqa: BLE001 - as in `concurrent.futures`
        self.future.set_exception(error)
    else:
        self.future.set_result(result)


def _result(self: Any, timeout: float | None = None) -> Any:
    """Return the result of the call (see `concurrent.futures.Future.result`)."""
    _in_time(self, timeout)
    return _original_result(self, timeout)


def _exception(self: Any, timeout: float | None = None) -> BaseException | None:
    """Return the exception of the call (see `concurrent.futures.Future.exception`)."""
    _in_time(self, timeout)
    return _original_exception(self, timeout)


def _in_time(self: Any, timeout: float | None) -> None:
    # In CPython a result that came while a thread slept past the time would not be there yet.
    if timeout is not None and not schedule.wait(
        lambda: self._state not in (_base.PENDING, _base.RUNNING), timeout
    ):
        raise TimeoutError


_original_result, _original_exception = Future.result, Future.exception


def _shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
    """Ends the pool (see `concurrent.futures.Executor.shutdown`)."""
    if cancel_futures and hasattr(self, "_calls"):  # what threads would have begun isn't cancelled
        schedule.wait(lambda: self._begun >= self._max_workers or not self._calls)
    _original_shutdown(self, wait=False, cancel_futures=cancel_futures)
    if wait:
        schedule.wait(lambda: not getattr(self, "_calls", 0))
        for worker in self._threads:
            worker._os_thread_handle._set_done()


_original_shutdown = thread.ThreadPoolExecutor.shutdown


def _setrecursionlimit(limit: int, /) -> None:
    """Set the maximum depth of the Python interpreter stack, to 100,000 at most."""
    _set_limit(min(limit, _DEEPEST))


_set_limit = sys.setrecursionlimit


def install() -> None:
    """Changes the standard library's modules."""
    sys.setrecursionlimit = _setrecursionlimit
    queues: Any = queue
    workers: Any = thread
    future: Any = Future
    _threading.Condition.wait = _condition_wait
    _threading._make_invoke_excepthook = _make_invoke_excepthook
    _threading.Semaphore.__init__ = _semaphore
    schedule.hold(lambda: any(not semaphore._value for semaphore in _semaphores))
    queues.Queue.put = _put
    for kind, name, waiting in (
        (threading.Event, "is_set", False),
        (threading.Thread, "is_alive", True),
        (Future, "done", False),
        (queue.Queue, "empty", True),
    ):
        _polling(kind, name, waiting)
    future.result, future.exception = _result, _exception
    pool = workers.ThreadPoolExecutor
    pool._adjust_thread_count = _add_call
    pool.shutdown = _shutdown
    workers._WorkItem.run = _call
