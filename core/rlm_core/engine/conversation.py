"""Conversation: the messages of one run, and how they shrink when the model's window is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

    def add_feedback(self, text: str) -> None:
        """Adds feedback for the model; roles always alternate, as many chat templates demand."""
        latest = self._messages[-1]
        if latest.role == "user":
            self._messages[-1] = Message("user", f"{latest.content}\n\n{text}")
        else:
            self._messages.append(Message("user", text))

    def shrink(self) -> bool:
        """Drops the older half of the feedback; when only the latest is left, the middle of its data.

        Only what is enclosed is cut, so that both tags stay.

        Returns:
            False when nothing is left to drop.
        """
        older = [
            at
            for at, message in enumerate(self._messages[:-1])
            if at > 1 and message.role == "user" and len(message.content) > len(DROPPED)
        ]
        for at in older[: (len(older) + 1) // 2]:
            self._messages[at] = Message("user", DROPPED)
        if older:
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
