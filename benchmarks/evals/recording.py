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
UNKNOWN = "It is not known what became of this call."


class Recording:
    """The calls of one cell, in a file.

    A call stands there before it goes out, and again with its reply: what was under way when a run was killed
    may have been paid, so it counts.

    Args:
        path: `records/CELL.jsonl` of a run. What is there from a try that was stopped is kept beside it.

    Attributes:
        cost: of all calls so far.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            tries = len(list(path.parent.glob(f"{path.name}.try-*")))
            path.rename(path.with_name(f"{path.name}.try-{tries + 1}"))
        self.path = path
        self.cost = Cost()
        self._began = time.monotonic()
        self._calls = 0
        # By digest of a conversation: the call that it was sent or made by, and its length in messages.
        self._seen: dict[bytes, tuple[int, int]] = {}

    def begin(self, role: str, model: str, messages: Sequence[Message], usd: float | None) -> Begun:
        """Writes that a call goes out.

        Args:
            role: as in `Call`.
            model: likewise.
            messages: all of them.
            usd: what the input costs if nothing of it is cached.
        """
        self._calls += 1
        chain = _chain(messages)
        after, kept = next((self._seen[at] for at in reversed(chain) if at in self._seen), (None, 0))
        for length, digest in enumerate(chain, 1):
            self._seen.setdefault(digest, (self._calls, length))
        new = tuple(messages[kept:])
        chars = sum(len(message.content) for message in messages)
        new_chars = sum(len(message.content) for message in new)
        cost = Cost(calls=1, input_chars=chars, new_chars=new_chars, largest_chars=chars, usd=usd)
        now = time.monotonic()
        call = Call(
            self._calls, role, model, after, kept, new, "", UNKNOWN, cost, round(now - self._began, 3)
        )
        # The messages stand in the line that follows.
        self._write(dataclasses.replace(call, messages=()))
        return Begun(call, chain[-1] if chain else b"", now)

    def end(self, begun: Begun, completion: Completion | None, usd: float | None, error: str = "") -> Cost:
        """Writes what came of a call: its reply, or why there is none. Gives what it cost."""
        call = begun.call
        cost = dataclasses.replace(call.cost, usd=usd, model_seconds=round(time.monotonic() - begun.since, 3))
        if completion is not None:
            said = _digest(begun.digest, Message("assistant", completion.text))
            self._seen.setdefault(said, (call.number, call.kept + len(call.messages) + 1))
            usage = completion.usage
            cost = dataclasses.replace(
                cost,
                output_chars=len(completion.text),
                input_tokens=usage.input_tokens,
                cached_tokens=usage.cached_tokens,
                output_tokens=usage.output_tokens,
            )
        self.cost += cost
        reply = completion.text if completion else ""
        self._write(dataclasses.replace(call, reply=reply, error=error, cost=cost))
        return cost

    def _write(self, call: Call) -> None:
        line = json.dumps(dataclasses.asdict(call), ensure_ascii=False).encode("utf-8", "replace")
        with self.path.open("ab") as file:
            file.write(line + b"\n")


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is under way.

    Attributes:
        call: as far as it is known.
        digest: of its messages.
        since: when it began, by the monotonic clock.
    """

    call: Call
    digest: bytes
    since: float


def read(path: Path) -> list[Call]:
    """The calls of a record, in the order in which they began; lines that were not finished are left out."""
    calls: dict[int, Call] = {}
    if path.exists():
        for line in path.read_bytes().split(b"\n"):
            try:
                call = _CALL.validate_json(line)
            except ValueError:
                continue  # the run was killed while it was written
            calls[call.number] = call
    return [calls[number] for number in sorted(calls)]


def _chain(messages: Sequence[Message]) -> list[bytes]:
    digests: list[bytes] = []
    for message in messages:
        digests.append(_digest(digests[-1] if digests else b"", message))
    return digests


def _digest(before: bytes, message: Message) -> bytes:
    return hashlib.sha256(before + f"{message.role}\0{message.content}".encode("utf-8", "replace")).digest()
