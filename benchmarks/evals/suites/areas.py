"""Areas of a repository: a few folders that together have nearly everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

ENOUGH = 6  # areas, beyond which no folder is split
MOST = 8
_SMALLEST = 50  # the part of all that an area has at least: one in so many


def areas(paths: Sequence[str]) -> dict[str, str]:
    """The area of each path: the longest of some folders that it lies in.

    The folders are the topmost; the largest are split into their subfolders until there are enough. What a
    split leaves in subfolders that are too small stays in the area of the folder itself.

    Args:
        paths: of what is counted, one for each thing.

    Returns:
        An area for every path of which the area is among the `MOST` largest, and not too small.
    """
    smallest = max(1, len(paths) // _SMALLEST)
    names = {path.partition("/")[0] if "/" in path else "." for path in paths}
    split: set[str] = set()
    while True:
        sizes = Counter(_area(path, names) for path in paths)
        large = sorted(
            (name for name in sizes if sizes[name] >= smallest), key=lambda name: (-sizes[name], name)
        )
        whole = [name for name in large if name not in split]
        if len(large) >= ENOUGH or not whole:
            break
        split.add(whole[0])
        inner = Counter(_child(path, whole[0]) for path in paths if _area(path, names) == whole[0])
        parts = sorted(
            (child for child in inner if child and inner[child] >= smallest),
            key=lambda child: (-inner[child], child),
        )
        names.update(parts[: MOST - len(large)])
    kept = set(large[:MOST])
    return {path: area for path in paths if (area := _area(path, names)) in kept}


def _area(path: str, names: set[str]) -> str:
    folder = path.rpartition("/")[0]
    while folder and folder not in names:
        folder = folder.rpartition("/")[0]
    return folder or "."


def _child(path: str, folder: str) -> str:
    """The subfolder of a folder that a path lies in; empty where it lies in the folder itself."""
    rest = path if folder == "." else path.removeprefix(f"{folder}/")
    return f"{folder}/{rest.partition('/')[0]}" if "/" in rest else ""
