#!/usr/bin/env python3
"""A small shop."""

from __future__ import annotations

import functools
from dataclasses import dataclass

MAX_ITEMS = 100
currency: str = "EUR"
type Price = int | float  # not in every version


# Raised when a basket is full.
# Nothing is added.
class FullError(Exception):
    pass


@dataclass(frozen=True)
class Item:
    """One thing to buy."""

    name: str
    price: Price = 0

    # Prices are net.
    @property
    @functools.cache
    def gross(self) -> float:
        def taxed(value: float) -> float:
            return value * 1.19

        return taxed(self.price)

    @gross.setter
    def gross(self, value: float) -> None:
        raise AttributeError

    class Meta:
        ordering = ["name"]


async def checkout(
    basket: list[Item],
    *,
    # The person who pays.
    customer: str,
) -> None:
    total = sum(item.gross for item in basket)
    print(customer, total)


if MAX_ITEMS:

    def limited() -> bool:
        return True
else:

    def limited() -> bool:
        return False


handler = lambda event: event
handler = None
