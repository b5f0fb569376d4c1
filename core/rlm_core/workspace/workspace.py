"""The present: what the workspace says now, from disk and from open editors."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rlm_core.errors import WorkspaceError
from rlm_core.workspace.arena import Arena
from rlm_core.workspace.discovery import IGNORE_FILES, discover, listed_among
from rlm_core.workspace.history import History
from rlm_core.workspace.reader import digest_of, read, text_of
from rlm_core.workspace.roots import checked_roots, prefixes
from rlm_core.workspace.snapshot import Entry, Skipped, Snapshot
from rlm_core.workspace.table import FileTable, Known
from rlm_core.workspace.text import NotTextError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from rlm_core.config import WorkspaceSettings
    from rlm_core.workspace.cache import Cache

log = logging.getLogger(__name__)

# An arena with more dead than living text, and at least this much of it, is rewritten.
_DEAD_BYTES = 64 * 1024 * 1024
# So many snapshots can be compared with later ones.
_REMEMBERED = 8
# Above this many changed rows, building the table anew is quicker than patching it.
_PATCHED_ROWS = 500


class Watching(Protocol):
    """What a workspace needs of a watcher."""

    def follow(self, folders: set[str]) -> bool:
        """Watches exactly these folders; returns whether any of them was not watched before.

        Raises:
            OSError: the system cannot watch them all.
        """
        ...

    def close(self) -> None:
        """Ends the watching."""
        ...


class _Overlay(NamedTuple):
    version: int
    text: str


class Workspace:
    """One or more roots, their files, and the unsaved text of open editors over them.

    All methods may be called from any thread. Reading happens in `snapshot`; a server calls it in a
    thread. Without a watcher each snapshot looks at every file's `stat`; with one only at what was
    reported by `invalidate` since.

    Args:
        roots: folders. With one, paths are relative to it; with several, they start with its name.
        settings: what belongs to the context.
        cache: where the text is kept between runs; None to keep it in temporary files.

    Attributes:
        on_report: called, from any thread, when something may have changed.

    Raises:
        WorkspaceError: a root is not a folder, or is a whole file system or home folder.
    """

    def __init__(
        self, roots: Sequence[Path], settings: WorkspaceSettings, cache: Cache | None = None
    ) -> None:
        self.roots = checked_roots(roots)
        self.notes: tuple[str, ...] = ()
        self.on_report: Callable[[], None] = _nobody
        self._prefixes = prefixes(self.roots)
        self._max_bytes = settings.max_file_kb * 1024
        self._cache = cache
        self._arena, self._known = (Arena(), FileTable()) if cache is None else cache.load()
        self._reading = threading.RLock()  # held while files are read: for seconds, when there are many
        self._paths: dict[str, str] = {}  # path in the workspace → path on disk
        self._names: dict[str, str] = {}  # and back
        self._unlisted: list[Skipped] = []  # left out before anything was read
        self._by_name = False  # a new file can be decided without listing all
        self._stale: set[str] = set()  # paths to look at
        self._touched: set[str] = set()  # rows in which the next snapshot differs from the latest
        self._unsaved = False
        self._latest: Snapshot | None = None
        self._remembered: deque[Snapshot] = deque(maxlen=_REMEMBERED)
        self._watching: Watching | None = None
        self._closed = False
        self._inbox = threading.Lock()  # held for moments: what event loops and watchers write to
        self._reported: set[str] = set()
        self._rescan = True
        self._overlays: dict[str, _Overlay] = {}
        self._typed: set[str] = set()

    def snapshot(self) -> Snapshot:
        """The workspace as it is at this moment, frozen; reads what has changed since the last one.

        Raises:
            WorkspaceError: there is no room to keep the text, or the workspace was closed meanwhile.
        """
        with self._reading:
            with self._inbox:
                reported, self._reported = self._reported, set()
                rescan, self._rescan = self._rescan or self._watching is None, False
                self._touched |= self._typed
                self._typed = set()
            try:
                if rescan or not self._take(reported):
                    self._read_all()
                self._read_stale()
                if self._latest is None or self._touched:
                    self._latest = self._freeze()
            except BaseException as error:
                self._rescan = True  # what was taken out of the inbox must not be forgotten
                if not isinstance(error, OSError):
                    raise
                where = error.filename or "the temporary folder"
                raise WorkspaceError(
                    f"The workspace's text cannot be kept in {where}: {error.strerror}; make room there."
                ) from error
            return self._latest

    def watch(self, watching: Watching | None) -> None:
        """From now on changes are (None: no longer) reported through `invalidate`."""
        with self._reading:
            self._watching = watching
            self._rescan = True

    def invalidate(self, files: Iterable[str]) -> None:
        """Notes paths on disk that may have changed; returns at once."""
        with self._inbox:
            self._reported.update(files)
        self.on_report()

    def invalidate_all(self) -> None:
        """Notes that anything may have changed: events were lost, or git's own files moved."""
        self._rescan = True
        self.on_report()

    def set_overlay(self, file: Path, text: str, version: int) -> None:
        """Lets an editor's text shadow a file until `drop_overlay`; older versions are ignored."""
        path = self.path_of(file)
        with self._inbox:
            known = self._overlays.get(path) if path else None
            if path is not None and (known is None or known.version <= version):
                self._overlays[path] = _Overlay(version, text)
                self._typed.add(path)

    def drop_overlay(self, file: Path) -> None:
        """The editor has closed the file: the disk's text counts again."""
        path = self.path_of(file)
        with self._inbox:
            if path in self._overlays:
                del self._overlays[path]
                self._typed.add(path)

    def path_of(self, file: Path) -> str | None:
        """What a file on disk (absolute, links resolved) is called in snapshots; None outside the roots."""
        for root, prefix in zip(self.roots, self._prefixes, strict=True):
            if file.is_relative_to(root):
                return prefix + file.relative_to(root).as_posix()
        return None

    def file_of(self, path: str) -> Path:
        """Where a path of a snapshot is on disk; raises `WorkspaceError` if it is in none of the roots."""
        for root, prefix in zip(self.roots, self._prefixes, strict=True):
            if path.startswith(prefix):
                return root / path.removeprefix(prefix)
        raise WorkspaceError(f"{path} is in none of the workspace's folders.")

    def remember(self, snapshot: Snapshot) -> None:
        """Gives a snapshot its history, and keeps it to be compared with later ones (the latest few)."""
        earlier = {known.id: known for known in self._remembered}
        roots = list(zip(self.roots, self._prefixes, strict=True))
        snapshot.history = History(snapshot, roots, earlier)
        if snapshot.id not in earlier:
            self._remembered.append(snapshot)

    def changed_files(self, snapshot: Snapshot, paths: Iterable[str]) -> list[str]:
        """Those of a snapshot's files that say something else by now; looks only at these."""
        now = {path: self._digest_now(path) for path in paths}
        return [path for path in now if now[path] != snapshot.entry(path).digest]

    def _digest_now(self, path: str) -> bytes | None:
        overlay = self._overlays.get(path)
        if overlay is not None:
            return digest_of(overlay.text.encode("utf-8", "replace"))
        try:
            file = self._paths[path]
            return digest_of(text_of(file, os.lstat(file), self._max_bytes))
        except (KeyError, OSError, NotTextError):
            return None

    def save(self) -> None:
        """Writes the cache's table; a later start then reads only what has changed."""
        with self._reading:
            if self._cache is not None and self._unsaved and not self._closed:
                try:
                    self._cache.save(self._arena, self._known)
                    self._unsaved = False
                except OSError as error:
                    log.warning("The workspace's cache could not be written: %s", error)

    def stop_reading(self) -> None:
        """Makes a `snapshot` that is reading files in another thread give up with `WorkspaceError`."""
        self._closed = True

    def close(self) -> None:
        """Gives the arena back; snapshots cannot be handed to workers afterwards."""
        self._closed = True
        with self._reading:
            self._arena.close()
            if self._cache is not None:
                self._cache.close()
                self._cache = None

    def _read_all(self) -> None:
        folders = self._list()
        # What appears in a folder between its listing and its watch makes no event: list again.
        while self._watching is not None and self._follow(folders):
            folders = self._list()
        self._stale = set(self._paths)

    def _follow(self, folders: set[str]) -> bool:
        if self._watching is None:
            return False
        try:
            return self._watching.follow(folders)
        except OSError as error:
            self._watching = None
            self.notes = (
                *self.notes,
                f"The system cannot watch the workspace ({error.strerror}), so every question looks at all "
                "files again. On Linux, raise fs.inotify.max_user_watches.",
            )
            return False

    def _list(self) -> set[str]:
        """Brings the list of files up to date; returns the folders in which one may appear."""
        paths: dict[str, str] = {}
        unlisted: list[Skipped] = []
        notes: list[str] = []
        folders: set[str] = set()
        self._by_name = True
        for root, prefix in zip(self.roots, self._prefixes, strict=True):
            listing = discover(root, with_folders=self._watching is not None)
            paths |= (
                {prefix + path: file for path, file in listing.files.items()} if prefix else listing.files
            )
            unlisted.extend(Skipped(prefix + item.path, item.reason) for item in listing.skipped)
            notes.extend(listing.notes)
            folders |= listing.folders
            self._by_name &= listing.by_name
        for path in self._known.paths() - paths.keys():
            self._learn(path, None)
        self._paths, self._unlisted, self.notes = paths, unlisted, tuple(notes)
        self._names = {file: path for path, file in paths.items()}
        return folders

    def _take(self, reported: set[str]) -> bool:
        """Takes in what the watcher has named; False when only a new listing can tell what it means."""
        strange = {file for file in reported if file not in self._names}
        if any(file.rpartition(os.sep)[2] in IGNORE_FILES for file in reported):
            return False
        self._stale |= {self._names[file] for file in reported - strange}
        if strange and not self._by_name:
            return False
        for root, prefix in zip(self.roots, self._prefixes, strict=True):
            listing = listed_among(root, [file for file in strange if file.startswith(f"{root}{os.sep}")])
            if listing is None:
                return False
            for path, file in listing.files.items():
                self._paths[prefix + path] = file
                self._names[file] = prefix + path
                self._stale.add(prefix + path)
            self._unlisted.extend(Skipped(prefix + item.path, item.reason) for item in listing.skipped)
        return True

    def _read_stale(self) -> None:
        """Looks at the stale files, one by one: with threads it took longer, since most files are small."""
        for path in self._stale:
            if self._closed:
                raise WorkspaceError("The workspace was closed while its files were being read.")
            file = self._paths[path]
            try:
                status = os.lstat(file)
            except OSError:
                self._learn(path, None)
                continue
            if not self._known.unchanged(path, status):
                known = self._known.get(path)
                self._learn(path, read(file, status, known, self._arena, self._max_bytes))
        self._stale = set()

    def _learn(self, path: str, found: Known | None) -> None:
        """Takes in what a file says now; None when it is gone."""
        known = self._known.get(path)
        if found is not None:
            self._known.put(path, found)
        else:
            self._known.remove(path)
        self._unsaved |= found != known
        if (found and found[1:]) != (known and known[1:]):
            self._touched.add(path)

    def _freeze(self) -> Snapshot:
        unread = [Skipped(path, reason) for path, reason in self._known.reasons.items()]
        skipped = sorted([*self._unlisted, *unread], key=_by_path)
        if self._latest is None or len(self._touched) > _PATCHED_ROWS:
            snapshot = Snapshot(*self._known.columns(), skipped, self._arena.maps, self._arena)
            changed = {path: self._entry(path) for path in self._overlays}
        else:
            snapshot = self._latest
            changed = {path: self._entry(path) for path in self._touched}
        snapshot = snapshot.patched(changed, skipped, self._arena)
        self._touched = set()
        if self._arena.used > 2 * snapshot.total_bytes + _DEAD_BYTES:
            return self._compacted(snapshot)
        return snapshot

    def _entry(self, path: str) -> Entry | None:
        entry = self._known.entry(path)
        overlay = self._overlays.get(path)
        if entry is None or overlay is None:  # an overlay of a file that does not belong shows nothing
            return entry
        blob = overlay.text.encode("utf-8", "replace")
        return Entry(path, *self._arena.append(blob), digest_of(blob))

    def _compacted(self, snapshot: Snapshot) -> Snapshot:
        """The same snapshot over a new arena without dead text; older snapshots keep the old one."""
        arena = Arena(self._cache.folder if self._cache is not None and self._cache.owner else None)
        old = self._arena.maps
        for path in list(self._known):
            known = self._known.get(path)
            if known is not None and not known.reason:
                text = old[known.span.shard][known.span.offset : known.span.offset + known.span.length]
                self._known.put(path, known._replace(span=arena.append(text)))
        self._arena, self._latest = arena, None
        self._touched, self._unsaved = set(), True
        log.info("Rewrote the arena: %d bytes of %d were alive", snapshot.total_bytes, arena.used)
        compacted = self._freeze()
        self.save()
        return compacted


def _nobody() -> None:
    """Whom a report reaches as long as nobody wants to hear of it."""


def _by_path(item: Skipped) -> str:
    return item.path
