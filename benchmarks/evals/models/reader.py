"""Reader as a model: a request lies in a file until somebody, a person or an agent, puts a reply beside it.

A folder has, for request 7, `7.request.md` (what the conversation has not shown before) and `7.request.json`
(all messages); the reply is what `7.reply.md` says once it is there. Write it under another name and rename
it, or use `python -m benchmarks.evals reader say`, so that it is whole.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import TYPE_CHECKING

from rlm_core.models.base import Completion, Message, estimated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_POLL_SECONDS = 0.1


class ReaderModel:
    """Whoever answers the files of a folder.

    Args:
        folder: made if needed. Requests that nobody answered go on waiting when a run goes on.
        name: what tables call the reader.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.name = name
        self._shown: list[tuple[Message, ...]] = []

    async def complete(
        self, messages: Sequence[Message], *, on_retry: Callable[[str], None] | None = None
    ) -> Completion:
        """Puts the request up and waits for its reply; cancelled, it takes the request away."""
        del on_retry
        known = max((_common(messages, shown) for shown in self._shown), default=0)
        number = self._put_up(messages, known)
        reply = self._folder / f"{number}.reply.md"
        try:
            while not reply.exists():  # noqa: ASYNC110 - whoever answers is another process
                await asyncio.sleep(_POLL_SECONDS)
        except asyncio.CancelledError:
            self.request_path(number).unlink(missing_ok=True)
            raise
        text = reply.read_text("utf-8", errors="replace")
        self._shown.append((*messages, Message("assistant", text)))
        # What a provider that caches by prefix would not have to read again.
        cached = estimated(messages[:known], "").input_tokens
        return Completion(
            text, self.name, dataclasses.replace(estimated(messages, text), cached_tokens=cached)
        )

    async def reach(self) -> str | None:
        """Nothing is known of who answers."""
        return None

    async def close(self) -> None:
        """Holds nothing."""

    def request_path(self, number: int) -> Path:
        """Where a request can be read."""
        return self._folder / f"{number}.request.md"

    def _put_up(self, messages: Sequence[Message], known: int) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((_number(path) for path in self._folder.glob("*.request.*")), default=0)
        whole = [dataclasses.asdict(message) for message in messages]
        (self._folder / f"{number}.request.json").write_text(json.dumps(whole, ensure_ascii=False), "utf-8")
        new = "\n\n".join(f"#### {message.role}\n\n{message.content}" for message in messages[known:])
        head = f"Request {number}: {len(messages)} messages, the first {known} of them shown before.\n\n"
        # The last to appear, since a reader waits for it.
        unfinished = self._folder / f".{number}.request.md"
        unfinished.write_text(head + new + "\n", "utf-8")
        unfinished.rename(self.request_path(number))
        return number


def waiting(folder: Path) -> list[Path]:
    """Requests without a reply, oldest first."""
    requests = (path for path in folder.glob("*.request.md") if not path.name.startswith("."))
    unanswered = (path for path in requests if not (folder / f"{_number(path)}.reply.md").exists())
    return sorted(unanswered, key=_number)


def say(folder: Path, number: int, text: str) -> None:
    """Answers a request."""
    unfinished = folder / f".{number}.reply.md"
    unfinished.write_text(text, "utf-8")
    unfinished.rename(folder / f"{number}.reply.md")


def _number(path: Path) -> int:
    return int(path.name.lstrip(".").split(".")[0])


def _common(messages: Sequence[Message], shown: Sequence[Message]) -> int:
    """How many messages two conversations begin with in common."""
    pairs = zip(messages, shown, strict=False)
    return next(
        (at for at, (ours, theirs) in enumerate(pairs) if ours != theirs), min(len(messages), len(shown))
    )
