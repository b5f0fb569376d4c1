"""Recording of model calls: a line of JSON for each, with what it cost.

A request that goes on with an earlier conversation is kept as that call's number and the messages that are
new, so a record grows with what was said and not with its square.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from benchmarks.evals.cost import Cost
from rlm_core.models.base import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rlm_core.models.base import Completion


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model, as it is recorded.

    Attributes:
        number: from 1, in the order in which calls began.
        role: `root`, `sub` or `judge`.
        model: the name that the endpoint gave, or the plan's.
        after: the call whose messages (and reply) this one begins with; None for a conversation's first.
        kept: how many messages are the same as there, its reply counted as one.
        messages: the others.
        reply: what the model said; empty where it failed.
        error: why there is no reply.
        cost: of this call alone.
        at: seconds since the cell began.
    """

    number: int
    role: str
    model: str
    after: int | None
    kept: int
    messages: tuple[Message, ...]
    reply: str
    error: str
    cost: Cost
    at: float


_CALL = TypeAdapter(Call)


class Recording:
    """The calls of one cell, in a file.

    Args:
        path: `records/CELL.jsonl` of a run. What is there from a try that was stopped is kept beside it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            # Money that was spent counts, whatever became of the answer.
            tries = len(list(path.parent.glob(f"{path.name}.try-*")))
            path.rename(path.with_name(f"{path.name}.try-{tries + 1}"))
        self.path = path
        self.cost = Cost()
        self._began = time.monotonic()
        self._calls = 0
        # By digest of a conversation: the call that it was sent or made by, and its length in messages.
        self._seen: dict[bytes, tuple[int, int]] = {}

    def begin(self, messages: Sequence[Message]) -> Begun:
        """Notes that a call goes out: what of it is new, and its number."""
        self._calls += 1
        chain = _chain(messages)
        after, kept = next((self._seen[at] for at in reversed(chain) if at in self._seen), (None, 0))
        for length, digest in enumerate(chain, 1):
            self._seen.setdefault(digest, (self._calls, length))
        new = tuple(messages[kept:])
        cost = Cost(
            calls=1,
            input_chars=sum(len(message.content) for message in messages),
            new_chars=sum(len(message.content) for message in new),
            largest_chars=sum(len(message.content) for message in messages),
        )
        return Begun(self._calls, after, kept, new, chain[-1] if chain else b"", cost, time.monotonic())

    def end(
        self,
        begun: Begun,
        role: str,
        model: str,
        completion: Completion | None,
        usd: float | None,
        error: str = "",
    ) -> Cost:
        """Writes a call: its reply, or why there is none. Gives what it cost."""
        reply = completion.text if completion else ""
        if completion:
            said = _digest(begun.digest, Message("assistant", reply))
            self._seen.setdefault(said, (begun.number, begun.kept + len(begun.messages) + 1))
        usage = completion.usage if completion else None
        cost = dataclasses.replace(
            begun.cost,
            output_chars=len(reply),
            input_tokens=usage.input_tokens if usage else 0,
            cached_tokens=usage.cached_tokens if usage else 0,
            output_tokens=usage.output_tokens if usage else 0,
            model_seconds=round(time.monotonic() - begun.since, 3),
            usd=usd,
        )
        self.cost += cost
        call = Call(
            begun.number, role, model, begun.after, begun.kept, begun.messages, reply, error, cost,
            round(begun.since - self._began, 3),
        )  # fmt: skip
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dataclasses.asdict(call), ensure_ascii=False) + "\n")
        return cost


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is under way."""

    number: int
    after: int | None
    kept: int
    messages: tuple[Message, ...]
    digest: bytes
    cost: Cost
    since: float


def read(path: Path) -> list[Call]:
    """The calls of a record, in the order in which they began; lines that were not finished are left out."""
    calls: list[Call] = []
    if path.exists():
        for line in path.read_text("utf-8", errors="replace").splitlines():
            try:
                calls.append(_CALL.validate_json(line))
            except ValueError:
                continue  # the run was killed while it was written
    return sorted(calls, key=lambda call: call.number)


def _chain(messages: Sequence[Message]) -> list[bytes]:
    digests: list[bytes] = []
    for message in messages:
        digests.append(_digest(digests[-1] if digests else b"", message))
    return digests


def _digest(before: bytes, message: Message) -> bytes:
    return hashlib.sha256(before + f"{message.role}\0{message.content}".encode("utf-8", "replace")).digest()
