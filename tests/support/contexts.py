"""The two ways to a context: over the snapshot itself, and over the answers of one in the worker."""

from __future__ import annotations

from collections.abc import Callable

from rlm_core.context.context import Context
from rlm_core.sandbox.guest.remote_context import remote
from rlm_core.sandbox.worker.wasm_context_server import ContextServer
from rlm_core.workspace.snapshot import Snapshot

ContextOf = Callable[[Snapshot], Context]


def remote_context(snapshot: Snapshot) -> Context:
    """What a guest has, without a guest."""
    return remote(ContextServer(snapshot).answer)
