"""Layout of a workspace: which files and folders there are, by name and by the end of a path."""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.workspace.snapshot import Snapshot


class Mentions(NamedTuple):
    """How imports name a file.

    Attributes:
        words: each import has one of them.
        line: RE2 expression for the lines on which such a word may be part of an import; empty for all.
        nameless: RE2 expression for lines with an import that has none; empty where there is no such import.
        inside: the folder, with `/` behind it, in which there are such imports; empty for all.
    """

    words: list[str]
    line: str = ""
    nameless: str = ""
    inside: str = ""


class Layout:
    """Files and folders of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def first(self, candidates: Iterable[str]) -> str:
        """Returns the first of some paths that is a file; empty when none is."""
        return next((path for path in candidates if path in self.snapshot), "")

    def ending(self, near: str, end: str, folders: Iterable[str] | None = None) -> str:
        """Returns the file whose path ends like that; of several the one that lies nearest.

        Args:
            near: the file with the import.
            end: whole parts of a path.
            folders: names that the folder before them may have; None for any.
        """
        end = end.removeprefix("./")
        found = []
        for path in self.named(posixpath.basename(end)):
            if path == end or path.endswith(f"/{end}"):
                before = path[: -len(end)].rstrip("/")
                if folders is None or posixpath.basename(before) in folders:
                    found.append(path)
        return nearest(near, found)

    def named(self, name: str) -> list[str]:
        """Returns the paths of all files with a name, in their order."""
        return self._by_name.get(name, [])

    def folders_ending(self, end: str) -> list[str]:
        """Returns the folders whose path ends like that, with `/` behind."""
        return [f"{path}/" for path in self.folders if path == end or path.endswith(f"/{end}")]

    @cached_property
    def folders(self) -> frozenset[str]:
        """All folders, the root as an empty string."""
        folders: set[str] = {""}
        for path in self.snapshot:
            folder = posixpath.dirname(path)
            while folder not in folders:
                folders.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(folders)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for path in self.snapshot:
            names.setdefault(posixpath.basename(path), []).append(path)
        return names


def nearest(near: str, paths: Iterable[str]) -> str:
    """Returns the path that shares most folders with another one; empty when there is none."""

    def distance(path: str) -> tuple[int, int, str]:
        return -len(posixpath.commonprefix([near.split("/"), path.split("/")])), path.count("/"), path

    return min(paths, key=distance, default="")


def upwards(folder: str) -> Iterator[str]:
    """Yields a folder and all above it, the root as an empty string last."""
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def joined(folder: str, name: str) -> str:
    """Returns the path that a relative name means in a folder; one that begins with `..` is outside."""
    path = posixpath.normpath(posixpath.join(folder, name))
    return "" if path == "." else path
