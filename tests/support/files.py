"""Small trees on disk for tests."""

from __future__ import annotations

import hashlib
import struct
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


def forge_index(root: Path, paths: list[str]) -> None:
    """Writes an index that git itself would not write (gitformat-index(5)), as an archive may bring one."""
    index = struct.pack(">4sII", b"DIRC", 2, len(paths))
    for path in sorted(map(str.encode, paths)):
        entry = struct.pack(">6I4x12x20xH", *[0] * 6, len(path)) + path
        entry = entry[:24] + struct.pack(">I", 0o100644) + entry[28:]
        index += entry + bytes(8 - len(entry) % 8)
    (root / ".git/index").write_bytes(index + hashlib.sha1(index).digest())


def git_repository(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A repository with these files committed."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    write_tree(root, files)
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message=first")
    return root


def share_component(cache: Path, kept: Path) -> None:
    """Has the compiled WebAssembly component of a cache folder kept in one that outlives it."""
    kept.chmod(0o700)
    (cache / "rlm-mcp").mkdir(parents=True)
    (cache / "rlm-mcp" / "wasm").symlink_to(kept)
