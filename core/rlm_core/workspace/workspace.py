"""The present: what the workspace says now, from disk and from open editors."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rlm_core.errors import WorkspaceError
from rlm_core.workspace.arena import Arena, Span
from rlm_core.workspace.discovery import IGNORE_FILES, discover
from rlm_core.workspace.snapshot import DIGEST_BYTES, Entry, Skipped, Snapshot
from rlm_core.workspace.text import NotTextError, to_utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rlm_core.config import WorkspaceSettings

# No O_NOFOLLOW on Windows; there the lstat before it is all there is.
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class _Signature(NamedTuple):
    """What must be equal for a file to count as unchanged."""

    mtime_ns: int
    ctime_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class _Blob:
    span: Span
    digest: bytes


@dataclass(frozen=True, slots=True)
class _OnDisk:
    """A file as last read: its text, or why it has none."""

    signature: _Signature
    content: _Blob | str


@dataclass(frozen=True, slots=True)
class _Overlay:
    version: int
    blob: _Blob


class Workspace:
    """One or more roots, their files, and the unsaved text of open editors over them.

    All methods may be called from any thread. Reading happens in `snapshot`; a server calls it in a
    thread. Without a watcher each snapshot looks at every file's `stat`; with one (`trust_watcher`)
    only at what was reported by `invalidate` since.

    Args:
        roots: folders. With one, paths are relative to it; with several, they start with its name.
        settings: what belongs to the context.

    Raises:
        WorkspaceError: a root is not a folder, or is a whole file system or home folder.
    """

    def __init__(self, roots: Sequence[Path], settings: WorkspaceSettings) -> None:
        self.roots = tuple(dict.fromkeys(_checked(root) for root in roots))
        self._prefixes = _prefixes(self.roots)
        self._max_bytes = settings.max_file_kb * 1024
        self._arena = Arena()
        self._lock = threading.RLock()
        self._paths: dict[str, str] = {}  # path in the workspace → path on disk
        self._names: dict[str, str] = {}  # and back
        self._disk: dict[str, _OnDisk] = {}
        self._overlays: dict[str, _Overlay] = {}
        self._unlisted: list[Skipped] = []
        self._stale: set[str] = set()
        self._rescan = True
        self._watched = False
        self._latest: Snapshot | None = None
        self._closed = False
        self.notes: tuple[str, ...] = ()

    def snapshot(self) -> Snapshot:
        """The workspace as it is at this moment, frozen; reads what has changed since the last one."""
        with self._lock:
            if self._rescan or not self._watched:
                self._read_all()
            elif self._stale:
                self._read_stale()
            if self._latest is None:
                self._latest = self._freeze()
            return self._latest

    def trust_watcher(self, trusted: bool) -> None:
        """From now on changes are (or are no longer) reported through `invalidate`."""
        with self._lock:
            self._watched = trusted
            self._rescan = True

    def invalidate(self, files: Iterable[str]) -> None:
        """Notes paths on disk that may have changed; an unknown or ignore-deciding one means a rescan."""
        with self._lock:
            for file in files:
                if file in self._names and os.path.basename(file) not in IGNORE_FILES:  # noqa: PTH119
                    self._stale.add(self._names[file])
                else:
                    self._rescan = True

    def set_overlay(self, file: Path, text: str, version: int) -> None:
        """Lets an editor's text shadow a file until `drop_overlay`; older versions are ignored."""
        with self._lock:
            path = self._overlay_path(file)
            known = self._overlays.get(path) if path else None
            if path is None or (known is not None and known.version > version):
                return
            self._overlays[path] = _Overlay(version, self._store(text.encode("utf-8", "replace")))
            self._latest = None

    def drop_overlay(self, file: Path) -> None:
        """The editor has closed the file: the disk's text counts again."""
        with self._lock:
            path = self._overlay_path(file)
            if path in self._overlays:
                del self._overlays[path]
                self._latest = None

    def stop_reading(self) -> None:
        """Makes a `snapshot` that is reading files in another thread give up with `WorkspaceError`."""
        self._closed = True

    def close(self) -> None:
        """Gives the arena back; snapshots cannot be read afterwards."""
        self._closed = True
        with self._lock:
            self._arena.close()

    def _overlay_path(self, file: Path) -> str | None:
        for root, prefix in zip(self.roots, self._prefixes, strict=True):
            if file.is_relative_to(root):
                return prefix + file.relative_to(root).as_posix()
        return None

    def _read_all(self) -> None:
        paths: dict[str, str] = {}
        unlisted: list[Skipped] = []
        notes: list[str] = []
        for root, prefix in zip(self.roots, self._prefixes, strict=True):
            listing = discover(root)
            paths.update({prefix + path: file for path, file in listing.files.items()})
            unlisted.extend(Skipped(prefix + item.path, item.reason) for item in listing.skipped)
            notes.extend(listing.notes)
        if paths.keys() != self._paths.keys() or unlisted != self._unlisted:
            self._latest = None
        self._paths, self._unlisted, self.notes = paths, unlisted, tuple(notes)
        self._names = {file: path for path, file in paths.items()}
        self._disk = {path: known for path, known in self._disk.items() if path in paths}
        self._stale = set(paths)
        self._rescan = False
        self._read_stale()

    def _read_stale(self) -> None:
        for path in self._stale:
            if self._closed:
                raise WorkspaceError("The workspace was closed while its files were being read.")
            known = self._disk.get(path)
            found = self._look(self._paths[path], known)
            if found is known:
                continue
            self._latest = None
            if found is None:
                self._disk.pop(path, None)
            else:
                self._disk[path] = found
        self._stale = set()

    def _look(self, file: str, known: _OnDisk | None) -> _OnDisk | None:
        """The file as it is now: `known` itself when unchanged, None when it is gone."""
        try:
            status = os.lstat(file)
        except OSError:
            return None
        signature = _Signature(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
        if known is not None and known.signature == signature:
            return known
        if stat.S_ISLNK(status.st_mode):
            return _OnDisk(signature, "symbolic link")
        if not stat.S_ISREG(status.st_mode):
            return _OnDisk(signature, "not a regular file")
        if status.st_size > self._max_bytes:
            return _OnDisk(signature, f"larger than {self._max_bytes // 1024} KB")
        try:
            return _OnDisk(signature, self._store(to_utf8(_read(file, status.st_size))))
        except NotTextError as reason:
            return _OnDisk(signature, str(reason))
        except OSError as error:
            return _OnDisk(signature, f"unreadable: {error.strerror}")

    def _store(self, blob: bytes) -> _Blob:
        digest = hashlib.blake2b(blob, digest_size=DIGEST_BYTES).digest()
        return _Blob(self._arena.append(blob), digest)

    def _freeze(self) -> Snapshot:
        blobs = {path: known.content for path, known in self._disk.items()}
        # An overlay of a file that is not in the workspace (ignored, outside) shows nothing.
        shown = {path for path in self._overlays if path in blobs}
        blobs.update({path: self._overlays[path].blob for path in shown})
        entries = [
            Entry(path, *blob.span, blob.digest) for path, blob in blobs.items() if isinstance(blob, _Blob)
        ]
        skipped = [Skipped(path, why) for path, why in blobs.items() if isinstance(why, str)]
        return Snapshot.of(entries, self._arena.maps, sorted([*self._unlisted, *skipped], key=_by_path))


def _by_path(item: Skipped) -> str:
    return item.path


def _read(file: str, size: int) -> bytes:
    """The file's first `size` bytes; fewer when it has been cut since."""
    descriptor = os.open(file, _OPEN)
    try:
        pieces: list[bytes] = []
        while size > 0 and (piece := os.read(descriptor, size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _checked(root: Path) -> Path:
    """The root, resolved, if it is one that a person can have meant."""
    try:
        resolved = root.expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise WorkspaceError(f"There is no folder {root}; give an existing one with --root.") from error
    if not resolved.is_dir():
        raise WorkspaceError(f"{root} is not a folder; give the folder that holds it with --root.")
    if resolved == Path(resolved.anchor) or resolved == Path.home():
        kind = "whole file system" if resolved == Path(resolved.anchor) else "home folder"
        raise WorkspaceError(f"{resolved} is a {kind}, not a project; give a project's folder with --root.")
    return resolved


def _prefixes(roots: Sequence[Path]) -> tuple[str, ...]:
    """What each root's paths start with: nothing for a single root, else its name, made unique."""
    if len(roots) == 1:
        return ("",)
    prefixes: list[str] = []
    for root in roots:
        name, number = root.name, 1
        while f"{name}/" in prefixes:
            number += 1
            name = f"{root.name}-{number}"
        prefixes.append(f"{name}/")
    return tuple(prefixes)
