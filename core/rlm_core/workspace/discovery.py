"""Which files belong to a root: git's view where there is git, the gitignore rules elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import ignore
import pathspec

from rlm_core.workspace import gitview
from rlm_core.workspace.secrets import is_secret
from rlm_core.workspace.snapshot import Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

IGNORE_FILE = ".rlmignore"
NEVER = Path(__file__).with_name("never.gitignore")
IGNORE_FILES = frozenset({".gitignore", IGNORE_FILE})

# More new files than this are listed with all the others rather than by name.
_NAMED_FILES = 200


@dataclass(slots=True)
class Listing:
    """What discovery found below one root.

    Attributes:
        files: relative path as shown → path on disk.
        skipped: what exists but is left out.
        notes: sentences about how the listing was made, where that is not the usual way.
        folders: absolute paths in which a file that belongs may appear, if asked for.
        by_name: whether a new file can be decided by itself (`listed_among`).
    """

    files: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    by_name: bool = False


def discover(root: Path, *, with_folders: bool = False) -> Listing:
    """Lists the files below a root that may belong to the context; does not open them.

    Git's view (`ls-files` with tracked and untracked files, submodules and embedded repositories
    included) where the root lies in a work tree; otherwise a walk under nested `.gitignore` files.
    `.rlmignore` files are applied on top of both, and can take back what git ignores (`!name`).
    Symbolic links are not followed.
    """
    listing = Listing()
    seen = gitview.listed(root, listing.notes, with_folders=with_folders)
    paths, listing.folders = _walk(root, listing) if seen is None else (seen.paths, seen.folders)
    specs = _rlmignore_specs(root, paths)
    listing.by_name = seen is not None and not specs
    if seen is not None and any(_takes_back(spec) for spec in specs.values()):
        ignored = gitview.ignored(root)
        paths = [*paths, *(path for path in ignored if _verdict(path, specs) is False)]
    for path in paths:
        shown = show(path)
        if specs and _verdict(path, specs):
            listing.skipped.append(Skipped(shown, f"named in {IGNORE_FILE}"))
        elif is_secret(path):
            listing.skipped.append(Skipped(shown, "secret: file name"))
        else:
            listing.files[shown] = f"{root}/{path}"
    return listing


def listed_among(root: Path, files: Sequence[str]) -> Listing | None:
    """Those of the given new files (absolute) that belong, where `Listing.by_name` holds.

    Returns None when only a full listing can tell: a folder, a repository within, too many.
    """
    prefix = len(str(root)) + 1
    paths = [file[prefix:] for file in files]
    if len(paths) > _NAMED_FILES or any(_is_tree(root, path) for path in paths):
        return None
    listing = Listing()
    for path in gitview.named(root, paths) if paths else ():
        if is_secret(path):
            listing.skipped.append(Skipped(show(path), "secret: file name"))
        else:
            listing.files[show(path)] = f"{root}/{path}"
    return listing


def left_out(root: Path, path: str) -> bool:
    """Whether a file that git knows does not belong by its name: a secret, or named in `.rlmignore`."""
    folders = ["", *(f"{folder}/" for folder in map(str, PurePosixPath(path).parents) if folder != ".")]
    specs = _rlmignore_specs(root, [folder + IGNORE_FILE for folder in folders])
    return is_secret(path) or bool(_verdict(path, specs))


def show(path: str) -> str:
    r"""A path as valid Unicode: bytes of a name that are not UTF-8 appear as `\xNN`."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_tree(root: Path, path: str) -> bool:
    """Whether it is a folder, or lies in a repository within the root's."""
    folders = (root / path).parents[: path.count("/")]
    return (root / path).is_dir() or any((folder / ".git").exists() for folder in folders)


def _walk(root: Path, listing: Listing) -> tuple[list[str], set[str]]:
    """Relative paths under the `.gitignore` files on the way down and `never.gitignore`; and folders."""
    listing.notes.append(f"No git view of {root}: .gitignore files and a list of usual folders were applied.")
    walk = ignore.WalkBuilder(root).hidden(False).require_git(False).git_global(False).parents(False)
    walk.add_ignore(NEVER)
    walk.add_custom_ignore_filename(IGNORE_FILE)
    prefix = len(os.path.join(root, ""))  # noqa: PTH118 - strings: this runs once for every file
    found: list[str] = []
    folders: set[str] = set()
    entries = walk.build()
    while True:
        try:
            path = os.fspath(next(entries).path())
            if stat.S_ISDIR(os.lstat(path).st_mode):
                folders.add(path)
            else:
                found.append(path[prefix:].replace(os.sep, "/"))
        except StopIteration:
            return found, folders
        except FileNotFoundError:
            continue  # deleted while we were looking
        except (ignore.Error, ignore.IOError) as error:
            listing.skipped.append(Skipped(show(str(error)), "unreadable folder"))


def _rlmignore_specs(root: Path, paths: Sequence[str]) -> dict[str, pathspec.GitIgnoreSpec]:
    """The `.rlmignore` files by the folder that they speak for."""
    specs: dict[str, pathspec.GitIgnoreSpec] = {}
    for path in paths:
        if path.endswith(IGNORE_FILE):
            with contextlib.suppress(OSError):
                lines = (root / path).read_text("utf-8", "replace").split("\n")
                specs[path[: -len(IGNORE_FILE)]] = pathspec.GitIgnoreSpec.from_lines(lines)
    return specs


def _takes_back(spec: pathspec.GitIgnoreSpec) -> bool:
    return any(pattern.include is False for pattern in spec.patterns)


def _verdict(path: str, specs: dict[str, pathspec.GitIgnoreSpec]) -> bool | None:
    """True: left out; False: taken back; None: not named. The deepest file that has a say decides."""
    for folder in sorted(specs, key=len, reverse=True):
        if path.startswith(folder):
            verdict = specs[folder].check_file(path[len(folder) :]).include
            if verdict is not None:
                return verdict
    return None
