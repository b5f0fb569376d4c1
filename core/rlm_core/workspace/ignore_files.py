"""Ignore files (gitignore(5)) read here: `.rlmignore`, and `.gitignore` where git has nothing to say."""

from __future__ import annotations

import os
import stat
import warnings
from functools import partial
from typing import TYPE_CHECKING

from rlm_core.workspace.disk import Disk
from rlm_core.workspace.line_endings import split_lines
from rlm_core.workspace.posix_classes import without_posix_classes
from rlm_core.workspace.roots import Roots, printable_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from pathspec import GitIgnoreSpec

# All ignore files of a root together: a repository brings them along, and they take time to compile, each
# of them as much as a kilobyte.
MAX_BYTES = 256 * 1024
_LEAST_BYTES = 1024
_MOST = f"{MAX_BYTES // 1024} KB"
_NOTES = 5


class IgnoreFiles:
    """The ignore files of one name below a root, read from disk whatever git thinks of them.

    Where one cannot be read, all below its folder is left out: somebody has meant to keep something back.

    Args:
        root: absolute, links resolved.
        name: what the files are called.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name
        self._specs: dict[str, GitIgnoreSpec] = {}  # by the folder that they speak for, with its slash
        self._looked: set[str] = set()
        self._left = MAX_BYTES
        self._notes: list[str] = []

    def __len__(self) -> int:
        return len(self._specs)

    @property
    def files(self) -> list[str]:
        """The paths of those that are in force."""
        return [folder + self._name for folder in self._specs]

    @property
    def notes(self) -> list[str]:
        """Sentences about files and rules that cannot be used."""
        more = len(self._notes) - _NOTES
        return [*self._notes[:_NOTES], *([f"The same goes for {more:,} more."] if more > 0 else [])]

    @property
    def has_negations(self) -> bool:
        """Whether any has a rule that begins with `!`."""
        return any(pattern.include is False for spec in self._specs.values() for pattern in spec.patterns)

    def read(self, folders: Iterable[str]) -> bool:
        """Reads those of some folders (relative; the root is empty); returns whether there were new ones."""
        fresh = sorted(set(folders) - self._looked)
        self._looked.update(fresh)
        paths = [f"{folder}/{self._name}" if folder else self._name for folder in fresh]
        found = [path for path in paths if os.path.lexists(f"{self._root}/{path}")]
        if found:
            with Disk(Roots([self._root])) as disk:
                for path in found:
                    self._take(partial(self._lines, disk, path), path)
        return bool(found)

    def put(self, path: str, content: bytes | None) -> None:
        """Takes an ignore file from elsewhere than the disk; None for one that cannot be read."""

        def lines() -> list[str]:
            if content is None or max(len(content), _LEAST_BYTES) > self._left:
                self._left = 0
                raise _UnusableError(f"is not read, as {self._name} files of more than {_MOST} are there")
            self._left -= max(len(content), _LEAST_BYTES)
            return split_lines(_text(content))

        self._take(lines, path)

    def decide(self, path: str) -> tuple[bool | None, str]:
        """What becomes of a path, and by which file: the deepest that has a say decides.

        True: left out; False: taken back; None: not named.
        """
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            start = f"{folder}/" if folder else ""
            if start in self._specs:
                verdict = self._specs[start].check_file(printable_path(path[len(start) :])).include
                if verdict is not None:
                    return verdict, start + self._name
        return None, ""

    def _take(self, lines: Callable[[], list[str]], path: str) -> None:
        folder = path.removesuffix(self._name)
        try:
            self._specs[folder], bad = _usable(lines())
            self._notes += [
                f"{printable_path(path)} has a rule that cannot be used: {rule[:80]!r}." for rule in bad
            ]
        except FileNotFoundError:
            pass  # deleted while we were looking
        except _UnusableError as error:
            whose = printable_path(folder) or "its folder"
            self._notes.append(f"{printable_path(path)} {error}, so all files of {whose} are left out.")
            self._specs[folder] = _spec(["*"])

    def _lines(self, disk: Disk, path: str) -> list[str]:
        """The lines of a file; raises `FileNotFoundError` and `_UnusableError`."""

        def check(status: os.stat_result) -> None:
            if not stat.S_ISREG(status.st_mode):
                raise _UnusableError("is a link, or no file at all, and is not read")
            if max(status.st_size, _LEAST_BYTES) > self._left:
                self._left = 0
                raise _UnusableError(f"is not read, as {self._name} files of more than {_MOST} are there")

        try:
            content, status = disk.read(path, check)
            self._left -= max(status.st_size, _LEAST_BYTES)
            return split_lines(_text(content))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _UnusableError(f"cannot be read ({error.strerror})") from error


def _text(content: bytes) -> str:
    """What a file says, without the byte order mark, which git skips as well; raises `_UnusableError`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # in UTF-16, say
        raise _UnusableError("is not read, as it is no UTF-8 text")
    return text


class _UnusableError(Exception):
    """Why an ignore file cannot be used, as the end of a sentence."""


class _TooManyRulesError(_UnusableError):
    """All together they take more memory than RE2 gives one set."""


def names(file: Path, path: str) -> bool:
    """Whether an ignore file of our own names a path."""
    return _spec(file.read_text("utf-8").split("\n")).match_file(path)


def parent_folders(paths: Iterable[str]) -> set[str]:
    """The folders that paths lie in, up to the root (empty)."""
    found = {""}
    for folder in {path.rpartition("/")[0] for path in paths}:
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _usable(lines: Sequence[str]) -> tuple[GitIgnoreSpec, list[str]]:
    """The rules that can be used, and those that cannot; raises `_UnusableError` for too many."""
    try:
        return _spec(lines), []
    except _TooManyRulesError:
        raise  # without trying thousands of them alone
    except _UnusableError:
        good = [line for line in lines if _is_rule(line)]
    return _spec(good), sorted(set(lines) - set(good))


def _is_rule(line: str) -> bool:
    try:
        _spec([line])
    except _UnusableError:
        return False
    return True


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # few workspaces have anything to match

    # Brackets that Python's re warns of: no such set means what git means by it.
    warnings.filterwarnings("error", category=FutureWarning, module="pathspec")
    try:
        rules = map(without_posix_classes, lines)
        return GitIgnoreSpec.from_lines(rules, backend="re2")  # re's own would backtrack
    except Exception as error:  # pathspec's own, re's and re2's
        kind = _TooManyRulesError if "compile Set" in str(error) else _UnusableError
        raise kind("has more rules than can be applied at once") from error
