from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from rlm_core.config import SandboxLimits
from rlm_core.sandbox.native import NativeSandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]

LIMITS = SandboxLimits(cell_seconds=50.0, memory_mb=512, output_chars=20_000)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[NativeSandbox]:
    """One zygote for a module's tests, with limits that no well-behaved program meets."""
    opened = NativeSandbox(LIMITS)
    yield opened
    await opened.close()


@pytest.fixture
def limits() -> SandboxLimits:
    return LIMITS
