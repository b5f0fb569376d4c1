"""Sandboxes that spawn a fresh process for each session: on any system, in WebAssembly or unlocked."""

from __future__ import annotations

import asyncio
import sys
import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from rlm_core.sandbox.host.context_descriptors import ContextDescriptors, TableCache
from rlm_core.sandbox.host.spawned_process import FrameCheckpoint, SpawnedProcess
from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rlm_core.config import SandboxSettings
    from rlm_core.sandbox.host.process import Process


# What has been written from documentation and never been run must say so.
_UNVERIFIED = "" if sys.platform == "linux" else f" (UNVERIFIED on {sys.platform}: never tested there)"


class SpawningSandbox(WorkerSandbox[FrameCheckpoint]):
    """Starts a worker for each session.

    Args:
        limits: what one program may use.
    """

    def __init__(self, limits: SandboxSettings) -> None:
        super().__init__(limits)
        self._tables = TableCache()

    @abstractmethod
    async def _launch(self, descriptors: Sequence[int], checkpoint: FrameCheckpoint) -> SpawnedProcess:
        """A worker of this sandbox's kind."""

    async def close(self) -> None:
        """Ends every session."""
        await super().close()
        self._tables.close()

    def _empty_checkpoint(self) -> FrameCheckpoint:
        return FrameCheckpoint()

    async def _start_process(
        self, context: Any, checkpoint: FrameCheckpoint
    ) -> tuple[Process, dict[str, Any]]:
        with await asyncio.to_thread(ContextDescriptors, context, self._tables) as bundle:
            process = await self._launch(bundle.descriptors, checkpoint)
            return process, {"context": bundle.kind, "checkpoint": checkpoint.state}


class WasmSandbox(SpawningSandbox):
    """Programs run in a CPython made of WebAssembly, in a process that locks itself as far as it can."""

    wasm = True

    def __init__(self, limits: SandboxSettings) -> None:
        super().__init__(limits)
        self._closing = threading.Event()

    async def close(self) -> None:
        """Ends every session, and a build of the component that one waits for."""
        self._closing.set()
        await super().close()

    def describe(self) -> str:
        """What isolates programs, the system's lock included once there was a session."""
        around = f"; around it: {self.locked_by}" if self.locked_by else ""
        return f"WebAssembly, in a process of its own for each session{around}{_UNVERIFIED}"

    async def _launch(self, descriptors: Sequence[int], checkpoint: FrameCheckpoint) -> SpawnedProcess:
        from rlm_core.sandbox.host import wasm_build

        return await SpawnedProcess.start(
            "rlm_core.sandbox.worker.wasm_main",
            [str(await asyncio.to_thread(wasm_build.compiled, self._closing))],
            descriptors,
            checkpoint,
            interruptible=False,
        )


class OpenSandbox(SpawningSandbox):
    """No isolation: programs can do whatever the user can who started this. Only ever chosen by name."""

    warning = (
        "Programs ran WITHOUT ISOLATION (sandbox.backend = none): what a model wrote after reading this "
        "repository could read, change and send anything that you can."
    )

    def describe(self) -> str:
        """That nothing isolates programs."""
        return "NOTHING: they can do whatever you can (sandbox.backend = none)"

    async def _launch(self, descriptors: Sequence[int], checkpoint: FrameCheckpoint) -> SpawnedProcess:
        return await SpawnedProcess.start(
            "rlm_core.sandbox.worker.open_main",
            [],
            descriptors,
            checkpoint,
            interruptible=sys.platform != "win32",
        )
