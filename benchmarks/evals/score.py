"""Score of an answer: from 0 to 1, with what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Score:
    """How right an answer is.

    Attributes:
        value: from 0 to 1; what tables and differences are made of.
        parts: precision, recall and the like, from 0 to 1 each.
        why: what was missing, wrong or not readable, as a sentence; empty where all is right.
    """

    value: float
    parts: dict[str, float] = field(default_factory=dict)
    why: str = ""
