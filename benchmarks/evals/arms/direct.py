"""Direct arm: one call with as much of the repository as fits, which is what there was before retrieval."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING

from benchmarks.evals.arms.base import ArmError, Reply
from rlm_core.models.base import Message

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.evals.arms.base import Task
    from benchmarks.evals.plan import DirectArm

_ASKED = """\
Answer a question about a repository. Below are {shown} of its {all} files, in the order of their
paths, {rest}; lines are numbered.

{files}

Question: {prompt}"""
_LIST_SECONDS = 60.0
_FILE_BYTES = 4 * 1024 * 1024


class Direct:
    """Fills the window with files in the order of their paths.

    Args:
        planned: how many characters there are.
    """

    def __init__(self, planned: DirectArm) -> None:
        self._chars = planned.chars

    async def answer(self, task: Task) -> Reply:
        """See `Arm.answer`."""
        files, shown, count = await asyncio.to_thread(_filled, task.root, self._chars)
        rest = "which is all" if shown == count else "as much as fits"
        asked = _ASKED.format(shown=shown, all=count, rest=rest, files=files, prompt=task.prompt)
        completion = await task.asked().complete([Message("user", asked)])
        notes = completion.notes
        if shown < count:
            notes = (*notes, f"The prompt has {shown:,} of {count:,} files.")
        return Reply(completion.text, "incomplete" if completion.truncated else "answered", notes)

    async def version(self) -> str:
        """See `Arm.version`."""
        return f"one call, {self._chars:,} characters of files"


def _filled(root: Path, chars: int) -> tuple[str, int, int]:
    """Numbered files, how many they are, and of how many."""
    parts: list[str] = []
    paths = _paths(root)
    for path in paths:
        text = _text(root / path)
        if text is None:
            continue
        lines = (f"{number:>6} {line}" for number, line in enumerate(text.splitlines(), 1))
        part = f"=== {path}\n" + "\n".join(lines)
        if len(part) > chars:
            break
        chars -= len(part)
        parts.append(part)
    return "\n\n".join(parts), len(parts), len(paths)


def _paths(root: Path) -> list[str]:
    """Files that git knows, or all where there is no repository."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"],
        capture_output=True,
        timeout=_LIST_SECONDS,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        return sorted(name.decode("utf-8", "replace") for name in listed.stdout.split(b"\0") if name)
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    if not paths:
        raise ArmError(f"There are no files in {root}.")
    return paths


def _text(file: Path) -> str | None:
    """What a file says; None for what is no text, too large, or leads elsewhere."""
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _FILE_BYTES:
            return None
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
