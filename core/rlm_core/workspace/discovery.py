"""Which files belong to a root: git's view where there is git, the gitignore rules elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import ignore

from rlm_core.workspace import gitview
from rlm_core.workspace.secrets import is_secret
from rlm_core.workspace.snapshot import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".rlmignore"
NEVER = Path(__file__).with_name("default.gitignore")
IGNORE_FILES = frozenset({".gitignore", IGNORE_FILE})

# More new files than this are listed with all the others rather than by name.
_NAMED_FILES = 200


@dataclass(slots=True)
class Listing:
    """What discovery found below one root, or several.

    Attributes:
        paths: the files, relative, by the names that are shown.
        odd: those that are called otherwise on disk, and how.
        wanted: those that an ignore file takes back by name, whatever they hold.
        skipped: what exists but is left out.
        notes: sentences about how the listing was made, where that is not the usual way.
        folders: absolute paths in which a file that belongs may appear, if asked for.
        by_name: whether a new file can be decided by itself (`listed_among`).
    """

    paths: list[str] = field(default_factory=list)
    odd: dict[str, str] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    by_name: bool = True

    def add(self, other: Listing, prefix: str) -> None:
        """Takes in what was found below one root; its paths start with a prefix here."""
        self.paths += [prefix + path for path in other.paths] if prefix else other.paths
        self.odd |= {prefix + path: prefix + raw for path, raw in other.odd.items()}
        self.wanted |= {prefix + path for path in other.wanted}
        self.skipped += [Skipped(prefix + item.path, item.reason) for item in other.skipped]
        self.notes += other.notes
        self.folders |= other.folders
        self.by_name &= other.by_name


def discover(root: Path, *, with_folders: bool = False) -> Listing:
    """Lists the files below a root that may belong to the context; does not open them.

    Git's view (`ls-files` with tracked and untracked files, submodules and embedded repositories
    included) where the root lies in a work tree; otherwise a walk under nested `.gitignore` files.
    `.rlmignore` files are applied on top of both, and can take back (`!name`) what git ignores and what
    would be left out as generated. Symbolic links are not followed.
    """
    listing = Listing()
    seen = gitview.listed(root, listing.notes, with_folders=with_folders)
    paths, listing.folders = _walk(root, listing) if seen is None else (seen.paths, seen.folders)
    for folder in seen.unlisted if seen else ():
        within, folders = _walk(root / folder, listing)
        paths.extend(f"{folder}/{path}" for path in within)
        listing.folders |= folders if with_folders else set()
    specs = _specs(root, IGNORE_FILE, [path for path in paths if f"/{path}".endswith(f"/{IGNORE_FILE}")])
    listing.by_name = seen is not None and not specs
    if seen is not None and any(_takes_back(spec) for spec in specs.values()):
        ignored = gitview.ignored(root)
        paths = [*paths, *(path for path in ignored if _verdict(path, specs) is False)]
    for path in _kept(paths, specs, listing) if specs else paths:
        if is_secret(path):
            listing.skipped.append(Skipped(show(path), "secret: file name"))
        elif path.isascii() and path.isprintable():
            listing.paths.append(path)
        else:
            _add_odd(listing, path)
    return listing


def _kept(paths: Sequence[str], specs: Mapping[str, GitIgnoreSpec], listing: Listing) -> Iterator[str]:
    for path in paths:
        verdict = _verdict(path, specs)
        if verdict:
            listing.skipped.append(Skipped(show(path), f"named in {IGNORE_FILE}"))
            continue
        if verdict is False:
            listing.wanted.add(show(path))
        yield path


def _add_odd(listing: Listing, path: str) -> None:
    shown = show(path)
    listing.paths.append(shown)
    if shown != path:
        listing.odd[shown] = path


def listed_among(root: Path, paths: Sequence[str]) -> Listing | None:
    """Those of the given new files (relative) that belong, where `Listing.by_name` holds.

    Returns None when only a full listing can tell: a folder, a repository within, an odd name, too many.
    """
    if len(paths) > _NAMED_FILES or any(_is_tree(root, path) or show(path) != path for path in paths):
        return None
    listing = Listing()
    for path in gitview.named(root, paths) if paths else ():
        if is_secret(path):
            listing.skipped.append(Skipped(path, "secret: file name"))
        else:
            listing.paths.append(path)
    return listing


def would_belong(root: Path, path: str) -> bool:
    """Whether a file (relative) that is not on disk would belong if it were."""
    out = _named_out(root, path)
    if out is None:
        out = gitview.is_ignored(root, path)
    if out is None:
        out = _verdict(path, _specs_above(root, path, ".gitignore"))
    if out is None:
        out = _spec(NEVER).match_file(path)
    return not out


def left_out(root: Path, path: str) -> bool:
    """Whether a file that git knows does not belong by its name: a secret, or named in `.rlmignore`."""
    return bool(_named_out(root, path))


def _named_out(root: Path, path: str) -> bool | None:
    return True if is_secret(path) else _verdict(path, _specs_above(root, path, IGNORE_FILE))


def _specs_above(root: Path, path: str, name: str) -> dict[str, GitIgnoreSpec]:
    folders = ["", *(f"{folder}/" for folder in PurePosixPath(path).parents[:-1])]
    return _specs(root, name, [folder + name for folder in folders])


def show(path: str) -> str:
    r"""A path as printable Unicode: other characters, and bytes that are not UTF-8, appear as `\xNN`.

    A name may hold line ends and what a terminal takes for commands.
    """
    if path.isascii() and path.isprintable():
        return path
    valid = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in valid)


def _is_tree(root: Path, path: str) -> bool:
    """Whether it is a folder, or lies in a repository within the root's."""
    folders = (root / path).parents[: path.count("/")]
    return (root / path).is_dir() or any((folder / ".git").exists() for folder in folders)


def _walk(root: Path, listing: Listing) -> tuple[list[str], set[str]]:
    """Relative paths under the `.gitignore` files on the way down and `default.gitignore`; and folders."""
    listing.notes.append(f"No git view of {root}: .gitignore files and a list of usual folders were applied.")
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir(os.sep)  # the walk wants one that exists, and where this process stood was deleted
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
        except (ignore.Error, ignore.IOError, OSError) as error:
            listing.skipped.append(Skipped(show(str(error)), "unreadable folder"))


def _specs(root: Path, name: str, files: Iterable[str]) -> dict[str, GitIgnoreSpec]:
    """Ignore files of a name by the folder that they speak for; those that cannot be read say nothing."""
    specs: dict[str, GitIgnoreSpec] = {}
    for file in files:
        with contextlib.suppress(OSError):
            if not stat.S_ISREG(os.lstat(root / file).st_mode):
                continue  # a pipe would keep us waiting
            specs[file.removesuffix(name)] = _spec(root / file)
    return specs


def _spec(file: Path) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # few workspaces have anything to match

    return GitIgnoreSpec.from_lines(file.read_text("utf-8", "replace").split("\n"))


def _takes_back(spec: GitIgnoreSpec) -> bool:
    return any(pattern.include is False for pattern in spec.patterns)


def _verdict(path: str, specs: Mapping[str, GitIgnoreSpec]) -> bool | None:
    """True: left out; False: taken back; None: not named. The deepest file that has a say decides."""
    path = show(path)  # the matcher takes no bytes that are not UTF-8
    for folder in sorted(specs, key=len, reverse=True):
        if path.startswith(folder):
            verdict = specs[folder].check_file(path[len(folder) :]).include
            if verdict is not None:
                return verdict
    return None
