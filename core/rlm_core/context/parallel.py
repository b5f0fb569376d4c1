"""Work on several threads at once, for functions that let go of the interpreter as RE2's do."""

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
_AHEAD = 2 * _THREADS


def abreast(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yields what `map` yields, in the same order, with a few items under way ahead of their turn.

    Where no thread can be started, all is done on the caller's own. Threads end with the iterator.
    """
    under_way: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(_THREADS)
    try:
        for item in items:
            try:
                under_way.append(pool.submit(work, item))
            except RuntimeError:  # "can't start new thread"
                while under_way:
                    yield under_way.popleft().result()
                yield work(item)
            if len(under_way) > _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
