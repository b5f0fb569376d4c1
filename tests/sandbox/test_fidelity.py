"""Programs do in the sandbox what they do in plain CPython."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.programs import PROGRAMS

if TYPE_CHECKING:
    from rlm_core.sandbox.native import NativeSandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def plain() -> dict[str, list[tuple[str, str | None]]]:
    ran = subprocess.run(
        [sys.executable, "-I", str(Path(__file__).with_name("plain.py"))],
        input=json.dumps(list(PROGRAMS.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(PROGRAMS, json.loads(ran.stdout), strict=True))


@pytest.mark.parametrize("name", PROGRAMS)
async def test_same_as_plain_python(
    sandbox: NativeSandbox, plain: dict[str, list[tuple[str, str | None]]], name: str
) -> None:
    session = await sandbox.open("", {})
    for code, (output, raised) in zip(PROGRAMS[name], plain[name], strict=True):
        result = await session.run(code)
        assert result.output == output, (code, result.error)
        if raised is None:
            assert result.error is None, code
        else:
            assert result.error is not None, code
            assert re.search(rf"(?m)^[ |]*([\w.]+\.)?{raised}\b", result.error), (code, result.error)
    await session.close()
