"""Which files belong to a root: git's view where there is git, the gitignore rules elsewhere."""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import ignore
import pathspec

from rlm_core.workspace.secrets import is_secret
from rlm_core.workspace.snapshot import Skipped

IGNORE_FILE = ".rlmignore"
NEVER = Path(__file__).with_name("never.gitignore")
IGNORE_FILES = frozenset({".gitignore", IGNORE_FILE})

# A repository's own configuration can name programs for git to run; none of these may.
# (git-config(1): core.fsmonitor, core.hooksPath.)
_GIT = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"]


@dataclass(slots=True)
class Listing:
    """What discovery found below one root.

    Attributes:
        files: relative path as shown → path on disk.
        skipped: what exists but is left out.
        notes: sentences about how the listing was made, where that is not the usual way.
    """

    files: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def discover(root: Path) -> Listing:
    """Lists the files below a root that may belong to the context; does not open them.

    Git's view (`ls-files` with tracked and untracked files, submodules and embedded repositories
    included) where the root lies in a work tree; otherwise a walk under nested `.gitignore` files. The
    root's `.rlmignore` is applied on top of both. Symbolic links are not followed.
    """
    listing = Listing()
    relative = _from_git(root, listing.notes)
    paths = _walk(root, listing) if relative is None else relative
    left_out = _rlmignored(root, paths)
    for path in paths:
        shown = show(path)
        if path in left_out:
            listing.skipped.append(Skipped(shown, f"named in {IGNORE_FILE}"))
        elif is_secret(path):
            listing.skipped.append(Skipped(shown, "secret: file name"))
        else:
            listing.files[shown] = f"{root}/{path}"
    return listing


def show(path: str) -> str:
    r"""A path as valid Unicode: bytes of a name that are not UTF-8 appear as `\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _from_git(root: Path, notes: list[str]) -> list[str] | None:
    """Paths relative to the root as git lists them; None where git has nothing to say."""
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    if listed is None:
        if (root / ".git").exists():
            notes.append(f"git could not list {root}; the .gitignore files were read without it.")
        return None
    paths: list[str] = []
    for path in listed:
        # A submodule or an embedded repository is one entry for the outer git and a tree of its own.
        if path.endswith("/") or (root / path).is_dir():
            folder = path.rstrip("/")
            if not (root / folder).is_symlink():
                inner = _from_git(root / folder, notes) if (root / folder / ".git").exists() else None
                paths.extend(f"{folder}/{name}" for name in inner or ())
                continue
        paths.append(path)
    return paths or None  # nothing listed: the root is itself ignored, or new and empty


def _git(root: Path, *arguments: str) -> list[str] | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, no shell
            [*_GIT, *arguments],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _walk(root: Path, listing: Listing) -> list[str]:
    """Paths relative to the root, under the `.gitignore` files on the way down and `never.gitignore`."""
    listing.notes.append(f"No git view of {root}: .gitignore files and a list of usual folders were applied.")
    walk = ignore.WalkBuilder(root).hidden(False).require_git(False).git_global(False).parents(False)
    walk.add_ignore(NEVER)
    prefix = len(os.path.join(root, ""))  # noqa: PTH118 - strings: this runs once for every file
    found: list[str] = []
    entries = walk.build()
    while True:
        try:
            path = os.fspath(next(entries).path())
        except StopIteration:
            return found
        except (ignore.Error, ignore.IOError) as error:
            listing.skipped.append(Skipped(show(str(error)), "unreadable folder"))
        else:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                found.append(path[prefix:].replace(os.sep, "/"))


def _rlmignored(root: Path, paths: list[str]) -> set[str]:
    """Those of the paths that `.rlmignore` files leave out; the deepest that has a say decides."""
    specs = {path[: -len(IGNORE_FILE)]: _spec(root / path) for path in paths if path.endswith(IGNORE_FILE)}
    return {path for path in paths if specs and _ignored(path, specs)}


def _ignored(path: str, specs: dict[str, pathspec.GitIgnoreSpec]) -> bool:
    for folder in sorted(specs, key=len, reverse=True):
        if path.startswith(folder):
            verdict = specs[folder].check_file(path[len(folder) :]).include
            if verdict is not None:
                return verdict
    return False


def _spec(file: Path) -> pathspec.GitIgnoreSpec:
    return pathspec.GitIgnoreSpec.from_lines(file.read_text("utf-8", "replace").split("\n"))
