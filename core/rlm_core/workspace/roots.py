"""The folders that a workspace is made of, and what paths in each start with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rlm_core.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence


def checked_roots(roots: Sequence[Path]) -> tuple[Path, ...]:
    """The roots, resolved and without repetition; raises `WorkspaceError` for one that cannot be used."""
    return tuple(dict.fromkeys(_checked(root) for root in roots))


def _checked(root: Path) -> Path:
    """The root, resolved, if it is one that a person can have meant."""
    try:
        resolved = root.expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise WorkspaceError(f"There is no folder {root}; give an existing one with --root.") from error
    if not resolved.is_dir():
        raise WorkspaceError(f"{root} is not a folder; give the folder that holds it with --root.")
    if resolved == Path(resolved.anchor) or resolved == Path.home():
        kind = "whole file system" if resolved == Path(resolved.anchor) else "home folder"
        raise WorkspaceError(f"{resolved} is a {kind}, not a project; give a project's folder with --root.")
    return resolved


def prefixes(roots: Sequence[Path]) -> tuple[str, ...]:
    """What each root's paths start with: nothing for a single root, else its name, made unique."""
    if len(roots) == 1:
        return ("",)
    taken: list[str] = []
    for root in roots:
        name, number = root.name, 1
        while f"{name}/" in taken:
            number += 1
            name = f"{root.name}-{number}"
        taken.append(f"{name}/")
    return tuple(taken)
