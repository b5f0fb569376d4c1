"""The value of `context` in a worker, from the descriptors that the worker was given."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING, Any

from rlm_core.context import Context
from rlm_core.sandbox import past
from rlm_core.workspace.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def context(kind: str, descriptors: Sequence[int], call: Callable[..., Any]) -> Context | str:
    """Returns the context.

    Args:
        kind: `text` or `snapshot`.
        descriptors: of the text; or of the snapshot's table and the arena's shards.
        call: calls a function of the host, as `Channel.call` does.
    """
    data, *shards = descriptors
    maps = [_mapped(shard) for shard in shards]
    if os.fstat(data).st_size == 0:  # cannot be mapped, and can only be a text
        return ""
    with _mapped(data) as mapped:
        if kind == "text":
            return str(mapped, "utf-8", "surrogatepass")
        return Context(Snapshot.load(mapped, maps), _Past(call))


class _Past:
    """Asks the host what the context said before (`rlm_core.context.past.Past`)."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def changes(self, since: str) -> list[tuple[str, str]]:
        return [(path, status) for path, status in self._call(past.CHANGES, (since,), {})]

    def text(self, path: str, since: str) -> str | None:
        text: str | None = self._call(past.TEXT, (path, since), {})
        return text


def _mapped(descriptor: int) -> mmap.mmap:
    """What a read-only descriptor has, which can never be made writable; see mprotect(2), EACCES.

    A private mapping could be: into copies of its pages, which would be memory that no limit counts.
    `ACCESS_READ` is a shared mapping that can be read.
    """
    return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
