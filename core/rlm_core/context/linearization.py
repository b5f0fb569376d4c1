"""Linearization: the order in which a type and its ancestors are looked through (Python's is C3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rlm_core.context.type_resolution.names import TypeKey

MAX_ANCESTORS = 500


@dataclass(slots=True)
class Order:
    """Types in order, and sentences on why it may be another."""

    keys: list[TypeKey]
    notes: list[str] = field(default_factory=list)


def linearized(key: TypeKey, parents: Callable[[TypeKey], Sequence[TypeKey]], *, python: bool) -> Order:
    """Returns a type and its ancestors in order.

    Args:
        key: where to begin.
        parents: gives the direct bases of a type, in order.
        python: by C3; other languages by depth, each type once, as the nearest is found first.
    """
    above = _collected(key, parents)
    notes = [f"Only the nearest {MAX_ANCESTORS} ancestors."] if len(above) >= MAX_ANCESTORS else []
    if python and not notes:
        merged = _c3(key, above)
        if merged is not None:
            return Order(merged, notes)
        notes.append("The bases have no consistent order, as far as they are known: this is by depth.")
    return Order(_by_depth(key, above), notes)


def _collected(key: TypeKey, parents: Callable[[TypeKey], Sequence[TypeKey]]) -> dict[TypeKey, list[TypeKey]]:
    above: dict[TypeKey, list[TypeKey]] = {}
    pending = [key]
    for each in pending:
        if each not in above and len(above) < MAX_ANCESTORS:
            above[each] = [parent for parent in dict.fromkeys(parents(each)) if parent != each]
            pending += above[each]
    return above


def _by_depth(key: TypeKey, above: dict[TypeKey, list[TypeKey]]) -> list[TypeKey]:
    order: dict[TypeKey, None] = {}
    pending = [key]
    while pending:
        each = pending.pop()
        if each not in order:
            order[each] = None
            pending += reversed(above.get(each, []))
    return list(order)


def _c3(key: TypeKey, above: dict[TypeKey, list[TypeKey]]) -> list[TypeKey] | None:
    """Python's order; None where there is none."""
    done: dict[TypeKey, list[TypeKey]] = {}
    pending = [key]
    under_way: set[TypeKey] = set()
    while pending:
        each = pending[-1]
        missing = [parent for parent in above.get(each, []) if parent not in done]
        if each in done:
            pending.pop()
        elif missing:
            if each in under_way:
                return None  # a circle
            under_way.add(each)
            pending += missing
        else:
            bases = above.get(each, [])
            merged = _merged([*(done[base] for base in bases), bases])
            if merged is None:
                return None
            done[each] = [each, *merged]
            pending.pop()
    return done[key]


def _merged(sequences: Sequence[Sequence[TypeKey]]) -> list[TypeKey] | None:
    """The first of some sequences that is in the rest of none, again and again."""
    left = [list(reversed(sequence)) for sequence in sequences if sequence]
    order: list[TypeKey] = []
    while left:
        tails = {each for sequence in left for each in sequence[:-1]}
        first = next((sequence[-1] for sequence in left if sequence[-1] not in tails), None)
        if first is None:
            return None
        order.append(first)
        for sequence in left:
            if sequence[-1] == first:
                sequence.pop()
        left = [sequence for sequence in left if sequence]
    return order
