from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from rlm_core.config import SandboxSettings
from rlm_core.sandbox.native import NativeSandbox
from rlm_core.sandbox.spawning import WasmSandbox
from rlm_core.sandbox.wasm import component
from tests.support.files import share_component

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rlm_core.sandbox.workers import WorkerSandbox

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Builds the WebAssembly component before the tests: that takes longer than one may."""
    assert session.config.cache is not None
    if any("wasm" in item.nodeid for item in session.items):
        with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory() as home:
            kept = session.config.cache.mkdir("wasm")
            share_component(Path(home), kept)
            patched.setenv("XDG_CACHE_HOME", home)
            made = component.compiled().name
            for old in kept.glob("guest-*"):
                if old.name != made:
                    old.unlink()


LIMITS = SandboxSettings(cell_seconds=50.0, memory_mb=512, output_chars=20_000)


BACKENDS: dict[str, type[WorkerSandbox[Any]]] = {"native": NativeSandbox, "wasm": WasmSandbox}


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
