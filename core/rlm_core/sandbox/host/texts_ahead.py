"""Texts ahead: what a worker sends of a call before the call, which is too large for one frame."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlm_core.sandbox.host.frames import Texts


class TextsAhead:
    """Keeps the texts of calls that have not come yet, or not all of them.

    Attributes:
        by_call: the texts, by the id of their call; `wire.decode` takes them from here.
        size: bytes that all of them had in their frames.
    """

    def __init__(self) -> None:
        self.by_call: dict[int, deque[str]] = {}
        self.size = 0
        self._sizes: dict[int, int] = {}

    def keep(self, frame: Texts, size: int, room: int) -> None:
        """Keeps a frame's texts, or none of its call's any more where these do not fit into `room`."""
        texts = self.by_call.setdefault(frame.id, deque())
        if isinstance(texts, _Dropped):
            return
        if size > room:
            self.size -= self._sizes.pop(frame.id, 0)
            self.by_call[frame.id] = _Dropped()
            return
        texts.extend(frame.texts)
        self.size += size
        self._sizes[frame.id] = self._sizes.get(frame.id, 0) + size

    def taken(self, call: int) -> int | None:
        """Forgets a call, which has come; returns the bytes ahead of it, None where they did not fit."""
        dropped = isinstance(self.by_call.pop(call, None), _Dropped)
        size = self._sizes.pop(call, 0)
        self.size -= size
        return None if dropped else size


class _Dropped(deque[str]):
    """Stands for texts that there was no room for, however many: their call is read, and refused."""

    def popleft(self) -> str:
        return ""
