"""Event loop for a world without sockets, which runs queued threads where others would select."""

from __future__ import annotations

import asyncio
import errno
from asyncio import base_events, unix_events
from collections import deque
from typing import Any, NoReturn

from rlm_core.sandbox.guest import schedule


class Loop(base_events.BaseEventLoop):
    """The loop of `asyncio.run`, `asyncio.Runner` and `asyncio.new_event_loop`."""

    _ready: deque[Any]  # of `BaseEventLoop`

    def __init__(self) -> None:
        super().__init__()
        self._selector = self  # what `_run_once` selects with
        self._arrived: deque[Any] = deque()  # from other threads

    def select(self, timeout: float | None) -> bool:
        """Waits until a thread has something for the loop, or the next timer is due.

        Raises:
            RuntimeError: neither can happen.
        """
        if timeout == 0 and not self._arrived:
            schedule.polled(often=1)
        return schedule.wait(lambda: bool(self._arrived), timeout, idle=schedule.pause if timeout else None)

    def _process_events(self, came: bool) -> None:
        # What came after a timer was due is for the next turn: that timer may be its timeout.
        if came:
            self._ready.extend(self._arrived)
            self._arrived.clear()

    def _write_to_self(self) -> None:
        self._arrived.append(self._ready.pop())  # what `call_soon_threadsafe` has just added

    def _refuse(self, *_: object, **_ignored: object) -> NoReturn:
        """Raises PermissionError."""
        raise PermissionError(
            errno.EPERM, "Operation not permitted (the sandbox has no network or processes)"
        )

    async def _refuse_later(self, *_: object, **_ignored: object) -> NoReturn:
        """Raises PermissionError."""
        self._refuse()

    create_connection = create_server = create_datagram_endpoint = _refuse_later
    create_unix_connection = create_unix_server = connect_accepted_socket = _refuse_later
    connect_read_pipe = connect_write_pipe = subprocess_exec = subprocess_shell = _refuse_later
    getaddrinfo = getnameinfo = _refuse_later
    add_reader = add_writer = add_signal_handler = _refuse


def install() -> None:
    """Makes it the loop that is created where none is named."""
    modules: tuple[Any, ...] = (asyncio, unix_events)
    for module in modules:
        module.EventLoop = module.SelectorEventLoop = Loop
    modules[1]._UnixDefaultEventLoopPolicy._loop_factory = Loop
