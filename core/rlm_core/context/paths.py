"""Path resolution: which file of a snapshot is meant by a path as people write it, and what a path tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_core.context.suggest import close_matches, did_you_mean
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot

_TEST = re.compile(
    r"(?:^|[/_.-])(?:tests?|testing|specs?|fixtures?|mocks?|examples?)(?:[/_.-]|$)", re.IGNORECASE
)


def is_test(path: str) -> bool:
    """Whether a path is of a test, or of what tests and examples are made of."""
    return _TEST.search(path) is not None


def resolve_path(snapshot: Snapshot, path: str) -> str:
    """Returns the path in the snapshot that is meant, forgiving a leading `./` or `/`.

    Raises:
        QueryError: there is none; names what comes near.
    """
    if path in snapshot:
        return str(path)
    if not isinstance(path, str):
        raise QueryError(f"A path is a string, not {type(path).__name__}.")
    plain = path.strip().removeprefix("./").lstrip("/")
    if plain in snapshot:
        return plain
    for item in snapshot.skipped:
        if item.path == plain:
            raise QueryError(f"{plain} is not part of the context: {item.reason}.")
    name = plain.rpartition("/")[2]
    same_name = [other for other in snapshot if other == name or other.endswith(f"/{name}")]
    close = close_matches(plain, same_name or snapshot, 3) or same_name[:3]
    raise QueryError(f"No file {path!r} in the workspace. {did_you_mean(close)}".rstrip())
