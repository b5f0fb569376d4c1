"""A worker's life: from the fork, with everything open, to the REPL, with everything shut."""

from __future__ import annotations

import gc
import mmap
import os
import socket
from typing import TYPE_CHECKING, Any, NoReturn

from rlm_core.context import Context
from rlm_core.errors import SandboxError
from rlm_core.sandbox.inside import imports
from rlm_core.sandbox.inside.channel import Channel
from rlm_core.sandbox.inside.interrupts import Interrupts
from rlm_core.sandbox.inside.repl import Repl
from rlm_core.sandbox.linux import limits, lock
from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(parent: int, descriptors: Sequence[int]) -> NoReturn:
    """Serves one session and ends the process.

    Args:
        parent: the zygote's process id.
        descriptors: the channel, the table (or text) of the context, and the arena's shards.
    """
    limits.die_with(parent)
    own, data, *shards = descriptors
    interrupts = Interrupts()
    channel = Channel(socket.socket(fileno=own), interrupts)
    opening = channel.receive()
    context = _context(opening["context"], _contents(data), [_mapped(shard) for shard in shards])
    lock.keep_only(own)
    try:
        lock.apply(parent, opening["memory_mb"] << 20)
    except SandboxError as error:
        channel.send({"op": "refused", "message": str(error)})
        os._exit(1)
    imports.close()
    gc.enable()
    channel.start()
    channel.send({"op": "ready"})
    Repl(channel, interrupts, opening, context).serve()


def _context(kind: str, data: bytes, maps: Sequence[mmap.mmap]) -> Any:
    if kind == "text":
        return data.decode("utf-8", "surrogatepass")
    return Context(Snapshot.load(data, maps))


def _contents(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        file.seek(0)
        return file.read()


def _mapped(descriptor: int) -> mmap.mmap:
    """A shard, privately: the pages are shared, but no write could ever reach them."""
    size = os.fstat(descriptor).st_size
    return mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
