"""Path resolution: paths as programs and people write them: which file of a snapshot is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlm_core.context.suggest import close_matches, did_you_mean
from rlm_core.errors import QueryError

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot


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
