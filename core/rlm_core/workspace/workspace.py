"""`Workspace`: what the files say now, from disk and from open editors."""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from rlm_core.errors import QueryError, WorkspaceError
from rlm_core.well_formed import well_formed
from rlm_core.workspace.decoding import NotTextError
from rlm_core.workspace.discovery import IGNORE_FILES, SECRET_NAME, FileListing, discover, list_new_files
from rlm_core.workspace.git_runner import REVISION_SECONDS, GitRunner
from rlm_core.workspace.history import History
from rlm_core.workspace.overlays import Overlays
from rlm_core.workspace.reader import digest_of
from rlm_core.workspace.revision import read_revision
from rlm_core.workspace.roots import Roots, printable_path
from rlm_core.workspace.secret_filter import SecretFilter
from rlm_core.workspace.snapshot import Entry, Masked, Skipped, Snapshot
from rlm_core.workspace.store import Store
from rlm_core.workspace.unsaved_files import UnsavedFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from rlm_core.config import WorkspaceSettings
    from rlm_core.workspace.cache import Cache
    from rlm_core.workspace.secret_masking import MaskedText

# So many snapshots can be compared with later ones.
_REMEMBERED = 8
# Above this many changed rows, building the table anew is quicker than patching it.
_PATCHED_ROWS = 500


class Watcher(Protocol):
    """What a workspace needs of a watcher."""

    def follow(self, folders: set[str]) -> bool:
        """Watches exactly these folders; returns whether any of them was not watched before.

        Raises:
            OSError: the system cannot watch them all.
        """
        ...

    def forget(self, folder: str) -> None:
        """Notes that another folder has taken the place of this one: it has to be watched anew."""
        ...

    def settle(self) -> bool:
        """Waits until what happened before this call has been reported; False if that does not end."""
        ...

    def close(self) -> None:
        """Ends the watching."""
        ...


