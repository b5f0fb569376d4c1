"""Small trees on disk for tests."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files (text as UTF-8, line ends untouched) below a root; returns the root."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def git(root: Path, *arguments: str) -> str:
    """Runs git as somebody."""
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


def git_repository(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A repository with these files committed."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    write_tree(root, files)
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message=first")
    return root


def share_component(home: Path, kept: Path) -> None:
    """Has the compiled WebAssembly component of a home's cache kept in a folder that outlives the home."""
    kept.chmod(0o700)
    (home / "rlm-mcp").mkdir()
    (home / "rlm-mcp" / "wasm").symlink_to(kept)
