"""LRU cache with weights: what has been parsed, kept as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class WeightedLru(Generic[K, V]):
    """Values by key, the latest used ones of them.

    A snapshot never changes, so its rows are as good as digests for keys.

    Args:
        capacity: what all values together may weigh.
    """

    def __init__(self, capacity: int) -> None:
        self._free = capacity
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def get(self, key: K, make: Callable[[], V], weigh: Callable[[V], int]) -> V:
        """Returns the value of a key, made now if it is not there."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key][0]
        value = make()
        weight = 1 + weigh(value)
        self._values[key] = value, weight
        self._free -= weight
        while self._free < 0 and len(self._values) > 1:
            _, (_, dropped) = self._values.popitem(last=False)
            self._free += dropped
        return value
