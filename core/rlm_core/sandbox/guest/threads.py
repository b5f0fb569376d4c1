"""Stand-ins for what CPython 3.14 has in `_thread` and `_queue`, over threads that run one after another.

`threading`, `queue`, `concurrent.futures` and `asyncio` stay as they are, but for what
`stdlib_patches` and `loop` change in them.
"""

# ruff: noqa: ARG002, D102 - the signatures and meanings are CPython's

from __future__ import annotations

import _queue
import _thread
import sys
import time
import weakref
from collections import deque
from time import monotonic
from types import GenericAlias
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.guest import schedule

if TYPE_CHECKING:
    from collections.abc import Callable

_count = {"locks": 0}  # that are held


class Lock:
    """Stands for `_thread.lock`."""

    def __init__(self) -> None:
        self._locked = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Takes the lock, after threads that could release it."""
        if timeout != -1 and not blocking:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        if self._locked:
            if not blocking:
                schedule.polled()
                return False
            if not schedule.wait(lambda: not self._locked, None if timeout == -1 else timeout):
                return False
        self._locked = True
        _count["locks"] += 1
        return True

    def release(self) -> None:
        """Gives the lock back."""
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False
        _count["locks"] -= 1

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._locked

    def __del__(self) -> None:
        if self._locked:
            _count["locks"] -= 1

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<{'locked' if self._locked else 'unlocked'} _thread.lock object at {id(self):#x}>"

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]  # starts anew, as it says

    acquire_lock, release_lock, locked_lock = acquire, release, locked


class RLock:
    """Stands for `_thread.RLock`."""

    def __init__(self) -> None:
        self._block = Lock()
        self._owner = 0
        self._times = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Takes the lock, or once more."""
        if self._owner == schedule.get_ident():
            self._times += 1
            return True
        if not self._block.acquire(blocking, timeout):
            return False
        self._owner, self._times = schedule.get_ident(), 1
        return True

    def release(self) -> None:
        """Gives the lock back as often as it was taken."""
        if self._owner != schedule.get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._times -= 1
        if not self._times:
            self._owner = 0
            self._block.release()

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._times > 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        state = "locked" if self._times else "unlocked"
        return f"<{state} _thread.RLock object owner={self._owner} count={self._times} at {id(self):#x}>"

    def _is_owned(self) -> bool:
        return self._owner == schedule.get_ident()

    def _recursion_count(self) -> int:
        return self._times if self._is_owned() else 0

    def _release_save(self) -> tuple[int, int]:
        if not self._times:
            raise RuntimeError("cannot release un-acquired lock")
        state = self._times, self._owner
        self._times = self._owner = 0
        self._block.release()
        return state

    def _acquire_restore(self, state: tuple[int, int]) -> None:
        self._block.acquire()
        self._times, self._owner = state

    def _at_fork_reinit(self) -> None:
        self.__init__()  # type: ignore[misc]  # starts anew, as it says


class SimpleQueue:
    """An unbounded first-in, first-out queue."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Puts an item on the queue, which never blocks."""
        self._items.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Takes the oldest item off the queue.

        Raises:
            queue.Empty: there is none (within the `timeout` seconds).
        """
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        if not self._items:
            if not block:
                schedule.polled()
            elif schedule.wait(lambda: bool(self._items), timeout):
                return self._items.popleft()
            raise _queue.Empty
        return self._items.popleft()

    def put_nowait(self, item: Any) -> None:
        """The same as `put`."""
        self._items.append(item)

    def get_nowait(self) -> Any:
        """The same as `get(block=False)`."""
        return self.get(block=False)

    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self._items

    def qsize(self) -> int:
        """Returns how many items are in it."""
        return len(self._items)

    __class_getitem__: Any = classmethod(GenericAlias)


class Local:
    """Stands for `_thread._local`: its attributes are each thread's own."""

    __slots__ = ("__dict__", "__weakref__", "_local__own")

    def __new__(cls, /, *args: Any, **keywords: Any) -> Local:
        if (args or keywords) and cls.__init__ is object.__init__:
            raise TypeError("Initialization arguments are not supported")
        self = object.__new__(cls)
        first = object.__getattribute__(self, "__dict__")
        object.__setattr__(self, "_local__own", ({schedule.get_ident(): first}, args, keywords))
        _locals.add(self)
        return self

    def __getattribute__(self, name: str) -> Any:
        _turn(self)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "__dict__":
            raise AttributeError(f"{type(self).__name__!r} object attribute '__dict__' is read-only")
        _turn(self)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        _turn(self)
        object.__delattr__(self, name)


