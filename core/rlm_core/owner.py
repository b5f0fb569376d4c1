"""Owner of runs and REPL sessions: the client that asked for them, which alone finds them again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has runs and sessions.

    Attributes:
        name: tells owners apart, and stands in logs.
        proven: whether this is certainly one client. An owner that several clients may share is told no
            ids, so that each finds only what it has been given the id of.
    """

    name: str
    proven: bool = True
