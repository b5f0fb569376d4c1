"""Entry: one field of a table, the same for Markdown and for pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NONE = "-"
INTERVALS = "Brackets hold 95% intervals, by bootstrap over questions; where all agree they have no width."


@dataclass(frozen=True, slots=True)
class Drawn:
    """An interval to draw, as three places from 0 to 1 on an axis with a mark at `origin`."""

    low: float
    value: float
    high: float
    origin: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a table: its text, and what a page shows beside it."""

    text: str
    tone: Literal["", "better", "worse"] = ""
    drawn: Drawn | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        title: its heading.
        columns: their headings.
        rows: as many entries each as there are columns.
        names: how many columns, from the left, are names and not figures.
        notes: what to know for reading it, as sentences.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    names: int
    notes: tuple[str, ...] = ()