_locals: weakref.WeakSet[Local] = weakref.WeakSet()


def _turn(local: Local) -> None:
    """Shows the attributes of the thread that runs."""
    own, args, keywords = object.__getattribute__(local, "_local__own")
    ident = schedule.get_ident()
    if ident in own:
        object.__setattr__(local, "__dict__", own[ident])
    else:
        own[ident] = {}
        object.__setattr__(local, "__dict__", own[ident])
        type(local).__init__(local, *args, **keywords)


def _forget(ident: int) -> None:
    for local in _locals:
        object.__getattribute__(local, "_local__own")[0].pop(ident, None)


class Handle:
    """Stands for `_thread._ThreadHandle`."""

    def __init__(self, ident: int = 0) -> None:
        self.ident = ident
        self.runnable: schedule.Runnable | None = None
        self._done = False

    def is_done(self) -> bool:
        """Whether the thread has ended."""
        return self._done

    def _set_done(self) -> None:
        self._done = True

    def join(self, timeout: float | None = None) -> None:
        """Waits until the thread has ended."""
        schedule.wait(self.is_done, None if timeout is None or timeout < 0 else timeout, first=self.runnable)


def _start_joinable_thread(
    function: Callable[[], object], handle: Handle | None = None, daemon: bool = True
) -> Handle:
    handle = handle or Handle()
    handle.ident = schedule.new_ident()
    thread: Any = getattr(function, "__self__", None)

    def run() -> None:
        try:
            function()
        finally:
            handle._set_done()
            _forget(handle.ident)

    handle.runnable = schedule.Runnable(run, handle.ident, daemon=daemon)
    threading = sys.modules.get("threading")
    if threading is not None and isinstance(thread, threading.Thread):
        thread._ident = handle.ident
        thread._started.set()  # `Thread.start` waits for it
        if isinstance(thread, threading.Timer):
            at = monotonic() + thread.interval
            handle.runnable.due = lambda: 0.0 if thread.finished._flag else at
    schedule.queue(handle.runnable)
    return handle


def _start_new_thread(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any] | None = None, /
) -> int:
    return _start_joinable_thread(lambda: function(*args, **(kwargs or {}))).ident


def install() -> None:
    """Puts threads of this kind below the standard library, before anything else imports `threading`.

    Raises:
        ImportError: something has.
    """
    if early := {"threading", "queue", "asyncio"} & set(sys.modules):
        raise ImportError(f"imported before threads were installed: {', '.join(sorted(early))}")
    native: Any = _thread
    queue: Any = _queue
    time.sleep = schedule.sleep  # type: ignore[assignment]  # a stand-in
    for kind, name in ((Lock, "lock"), (RLock, "RLock"), (Local, "_local")):
        kind.__module__, kind.__qualname__, kind.__name__ = "_thread", name, name
    SimpleQueue.__module__ = "_queue"
    queue.SimpleQueue = SimpleQueue
    native.allocate_lock = native.allocate = native.LockType = native.lock = Lock
    native.RLock = RLock
    native._local = Local
    native.get_ident = native.get_native_id = schedule.get_ident
    native.start_joinable_thread = _start_joinable_thread
    native.start_new_thread = native.start_new = _start_new_thread
    native._ThreadHandle = native._make_thread_handle = Handle
    native.daemon_threads_allowed = lambda: True
    native.set_name = lambda _name: None
    schedule.hold(lambda: _count["locks"] > 0)
    from rlm_core.sandbox.guest import loop, stdlib_patches

    stdlib_patches.install()
    loop.install()
