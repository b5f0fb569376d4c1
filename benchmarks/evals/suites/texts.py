"""Texts of a repository, as the program's workspace reads them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rlm_core.config import Settings, WorkspaceSettings
from rlm_core.service import Service


@dataclass(frozen=True, slots=True)
class Texts:
    """The text files of a repository.

    Attributes:
        by_path: their texts; POSIX paths, sorted.
        skipped: files without text, with the reason.
    """

    by_path: dict[str, str]
    skipped: tuple[str, ...]


def texts_of(root: Path) -> Texts:
    """Reads a repository, within the bounds of a workspace.

    Raises:
        WorkspaceError: the root cannot be opened, or has no text.
    """
    return asyncio.run(_read(root))


async def _read(root: Path) -> Texts:
    # What looks like a secret is not masked: a copy that is, and its original, would be two truths.
    settings = Settings(workspace=WorkspaceSettings(mask_secrets=False))
    async with Service([root], settings, watch=False) as service:
        snapshot = await service.present()
        return Texts(
            {path: snapshot.text(path) for path in sorted(snapshot.paths)},
            tuple(f"{item.path} ({item.reason})" for item in snapshot.skipped),
        )