class Workspace:
    """One or more roots, their files, and the unsaved text of open editors over them.

    All methods may be called from any thread. Reading happens in `snapshot`; a server calls it in a
    thread. Without a watcher that can `settle` each snapshot looks at every file's `stat`; with one only
    at what was reported by `invalidate` since. Either way it has everything that was written before it
    was asked for.

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
        self._roots = Roots(roots)
        self.on_report: Callable[[], None] = _no_listener
        self._read_lock = threading.RLock()  # held while files are read: for seconds, when there are many
        self._git = GitRunner()
        self._max_bytes = settings.max_file_kb * 1024
        self._secrets = SecretFilter(settings.hide_secret_files, settings.mask_secrets)
        self._store = Store(self._roots, self._max_bytes, self._secrets, cache)
        self._listing = FileListing()
        self._identities = [_identity(root) for root in self._roots.folders]
        self._dirty: set[str] = set()  # rows in which the next snapshot differs from the latest
        self._unsaved_files = UnsavedFiles(self._roots, self._git, self._secrets)
        self._latest: Snapshot | None = None
        self._remembered: deque[Snapshot] = deque(maxlen=_REMEMBERED)
        self._watcher: Watcher | None = None
        self._unwatched = ""
        self._closed = False
        self._overlays = Overlays()
        self._masked_unsaved: dict[str, tuple[tuple[str, int], ...]] = {}  # in unsaved text, by path
        self._unsaved_left_out: dict[str, str] = {}  # why, by path
        self._inbox_lock = threading.Lock()  # held for moments: what event loops and watchers write to
        self._reported: set[str] = set()
        self._rescan = True

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders, resolved."""
        return self._roots.folders

    @property
    def notes(self) -> tuple[str, ...]:
        """How the files were listed and are watched, where that is not the usual way."""
        said = (*self._listing.notes, *([self._unwatched] if self._unwatched else []))
        return tuple(map(printable_path, said))  # they name folders as they are on disk

    @property
    def rules(self) -> Mapping[str, int]:
        """The `.rlmignore` files that are in force, and how many files each has left out."""
        return self._listing.rules

    def snapshot(self) -> Snapshot:
        """The workspace as it is at this moment, frozen; reads what has changed since the last one.

        Raises:
            WorkspaceError: there is no room to keep the text, or the workspace was closed meanwhile.
        """
        with self._read_lock:
            if self._closed:
                raise WorkspaceError("The workspace is closed.")
            settled = self._watcher is None or self._watcher.settle()
            settled &= not self._roots_replaced()
            with self._inbox_lock:
                reported, self._reported = self._reported, set()
                rescan = self._rescan or self._watcher is None or not settled
                self._rescan = False
            self._dirty |= self._overlays.take_changed()
            try:
                if rescan or not self._apply(reported):
                    self._read_all()
                if self._latest is None or self._dirty:
                    self._latest = self._build_snapshot()
            except BaseException as error:
                self._rescan = True  # what was taken out of the inbox must not be forgotten
                if not isinstance(error, OSError):
                    raise
                raise _no_room(error) from error
            return self._latest

    def at_revision(self, revision: str) -> Snapshot:
        """The workspace as it was at a git revision, frozen; read from the repository, not from the files.

        Raises:
            QueryError: no such revision, several roots, or more than may be read.
            WorkspaceError: there is no room to keep the text.
        """
        if len(self.roots) > 1:
            raise QueryError(
                "A revision is of one repository, and there are several folders: open one alone."
            )
        try:
            return read_revision(
                self._git.request(REVISION_SECONDS), self.roots[0], revision, self._max_bytes, self._secrets
            )
        except OSError as error:
            raise _no_room(error) from error

    def watch(self, watcher: Watcher | None, why_not: str = "") -> None:
        """From now on changes are (None: no longer, and why) reported through `invalidate`."""
        with self._read_lock:
            self._watcher, self._unwatched = watcher, why_not
            self._rescan = True

    @property
    def watched(self) -> bool:
        """Whether changes are followed as they happen."""
        return self._watcher is not None

    def invalidate(self, files: Iterable[str]) -> None:
        """Notes paths on disk that may have changed; returns at once."""
        with self._inbox_lock:
            self._reported.update(files)
        self.on_report()

    def invalidate_all(self) -> None:
        """Notes that anything may have changed: events were lost, or git's own files moved."""
        self._rescan = True
        self.on_report()

    def set_overlay(self, file: Path, text: str, version: int) -> None:
        """Lets an editor's text shadow a file until `drop_overlay`; older versions are ignored.

        A file that is not on disk yet belongs if it would once it is saved.
        """
        path = self.path_of(file)
        if path is not None:
            self._overlays.put(path, text, version)

    def drop_overlay(self, file: Path) -> None:
        """The editor has closed the file: the disk's text counts again."""
        path = self.path_of(file)
        if path is not None:
            self._overlays.drop(path)

    def masked_text(self, name: str, text: str) -> str:
        """An editor's text that is no file's, as the context would have it.

        Args:
            name: what the file would be called, as far as that is known.
            text: all of it.

        Raises:
            NotTextError: the context would not have it; says why.
        """
        if self._secrets.hides(name):
            raise NotTextError(SECRET_NAME)
        return self._masked_unsaved_text(printable_path(name), well_formed(text).encode()).text.decode()

    def path_of(self, file: Path) -> str | None:
        """What a file on disk (absolute, links resolved) is called in snapshots; None outside the roots."""
        return self._roots.path_of(str(file))

    def file_of(self, path: str) -> Path:
        """Where a path of a snapshot is on disk; raises `WorkspaceError` if it is in none of the roots."""
        return self._roots.file_of(path)

    def remember(self, snapshot: Snapshot) -> None:
        """Gives a snapshot its history, and keeps it to be compared with later ones (the latest few)."""
        earlier = {known.id: known for known in self._remembered}
        roots = list(zip(self._roots.folders, self._roots.prefixes, strict=True))
        snapshot.history = History(snapshot, roots, earlier, self._git, self._max_bytes, self._secrets)
        if snapshot.id not in earlier and not snapshot.revision:  # which has files of its own, and a name
            self._remembered.append(snapshot)

    def changed_files(self, snapshot: Snapshot, paths: Iterable[str]) -> list[str]:
        """Those of a snapshot's files that say something else by now; looks only at these."""
        now = self._store.digests_now(paths)
        for path in now:
            unsaved = self._overlays.get(path)
            if unsaved is not None:
                try:
                    now[path] = digest_of(self._masked_unsaved_text(path, unsaved).text)
                except NotTextError:
                    now[path] = None
        return [path for path in now if now[path] != snapshot.entry(path).digest]

    def save(self) -> None:
        """Writes the cache's table; a later start then reads only what has changed."""
        with self._read_lock:
            if not self._closed:
                self._store.save()

    def stop_reading(self) -> None:
        """Makes a `snapshot` that lists or reads files in another thread give up with `WorkspaceError`."""
        self._closed = True
        self._git.stop()
        self._store.stop()

    def close(self) -> None:
        """Gives the arena back; snapshots cannot be handed to workers afterwards."""
        self.stop_reading()
        with self._read_lock:
            self._store.close()

    def _roots_replaced(self) -> bool:
        """Whether another folder stands where a root was at the last snapshot, or none."""
        now = [_identity(root) for root in self._roots.folders]
        before, self._identities = self._identities, now
        replaced = [
            root for root, was, is_ in zip(self._roots.folders, before, now, strict=True) if was != is_
        ]
        if self._watcher is not None:
            for root in replaced:
                self._watcher.forget(str(root))
        return bool(replaced)

    def _read_all(self) -> None:
        """Lists all files and looks at each."""
        while True:
            # Git lists in processes of its own; meanwhile there are the files of the last listing to look at.
            with ThreadPoolExecutor(1) as pool:
                listing = pool.submit(self._discover)
                stale = self._store.differing()
                self._listing = listing.result()
            # What appears in a folder between its listing and its watch makes no event: list again.
            if not self._follow(self._listing.folders):
                break
        self._roots.set_disk_names(self._listing.disk_names)
        self._dirty |= self._unsaved_files.clear()
        listed, known = set(self._listing.paths), self._store.table
        kept_out = self._listing.unignored & known.reasons.keys()
        self._dirty |= self._store.forget(known.paths() - listed | kept_out)
        self._read_files((stale & listed) | (listed - known.paths()))

    def _discover(self) -> FileListing:
        whole = FileListing()
        for root, prefix in zip(self._roots.folders, self._roots.prefixes, strict=True):
            whole.add(
                discover(root, self._git, self._secrets, with_folders=self._watcher is not None), prefix
            )
        return whole

    def _follow(self, folders: set[str]) -> bool:
        if self._watcher is None:
            return False
        try:
            return self._watcher.follow(folders)
        except OSError as error:
            self._watcher = None
            self._unwatched = (
                f"The system cannot watch the workspace ({error.strerror}), so every question looks at all "
                "files again. On Linux, raise fs.inotify.max_user_watches."
            )
            return False

    def _apply(self, reported: set[str]) -> bool:
        """Takes in what the watcher has named; False when only a new listing can tell what it means."""
        if any(file.rpartition(os.sep)[2] in IGNORE_FILES for file in reported):
            return False
        named = {path for file in reported if (path := self._roots.path_of(file)) is not None}
        # Where a file was there may be a folder now, with files of its own.
        places = (self._roots.file_of(path) for path in named & self._store.table.paths())
        if any(place.is_dir() and not place.is_symlink() for place in places):
            return False
        strange = {path for path in named if path not in self._store.table}
        if strange and not self._listing.incremental:
            return False
        fresh = FileListing()
        for root, prefix in zip(self._roots.folders, self._roots.prefixes, strict=True):
            inner = [path.removeprefix(prefix) for path in strange if path.startswith(prefix)]
            found = list_new_files(root, inner, self._git, self._secrets)
            if found is None:
                return False
            fresh.add(found, prefix)
        self._listing.skipped += fresh.skipped
        for path in named:
            self._unsaved_files.forget(path)
        known = named - strange
        self._read_files(known | self._store.other_links(known) | set(fresh.paths))
        return True

    def _read_files(self, paths: set[str]) -> None:
        self._dirty |= self._store.read(paths, self._listing.unignored)

    def _build_snapshot(self) -> Snapshot:
        store = self._store
        rebuilt = self._latest is None or len(self._dirty) > _PATCHED_ROWS
        changed = {path: self._entry(path) for path in (self._overlays.paths() if rebuilt else self._dirty)}
        skipped, masked = self._skipped(), self._masked()
        if self._latest is None or rebuilt:
            columns = store.table.columns()
            snapshot = Snapshot(*columns, skipped, store.arena.maps, store.arena, masked)
        else:
            snapshot = self._latest
        if changed:
            snapshot = snapshot.patched(changed, skipped, store.arena, masked)
        self._dirty = set()
        if store.needs_compaction(snapshot.total_bytes):
            store.compact()
            self._latest = None
            snapshot = self._build_snapshot()
            store.save()
        return snapshot

    def _masked(self) -> tuple[Masked, ...]:
        counts = {**self._store.table.masked, **self._masked_unsaved}
        return tuple(Masked(path, kind, n) for path in sorted(counts) for kind, n in counts[path])

    def _skipped(self) -> tuple[Skipped, ...]:
        reasons = {**self._store.table.reasons, **self._unsaved_left_out}
        unread = [Skipped(path, reason) for path, reason in reasons.items()]
        return tuple(sorted({*self._listing.skipped, *unread}, key=_by_path))

    def _entry(self, path: str) -> Entry | None:
        self._masked_unsaved.pop(path, None)
        self._unsaved_left_out.pop(path, None)
        unsaved = self._overlays.get(path)
        entry = self._store.table.entry(path)
        if unsaved is None or (entry is None and not self._unsaved_files.belongs(path)):
            return entry
        try:
            text, self._masked_unsaved[path] = self._masked_unsaved_text(path, unsaved)
        except NotTextError as error:
            self._masked_unsaved[path] = ()  # and none of the file's on disk
            self._unsaved_left_out[path] = str(error)
            return None
        return Entry(path, *self._store.arena.append(text), digest_of(text))

    def _masked_unsaved_text(self, path: str, text: bytes) -> MaskedText:
        if printable_path(path) != path and path not in self._store.table:
            raise NotTextError("unsaved, with a name that does not print")
        if len(text) > self._max_bytes:
            raise NotTextError(f"unsaved, larger than {self._max_bytes // 1024} KB")
        return self._secrets.masked(text, path)


def _no_room(error: OSError) -> WorkspaceError:
    where = error.filename or "the temporary folder"
    return WorkspaceError(
        f"The workspace's text cannot be kept in {where}: {error.strerror}; make room there."
    )


def _no_listener() -> None:
    """Whom a report reaches as long as nobody wants to hear of it."""


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _by_path(item: Skipped) -> str:
    return item.path
