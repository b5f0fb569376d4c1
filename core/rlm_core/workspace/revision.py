"""Revision of a repository as a snapshot: its tree, read from git objects, under the rules for files on disk.

Nothing is checked out, so no filter is run and no file is written but those of the arena.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_core.errors import QueryError
from rlm_core.workspace import git_objects
from rlm_core.workspace.arena import Arena
from rlm_core.workspace.decoding import NotTextError, to_utf8
from rlm_core.workspace.discovery import IGNORE_FILE, SECRET_NAME
from rlm_core.workspace.generated import why_generated
from rlm_core.workspace.ignore_files import IgnoreFiles, parent_folders
from rlm_core.workspace.reader import digest_of
from rlm_core.workspace.roots import TOO_DEEP, is_gits_own, is_plain_path, is_too_deep, printable_path
from rlm_core.workspace.snapshot import Entry, Masked, Skipped, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rlm_core.workspace.git_runner import GitRequest
    from rlm_core.workspace.secret_filter import SecretFilter

# As many bytes as blobs say that they have, whatever they take in the repository: inflated they go to disk.
MAX_BYTES = 4 << 30
_LINK = "120000"


def read_revision(
    git: GitRequest, root: Path, revision: str, max_file_bytes: int, secrets: SecretFilter
) -> Snapshot:
    """The files below a folder as they were at a revision, frozen.

    `.rlmignore` counts as it is now and as it was then: what either names is left out.

    Raises:
        QueryError: no such revision, or it is too large to be read within the bounds.
        OSError: there is no room for the text.
    """
    commit_id = git_objects.resolve_commit(git, root, revision)
    if commit_id is None:
        raise QueryError(f"{revision!r} is no git revision of {git_objects.name_of(root)}.")
    tree = git_objects.list_tree_entries(git, root, commit_id)
    reading = _Reading(Arena(), max_file_bytes, secrets)
    rules = _rules(git, root, tree, max_file_bytes)
    blobs: dict[str, list[str]] = {}
    for path, (mode, blob) in tree.items():
        if reading.admits(path, mode, rules):
            blobs.setdefault(blob, []).append(path)
    sizes = git_objects.sizes(git, root, list(blobs))
    small = {blob: size for blob, size in sizes.items() if size <= max_file_bytes}
    for blob in sizes.keys() - small.keys():
        reading.skip(blobs[blob], f"larger than {max_file_bytes // 1024} KB")
    if sum(small.values()) > MAX_BYTES:
        raise QueryError(f"The files of {revision} have more than {MAX_BYTES >> 30} GB: too many to be read.")
    for blob, content in zip(small, git_objects.read_blobs(git, root, small), strict=True):
        reading.take(blobs[blob], content, rules)
    return reading.snapshot(commit_id)


def _rules(
    git: GitRequest, root: Path, tree: Mapping[str, tuple[str, str]], max_bytes: int
) -> tuple[IgnoreFiles, IgnoreFiles]:
    """The ignore files as they are on disk now, and as they were then."""
    now, then = IgnoreFiles(root, IGNORE_FILE), IgnoreFiles(root, IGNORE_FILE)
    now.read(parent_folders(tree))
    named = {path: entry for path, entry in tree.items() if path.rpartition("/")[2] == IGNORE_FILE}
    blobs = list(dict.fromkeys(blob for mode, blob in named.values() if mode != _LINK))
    sizes = git_objects.sizes(git, root, blobs)
    small = {blob: size for blob, size in sizes.items() if size <= max_bytes}
    contents = dict(zip(small, git_objects.read_blobs(git, root, small), strict=True))
    for path, (mode, blob) in named.items():
        then.put(path, None if mode == _LINK else contents.get(blob))
    return now, then


@dataclass(slots=True)
class _Reading:
    """What is known of a revision so far."""

    arena: Arena
    max_bytes: int
    secrets: SecretFilter
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    masked: list[Masked] = field(default_factory=list)

    def admits(self, path: str, mode: str, rules: tuple[IgnoreFiles, IgnoreFiles]) -> bool:
        """Whether a file may belong, going by its name; notes why not."""
        now, then = (each.decide(path)[0] for each in rules)
        why = ""
        if is_gits_own(path) or not is_plain_path(path):
            why = "not a path of a file"
        elif is_too_deep(path):
            why = TOO_DEEP
        elif now or then:
            why = f"named in {IGNORE_FILE}"
        elif self.secrets.hides(path) and now is None:
            why = SECRET_NAME
        elif mode == _LINK:
            why = "symbolic link"
        if why:
            self.skip([path], why)
        return not why

    def skip(self, paths: Iterable[str], why: str) -> None:
        """Notes files that do not belong."""
        self.skipped += [Skipped(printable_path(path), why) for path in paths]

    def take(self, paths: Iterable[str], content: bytes, rules: tuple[IgnoreFiles, IgnoreFiles]) -> None:
        """Takes in what files say that say the same."""
        try:
            text = to_utf8(content)
        except NotTextError as error:
            self.skip(paths, str(error))
            return
        why = why_generated(text) or self.secrets.why_hidden(text)
        for path in paths:
            if why and rules[0].decide(path)[0] is not False:
                self.skip([path], why)
                continue
            shown = printable_path(path)
            masked, counts = self.secrets.masked(text, shown)
            self.entries.append(Entry(shown, *self.arena.append(masked), digest_of(masked)))
            self.masked += [Masked(shown, kind, count) for kind, count in counts]

    def snapshot(self, commit_id: str) -> Snapshot:
        """All of it."""
        skipped = sorted(self.skipped, key=lambda item: item.path)
        snapshot = Snapshot.of(self.entries, self.arena.maps, skipped, self.arena)
        snapshot.masked = tuple(sorted(self.masked, key=lambda item: item.path))
        snapshot.revision = commit_id
        return snapshot
