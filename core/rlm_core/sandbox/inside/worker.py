"""A worker's life: from the fork, with everything open, to the REPL, with everything shut."""

from __future__ import annotations

import gc
import mmap
import os
import socket
from typing import TYPE_CHECKING, Any, NoReturn

from rlm_core.context import Context
from rlm_core.errors import SandboxError
from rlm_core.sandbox import past
from rlm_core.sandbox.handover import REGION_BYTES
from rlm_core.sandbox.inside import imports
from rlm_core.sandbox.inside.channel import Channel
from rlm_core.sandbox.inside.interrupts import Interrupts
from rlm_core.sandbox.inside.repl import Repl
from rlm_core.sandbox.linux import limits, lock
from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence


CHANNEL = 3  # the descriptor that a worker talks to the host through, and the only one that it keeps


def run(parent: int, descriptors: Sequence[int]) -> NoReturn:
    """Serves one session and ends the process.

    Args:
        parent: the zygote's process id.
        descriptors: the channel, what the session's last worker has left, the table (or text) of the
            context, and the arena's shards.
    """
    limits.die_with(parent)
    os.dup2(descriptors[0], CHANNEL, inheritable=False)
    interrupts = Interrupts()
    channel = Channel(socket.socket(fileno=CHANNEL), interrupts)
    opening = channel.receive()
    try:
        repl = _locked(parent, channel, interrupts, opening, descriptors[1:])
    except Exception as error:  # noqa: BLE001 - whatever it is, the host must be told
        reason = str(error) if isinstance(error, SandboxError) else f"A worker failed to start: {error!r}."
        channel.send({"op": "refused", "message": reason[:1_000]})
        os._exit(1)
    channel.send({"op": "ready", "variables": repl.variables()})
    repl.serve()


def _locked(
    parent: int,
    channel: Channel,
    interrupts: Interrupts,
    opening: dict[str, Any],
    descriptors: Sequence[int],
) -> Repl:
    """Takes what it needs from the descriptors, closes all but the channel, and locks the process."""
    left, data, *shards = descriptors
    region = mmap.mmap(left, REGION_BYTES)
    maps = [_mapped(shard) for shard in shards]
    context = _context(opening["context"], data, maps, channel)
    lock.close_from(CHANNEL + 1)
    lock.apply(parent, opening["memory_mb"] << 20)
    imports.close()
    gc.enable()
    channel.start()
    return Repl(channel, interrupts, opening, context, region)


def _context(kind: str, descriptor: int, maps: Sequence[mmap.mmap], channel: Channel) -> Any:
    if os.fstat(descriptor).st_size == 0:  # cannot be mapped, and can only be a text
        return ""
    with _mapped(descriptor) as data:
        if kind == "text":
            return str(data, "utf-8", "surrogatepass")
        return Context(Snapshot.load(data, maps), _Past(channel))


class _Past:
    """Asks the host what the context said before (`rlm_core.context.past.Past`)."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def changes(self, since: str) -> list[tuple[str, str]]:
        return [(path, status) for path, status in self._channel.call(past.CHANGES, (since,), {})]

    def text(self, path: str, since: str) -> str | None:
        text: str | None = self._channel.call(past.TEXT, (path, since), {})
        return text


def _mapped(descriptor: int) -> mmap.mmap:
    """What a read-only descriptor has, which can never be made writable; see mprotect(2), EACCES.

    A private mapping could be: into copies of its pages, which would be memory that no limit counts.
    """
    size = os.fstat(descriptor).st_size
    return mmap.mmap(descriptor, size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
