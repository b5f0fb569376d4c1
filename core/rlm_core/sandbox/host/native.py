"""Native sandbox of Linux: CPython workers, forked from a zygote and locked by the kernel."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import TYPE_CHECKING, Any, Self

from rlm_core.errors import SandboxError
from rlm_core.sandbox.host.context_descriptors import ContextDescriptors, TableCache
from rlm_core.sandbox.host.forked_process import ForkedProcess
from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox
from rlm_core.sandbox.host.zygote_client import ZygoteClient, ZygoteGoneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.config import SandboxSettings
    from rlm_core.sandbox.host.process import Process


if sys.platform != "linux":
    raise ImportError("Only Linux has the native sandbox.")

_CHECKPOINT_BYTES = 32 << 20  # sparse


class MemoryCheckpoint:
    """Checkpoint in memory that a session's workers map one after another; the host only has its descriptor.

    Args:
        descriptor: of such memory; fresh memory if there is none.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        if descriptor is None:
            descriptor = os.memfd_create("rlm-variables", os.MFD_CLOEXEC)
            os.truncate(descriptor, _CHECKPOINT_BYTES)
        self.descriptor = descriptor

    def duplicate(self) -> Self:
        """The same memory by a descriptor of its own."""
        return type(self)(os.dup(self.descriptor))

    def close(self) -> None:
        """Gives the descriptor back."""
        os.close(self.descriptor)


class NativeSandbox(WorkerSandbox[MemoryCheckpoint]):
    """Forks workers from one zygote, which is started when first needed.

    Args:
        limits: what one program may use.
    """

    def __init__(self, limits: SandboxSettings) -> None:
        super().__init__(limits)
        self._zygote: ZygoteClient | None = None
        self._starting = asyncio.Lock()
        self._tables = TableCache()

    def describe(self) -> str:
        """What isolates programs, in detail once there was a session; see `base.Sandbox.describe`."""
        lock = self.locked_by or "the kernel's lock"
        return f"{lock}, around a process of its own for each session"

    async def close(self) -> None:
        """Ends every session and the zygote."""
        await super().close()
        self._tables.close()
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            await zygote.close()

    def _empty_checkpoint(self) -> MemoryCheckpoint:
        return MemoryCheckpoint()

    async def _start_process(
        self, context: Any, checkpoint: MemoryCheckpoint
    ) -> tuple[Process, dict[str, Any]]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs, await asyncio.to_thread(ContextDescriptors, context, self._tables) as bundle:
                kind = bundle.kind
                pid, pidfd = await self._fork([theirs.fileno(), checkpoint.descriptor, *bundle.descriptors])
        except BaseException:
            ours.close()
            raise
        return await ForkedProcess.attach(pid, pidfd, ours), {"context": kind}

    async def _fork(self, descriptors: Sequence[int]) -> tuple[int, int]:
        """A worker from the zygote, from a new zygote if the old one is gone."""
        for _ in range(2):
            async with self._starting:
                if self._zygote is None:
                    self._zygote = await ZygoteClient.start()
                zygote = self._zygote
            try:
                return await zygote.fork(descriptors)
            except ZygoteGoneError:
                if self._zygote is zygote:
                    self._zygote = None
                await zygote.close()
        raise SandboxError(
            "The sandbox's zygote ends as soon as it is asked for a worker; memory may be short."
        )
