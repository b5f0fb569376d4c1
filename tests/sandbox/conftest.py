from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from rlm_core.config import SandboxSettings
from rlm_core.sandbox.host.spawning import WasmSandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rlm_core.sandbox.host.worker_sandbox import WorkerSandbox


LIMITS = SandboxSettings(cell_seconds=50.0, memory_mb=512, output_chars=20_000)

BACKENDS: dict[str, type[WorkerSandbox[Any]]] = {}
if sys.platform == "linux":
    from rlm_core.sandbox.host.native import NativeSandbox

    BACKENDS["native"] = NativeSandbox
else:
    collect_ignore_glob = ["test_*.py"]
BACKENDS["wasm"] = WasmSandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BACKENDS)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[WorkerSandbox[Any]]:
    """One of each kind for a module's tests, with limits that no well-behaved program meets."""
    opened = BACKENDS[request.param](LIMITS)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def native() -> AsyncIterator[NativeSandbox]:
    """The native one alone, for what there is in no other."""
    opened = NativeSandbox(LIMITS)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wasm() -> AsyncIterator[WasmSandbox]:
    """WebAssembly alone."""
    opened = WasmSandbox(LIMITS)
    yield opened
    await opened.close()


@pytest.fixture
def limits() -> SandboxSettings:
    return LIMITS
