"""Unsaved files: those that only an editor has, and whether they would belong once they are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.workspace.discovery import would_be_listed
from rlm_core.workspace.disk import Disk

if TYPE_CHECKING:
    from rlm_core.workspace.git_runner import GitRunner
    from rlm_core.workspace.roots import Roots
    from rlm_core.workspace.secret_filter import SecretFilter


class UnsavedFiles:
    """Decides about open files without text in the context, and remembers it until something changes.

    Args:
        roots: the workspace's folders.
        git: what makes requests to git.
        secrets: what hides files.
    """

    def __init__(self, roots: Roots, git: GitRunner, secrets: SecretFilter) -> None:
        self._roots = roots
        self._git = git
        self._secrets = secrets
        self._known: dict[str, bool] = {}

    def belongs(self, path: str) -> bool:
        """Whether such a file is a new one, and would not be left out by its name."""
        if path not in self._known:
            self._known[path] = not self._exists(path) and would_be_listed(
                *self._roots.split(path), self._git, self._secrets
            )
        return self._known[path]

    def forget(self, path: str) -> None:
        """Something has happened to this path on disk."""
        self._known.pop(path, None)

    def clear(self) -> set[str]:
        """Forgets all, as what is ignored may have changed; returns what had been decided about."""
        known, self._known = self._known, {}
        return set(known)

    def _exists(self, path: str) -> bool:
        try:
            with Disk(self._roots) as disk:
                disk.status(path)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # whatever it is, it is not a new file
        return True
