"""Changes and diffs: `context.changed` and `context.diff`, what is different from before."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from rlm_core.context.results import Results
from rlm_core.context.rows import Text
from rlm_core.errors import QueryError
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from rlm_core.workspace.snapshot import Snapshot


# What git says of a commit: id, date, author, message, and which paths it changed.
CommitRow = Sequence[Any]


class HistorySource(Protocol):
    """What the context said before; all raise `QueryError` for an unknown `since` or revision."""

    def changes(self, since: str) -> Sequence[tuple[str, str]]:
        """Path and status (`added`, `modified`, `deleted`) of each file that differs."""
        ...

    def text(self, path: str, since: str) -> str | None:
        """What a file said then; None when it was not there."""
        ...

    def log(self, path: str, revision: str, limit: int) -> tuple[Sequence[CommitRow], bool, str]:
        """Commits (`workspace.commit_log.LoggedCommit`), whether there are more, and what is to be said."""
        ...

    def blame(
        self, path: str, revision: str, first: int, last: int
    ) -> tuple[Sequence[tuple[int, int, int]], Sequence[CommitRow], str]:
        """Ranges of lines (first, count, index of the commit), the commits, and what is to be said."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Changed:
    """A file that differs.

    Attributes:
        path: the file.
        status: `added`, `modified` or `deleted`.
    """

    path: str
    status: str

    def __repr__(self) -> str:
        return f"{self.path} ({self.status})"


def changed(snapshot: Snapshot, history: HistorySource, since: str) -> Results[Changed]:
    """Returns the files of a snapshot that differ from before, and those that are gone."""
    found = (Changed(path, status) for path, status in history.changes(since))
    return Results(item for item in found if item.status == "deleted" or item.path in snapshot)


def diff(snapshot: Snapshot, history: HistorySource, path: str, since: str) -> Text:
    """Returns a unified diff of one file.

    Raises:
        QueryError: the file is neither there now nor was it then.
    """
    before = history.text(path, since)
    if before is None and path not in snapshot:
        raise QueryError(f"{path} is not in the context and was not there at {since}.")
    now = snapshot.text(path) if path in snapshot else ""
    lines = difflib.unified_diff(
        split_lines(before or ""), split_lines(now), f"{path} at {since}", path, lineterm=""
    )
    return Text("\n".join(lines) or f"{path} is the same as at {since}.")


class NoHistory:
    """The history of a context that has none: all raise `QueryError`."""

    def changes(self, since: str) -> list[tuple[str, str]]:
        """Raises `QueryError`."""
        raise QueryError(f"This context has no history, so nothing can be compared with {since!r}.")

    def text(self, path: str, since: str) -> str | None:
        """Raises `QueryError`."""
        raise QueryError(f"This context has no history, so {path} cannot be compared with {since!r}.")

    def log(self, path: str, revision: str, limit: int) -> NoReturn:  # noqa: ARG002 - the protocol's
        """Raises `QueryError`."""
        raise QueryError("This context has no history, so there is no log.")

    def blame(self, path: str, revision: str, first: int, last: int) -> NoReturn:  # noqa: ARG002 - as above
        """Raises `QueryError`."""
        raise QueryError(f"This context has no history, so no line of {path} can be blamed.")
