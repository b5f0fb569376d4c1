from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["darwin", "win32"])
def system(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The system that is pretended; on Windows, git is a `git.exe`."""
    if request.param == "win32":
        git = shutil.which("git")
        assert git is not None
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/git.exe").symlink_to(git)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return str(request.param)


@pytest.fixture
def command(system: str) -> Callable[[str], list[str]]:
    """What starts a command of ours there."""
    return lambda name: [sys.executable, str(Path(elsewhere.__file__)), system, name]


@pytest.fixture
def run(command: Callable[[str], list[str]]) -> Callable[..., str]:
    """Runs a program there, to its end; returns what it printed."""

    def run_(program: str, *arguments: object) -> str:
        done = subprocess.run(
            [*command("-"), *map(str, arguments)],
            input=program, capture_output=True, text=True, timeout=50, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout

    return run_
