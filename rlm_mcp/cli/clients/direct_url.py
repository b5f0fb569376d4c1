"""Direct URL (PEP 610) of this installation: where it came from, so that `uvx --from` can make it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

PACKAGE = "rlm-mcp"
UNRECORDED = "where no URL is recorded, such as a package index"
# Goes when the package is published, with the None of `source`.
UNPUBLISHED = (
    "Its name alone is not written: the public package index has no rlm-mcp of this project yet, and whoever "
    "registers the name there would run code wherever it is started."
)


@dataclass(frozen=True)
class Source:
    """Where an installation came from.

    Attributes:
        requirement: what `uvx --from` takes: `git+URL@COMMIT`, or the URL of an archive or a folder.
        shared: whether it is the same on every machine and nobody can put anything else in its place. A git
            commit is: its hash is checked, whoever owns the URL by then. An archive is not: uv records no
            hash of it, and checks none that `--from` is given.
    """

    requirement: str
    shared: bool


def source() -> Source | None:
    """Where this installation came from; None where no URL is recorded, as for a package of an index."""
    record = _record()
    if not record:
        return None  # once published: Source(f"{PACKAGE}=={VERSION}", shared=True)
    url = str(record["url"])
    commit = record.get("vcs_info", {}).get("commit_id")
    folder = f"#subdirectory={record['subdirectory']}" if "subdirectory" in record else ""
    if commit is None:
        return Source(url + folder, shared=False)
    return Source(f"git+{url}@{commit}{folder}", shared=not url.startswith("file:"))


def _record() -> dict[str, Any]:
    try:
        text = distribution(PACKAGE).read_text("direct_url.json")
    except PackageNotFoundError:  # run from a folder that was never installed
        text = None
    record: dict[str, Any] = json.loads(text) if text else {}
    return record
