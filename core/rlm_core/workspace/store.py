"""Store of what was read: the files' text in an arena, and a table of what is known of each."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from rlm_core.errors import WorkspaceError
from rlm_core.workspace.arena import Arena
from rlm_core.workspace.bulk import MIN_FILES, ReaderPool, ReadJob
from rlm_core.workspace.decoding import NotTextError
from rlm_core.workspace.disk import Disk
from rlm_core.workspace.file_table import FileTable
from rlm_core.workspace.reader import Reader, digest_of, read_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rlm_core.workspace.cache import Cache
    from rlm_core.workspace.roots import Roots
    from rlm_core.workspace.secret_filter import SecretFilter

log = logging.getLogger(__name__)

# An arena with more dead than living text, and at least this much of it, is rewritten.
_DEAD_BYTES = 64 * 1024 * 1024
# Where somebody writes many files one may have been read when it was half written. So often, and after so
# long, what has just changed is looked at again. While git checks files out it has its index locked.
_ROUNDS = 20
_ROUND_SECONDS = 0.01
_GIT_LOCK = ".git/index.lock"


class Store:
    """Reads files and keeps what they said; one thread at a time, except where another is said to do.

    Args:
        roots: the workspace's folders.
        max_bytes: larger files are left out.
        secrets: what masks text.
        cache: where all this is kept between runs; None to keep it in temporary files.
    """

    def __init__(self, roots: Roots, max_bytes: int, secrets: SecretFilter, cache: Cache | None) -> None:
        self._roots = roots
        self._max_bytes = max_bytes
        self._secrets = secrets
        self._cache = cache
        # What was read under other settings is read again.
        self._reading = {"max_file_bytes": max_bytes, "secrets": secrets.version}
        self.arena, self.table = (Arena(), FileTable()) if cache is None else cache.load(self._reading)
        self._pool = ReaderPool()
        self._stopped = False
        self._unsaved = False

    def differing(self) -> set[str]:
        """The known files whose stat is not what it was when they were read."""
        differing: set[str] = set()
        with Disk(self._roots) as disk:
            for path in self.table.differing(disk.status):
                self._check_stopped()
                differing.add(path)
        return differing

    def read(self, paths: Collection[str], unignored: Collection[str]) -> set[str]:
        """Looks at files; returns those that say something else than before, or have nothing to say now.

        Args:
            paths: where to look.
            unignored: files that are kept although a machine has made them.

        Raises:
            OSError: the arena has no room.
            WorkspaceError: `stop` was called meanwhile.
        """
        if len(paths) >= MIN_FILES and self.arena.folder is not None:
            ordered = sorted(paths)
            if self._read_in_processes(ordered, unignored):
                return set(ordered)
        touched = self._read_each(sorted(paths), unignored)
        young = self._young(paths)
        rounds = _ROUNDS
        while young and rounds and self._are_being_written(young):
            time.sleep(_ROUND_SECONDS)
            touched |= self._read_each(sorted(paths), unignored)
            young |= self._young(paths)
            rounds -= 1
        return touched

    def _read_each(self, paths: Iterable[str], unignored: Collection[str]) -> set[str]:
        reader = Reader(self.arena, self._max_bytes, unignored, self._secrets)
        touched: set[str] = set()
        with Disk(self._roots) as disk:
            for path in paths:
                self._check_stopped()
                known = self.table.get(path)
                found = reader.read(disk, path, known)
                if found is None:
                    touched |= self.forget([path])
                elif found != known:
                    self.table.put(path, found)
                    self._unsaved = True
                    if known is None or found[1:] != known[1:]:
                        touched.add(path)
        return touched

    def _young(self, paths: Iterable[str]) -> set[str]:
        """The files that had just changed when they were read."""
        return {path for path in paths if (known := self.table.get(path)) and known.is_young}

    def _are_being_written(self, paths: Iterable[str]) -> bool:
        """Whether files may only have been half written when they were read."""
        if any(os.path.lexists(folder / _GIT_LOCK) for folder in self._roots.folders):
            return True
        with Disk(self._roots) as disk:
            for path in paths:
                known = self.table.get(path)
                try:
                    status = disk.status(path)
                except OSError:
                    if known is not None:
                        return True
                    continue
                now = (status.st_ctime_ns, status.st_size, status.st_ino)
                if known is None or known.stamp[1:] != now:
                    return True
        return False

    def other_links(self, paths: Iterable[str]) -> set[str]:
        """The known files that are the same on disk as some others: what is written to one is in all."""
        inodes: set[int] = set()
        with Disk(self._roots) as disk:
            for path in paths:
                with contextlib.suppress(OSError):
                    status = disk.status(path)
                    if status.st_nlink > 1:
                        inodes.add(status.st_ino)
        return self.table.with_inodes(inodes) if inodes else set()

    def digests_now(self, paths: Iterable[str]) -> dict[str, bytes | None]:
        """What files say at this moment, by digest; None for what has no text. Any thread may ask."""
        with Disk(self._roots) as disk:
            return {path: self._digest_now(disk, path) for path in paths}

    def _digest_now(self, disk: Disk, path: str) -> bytes | None:
        try:
            return digest_of(read_text(disk, path, self._max_bytes, self._secrets)[0].text)
        except (OSError, NotTextError):
            return None

    def forget(self, paths: Iterable[str]) -> set[str]:
        """These files are gone; returns those that were known."""
        gone = {path for path in paths if path in self.table}
        for path in gone:
            self.table.remove(path)
        self._unsaved |= bool(gone)
        return gone

    def stop(self) -> None:
        """Makes a `read` in another thread give up; any thread may call it."""
        self._stopped = True
        self._pool.stop()

    def save(self) -> None:
        """Writes the cache's table; a later start then reads only what has changed."""
        if self._cache is not None and self._unsaved:
            try:
                self._cache.save(self.arena, self.table, self._reading)
                self._unsaved = False
            except OSError as error:
                log.warning("The workspace's cache could not be written: %s", error)

    def needs_compaction(self, living: int) -> bool:
        """Whether the arena holds so much besides the living bytes that it should be rewritten."""
        return self.arena.used > 2 * living + _DEAD_BYTES

    def compact(self) -> None:
        """Moves what is known to a new arena; older snapshots keep the old one."""
        arena = Arena(self.arena.folder)
        old = self.arena.maps
        for path in sorted(self.table):
            known = self.table.get(path)
            if known is not None and not known.reason:
                text = old[known.span.shard][known.span.offset : known.span.offset + known.span.length]
                self.table.put(path, known._replace(span=arena.append(text)))
        log.info("Rewrote the arena: %d bytes of %d were alive", arena.used, self.arena.used)
        self.arena, self._unsaved = arena, True

    def close(self) -> None:
        """Gives the arena back; snapshots cannot be handed to workers afterwards."""
        self.arena.close()
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _check_stopped(self) -> None:
        if self._stopped:
            raise WorkspaceError("The workspace was closed while its files were being read.")

    def _read_in_processes(self, paths: list[str], unignored: Collection[str]) -> bool:
        job = ReadJob(
            roots=[str(folder) for folder in self._roots.folders],
            disk_names=dict(self._roots.disk_names),
            shards=str(self.arena.folder),
            max_bytes=self._max_bytes,
            unignored=list(unignored),
            secrets=asdict(self._secrets),
        )
        try:
            parts = self._pool.read(job, paths)
        except OSError as error:
            self._check_stopped()
            log.warning("%d files are read one after another: %s", len(paths), error)
            return False
        self.forget(paths)
        for part in parts:
            self.table.merge(part.table, self.arena.adopt(part.names, end=part.end, used=part.used))
        self._unsaved = True
        return True
