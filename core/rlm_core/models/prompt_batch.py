"""Prompt batch: the prompts of a suspended program, numbered, and the replies that it is to get for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.errors import QueryError
from rlm_core.wording import pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.models.client_models import PendingCompletion


class PromptBatch:
    """Prompts that wait at the same time, numbered from 1 as they came, and replies to the first of them.

    The program gets the replies when there is one to each: until then they can be corrected.

    Attributes:
        shown: the number of the last prompt that the reader has been shown.
    """

    def __init__(self) -> None:
        self.shown = 0
        self._prompts: list[PendingCompletion] = []
        self._replies: list[str] = []

    def take_in(self, waiting: Sequence[PendingCompletion]) -> None:
        """Numbers the prompts that wait by now; where none of those before does, from 1 again."""
        if not any(prompt.open for prompt in self._prompts):
            self._prompts, self._replies, self.shown = [], [], 0
        latest = self._prompts[-1].number if self._prompts else 0
        self._prompts += [prompt for prompt in waiting if prompt.number > latest]

    @property
    def total(self) -> int:
        """How many prompts there are."""
        return len(self._prompts)

    @property
    def replied(self) -> int:
        """How many of them have a reply: so many from the first."""
        return len(self._replies)

    @property
    def unanswered(self) -> list[str]:
        """The texts of the prompts without a reply, which follow those that have one."""
        return [
            "\n\n".join(message.content for message in prompt.messages)
            for prompt in self._prompts[self.replied :]
        ]

    def reply(self, replies: Sequence[str], first: int = 0) -> None:
        """Takes replies, and gives the program all of them once each prompt has one.

        Args:
            replies: one for each prompt that was shown and has none; or so many from `first`.
            first: the number of the prompt that the first of them is for, to change earlier ones.

        Raises:
            QueryError: they are for prompts that were not shown, or not one for each.
        """
        if not self.total:
            raise QueryError(f"{_came(replies)}, but no prompt waits for one.")
        if self.shown <= self.replied and not first:
            raise QueryError(
                f"{_came(replies)}, but each prompt that was shown has one. Look at the session first, "
                "without replies; first=NUMBER changes earlier ones."
            )
        start = first or self.replied + 1
        if start > self.replied + 1:
            raise QueryError(f"first={first} would leave out {self.named(self.replied + 1, first - 1)}.")
        end = start + len(replies) - 1
        if end > self.shown:
            raise QueryError(f"{_came(replies)} for {self.named(start, self.shown)}; give one for each.")
        if not first and end < self.shown:
            missing = spanned(end + 1, self.shown)
            raise QueryError(
                f"{_came(replies)} for {self.named(start, self.shown)}. If these are the first, there is "
                f"none to {missing}: give one for each, in their order."
            )
        self._replies[start - 1 : end] = replies
        if self.replied == self.total:
            for prompt, text in zip(self._prompts, self._replies, strict=True):
                prompt.answer(text)

    def named(self, start: int, end: int) -> str:
        """Prompts by their numbers, as in a sentence."""
        return f"{'prompt' if start == end else 'prompts'} {spanned(start, end)} of {self.total}"


def spanned(start: int, end: int) -> str:
    """Numbers from one to another, in few characters."""
    return f"{start}" if start == end else f"{start}-{end}"


def _came(replies: Sequence[str]) -> str:
    return pluralize(len(replies), "reply came", "replies came")
