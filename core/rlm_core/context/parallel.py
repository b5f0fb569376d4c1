"""Ordered parallel map on threads, for functions that let go of the interpreter as RE2's do."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

_THREADS = min(8, os.cpu_count() or 1)
# Results that may wait for whoever takes them.
_MAX_PENDING = 2 * _THREADS


def parallel_map(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yields what `map` yields, in the same order, with a few items under way ahead of their turn.

    Where no thread can be started, all is done on the caller's own. Threads end with the iterator.
    """
    pending: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(_THREADS)
    try:
        for item in items:
            try:
                pending.append(pool.submit(function, item))
            except RuntimeError:  # "can't start new thread"
                while pending:
                    yield pending.popleft().result()
                yield function(item)
            if len(pending) > _MAX_PENDING:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
