"""Conversation: the messages of one run, and how they shrink when the model's window is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.errors import QueryError
from rlm_core.models import Message
from rlm_core.wording import elide

if TYPE_CHECKING:
    from rlm_core.boundary import Boundary

# What stands in for a feedback message that had to go.
DROPPED = (
    "[The output of this turn was dropped to fit the model's context window. Variables are still there.]"
)
EMPTY_REPLY = "[nothing]"
# Feedback below this is left whole.
SHORT_CHARS = 2000


class Conversation:
    """System message, first user message, then the model's turns and their feedback in alternation.

    Args:
        system: how to work.
        opening: the question and what the context is.
        boundary: what encloses data in the messages.
    """

    def __init__(self, system: str, opening: str, boundary: Boundary) -> None:
        self._boundary = boundary
        self._messages = [Message("system", system), Message("user", opening)]
        self._turns: list[int] = []  # where each turn of the model stands
        self._forgotten: set[int] = set()  # turns whose output it needs no more

    @property
    def messages(self) -> list[Message]:
        """The messages so far."""
        return list(self._messages)

    @property
    def chars(self) -> int:
        """Characters of all messages."""
        return sum(len(message.content) for message in self._messages)

    def add_turn(self, text: str) -> None:
        """Adds a turn of the model."""
        # Some providers refuse an empty message.
        self._messages.append(Message("assistant", text if text.strip() else EMPTY_REPLY))
        self._turns.append(len(self._messages) - 1)

    def add_feedback(self, text: str) -> None:
        """Adds feedback for the model; roles always alternate, as many chat templates demand."""
        latest = self._messages[-1]
        if latest.role == "user":
            self._messages[-1] = Message("user", f"{latest.content}\n\n{text}")
        else:
            self._messages.append(Message("user", text))

    def forget(self, turn: int) -> None:
        """Marks the output of a turn, from 1, as the first to be dropped; until then nothing changes.

        A provider has what stands before in its cache only as long as it stays the same.

        Raises:
            QueryError: there is no such turn, or it is not over.
        """
        if not 1 <= turn < len(self._turns):
            over = f"turns 1 to {len(self._turns) - 1}" if len(self._turns) > 1 else "no turn yet"
            raise QueryError(f"FORGET: there is output of {over}, not of turn {turn}.")
        self._forgotten.add(turn)

    def shrink(self) -> bool:
        """Drops feedback: what was marked, else the older half; where only the latest is left, its middle.

        Only what is enclosed is cut of that, so that both tags stay.

        Returns:
            False when nothing is left to drop.
        """
        older = [
            at
            for at, message in enumerate(self._messages[:-1])
            if at > 1 and message.role == "user" and len(message.content) > len(DROPPED)
        ]
        marked = {self._turns[turn - 1] + 1 for turn in self._forgotten}
        dropped = [at for at in older if at in marked] or older[: (len(older) + 1) // 2]
        for at in dropped:
            self._messages[at] = Message("user", DROPPED)
        if dropped:
            return True
        latest = self._messages[-1].content
        if len(self._messages) < 3 or len(latest) < SHORT_CHARS:
            return False
        shorter = self._boundary.replace_enclosed(latest, _without_middle)
        self._messages[-1] = Message("user", shorter)
        return len(shorter) < len(latest)


def _without_middle(text: str) -> str:
    quarter = len(text) // 4
    shorter = elide(text, quarter, quarter, why="dropped to fit the context window")
    return min(text, shorter, key=len)
