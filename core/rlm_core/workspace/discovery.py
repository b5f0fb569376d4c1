"""File discovery: what belongs to a root, by git where there is git, by the gitignore rules elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_core.wording import comma_list, pluralize
from rlm_core.workspace import gitview, ignore_files
from rlm_core.workspace.git_runner import LISTING_SECONDS, PAUSE_SECONDS, GitLimitError
from rlm_core.workspace.gitview import GitListing
from rlm_core.workspace.ignore_files import IgnoreFiles
from rlm_core.workspace.roots import TOO_DEEP, is_gits_own, is_too_deep, printable_path
from rlm_core.workspace.snapshot import Skipped
from rlm_core.workspace.walk import DEFAULT_IGNORES, walk, walk_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rlm_core.workspace.git_runner import GitRunner
    from rlm_core.workspace.secret_filter import SecretFilter

IGNORE_FILE = ".rlmignore"
IGNORE_FILES = frozenset({".gitignore", IGNORE_FILE})
SECRET_NAME = "secret: file name"  # noqa: S105 - a reason

# More new files than this are listed with all the others rather than by name.
_NAMED_FILES = 200
_NAMED_FOLDERS = 5


@dataclass(slots=True)
class FileListing:
    """What discovery found below one root, or several.

    Attributes:
        paths: the files, relative, by the names that are shown.
        disk_names: those that are called otherwise on disk, and how.
        unignored: those that an ignore file takes back by name, whatever they hold.
        skipped: what exists but is left out.
        notes: sentences about how the listing was made, where that is not the usual way.
        rules: the `.rlmignore` files that are in force, and how many files each has left out.
        folders: absolute paths in which a file that belongs may appear, if asked for.
        incremental: whether a new file can be decided by itself (`list_new_files`).
    """

    paths: list[str] = field(default_factory=list)
    disk_names: dict[str, str] = field(default_factory=dict)
    unignored: set[str] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rules: dict[str, int] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    incremental: bool = True

    def add(self, other: FileListing, prefix: str) -> None:
        """Takes in what was found below one root; its paths start with a prefix here."""
        self.paths += [prefix + path for path in other.paths] if prefix else other.paths
        self.disk_names |= {prefix + path: prefix + raw for path, raw in other.disk_names.items()}
        self.unignored |= {prefix + path for path in other.unignored}
        self.skipped += [Skipped(prefix + item.path, item.reason) for item in other.skipped]
        self.notes += other.notes
        self.rules |= {prefix + path: count for path, count in other.rules.items()}
        self.folders |= other.folders
        self.incremental &= other.incremental


def discover(root: Path, git: GitRunner, secrets: SecretFilter, *, with_folders: bool = False) -> FileListing:
    """Lists the files below a root that may belong to the context; does not open them.

    Git's view (`ls-files` with tracked and untracked files, submodules and embedded repositories
    included) where the root lies in a work tree; otherwise a walk under nested `.gitignore` files.
    The `.rlmignore` files of folders that belong are applied on top of both, whether git ignores them or
    not, and can take back (`!name`) what git ignores and what would be left out as generated or as a secret.
    Symbolic links are not followed.
    """
    listing = FileListing()
    seen = _git_view(root, git, listing.notes, with_folders=with_folders)
    listing.incremental = seen is not None
    paths, listing.folders, unlisted, listing.skipped = seen or GitListing([], set(), [""], [])
    listing.notes += _without_git(root, unlisted)
    walked, usual = _walked(root, unlisted, listing, with_folders=with_folders)
    paths = _without_gits_own([*paths, *walked], root, listing.notes)
    rules = IgnoreFiles(root, IGNORE_FILE)
    rules.read(ignore_files.parent_folders(paths))
    if rules.has_negations:
        taken = _unignored_files(root, git, paths, unlisted, rules, listing.notes)
        paths = [*paths, *taken]
        if with_folders:
            listing.folders |= {
                f"{root}/{folder}".rstrip("/") for folder in ignore_files.parent_folders(taken)
            }
    listing.notes += _usual_left_out(root, usual - ignore_files.parent_folders(paths))
    if rules:
        listing.incremental = False
        listing.notes += rules.notes
        listing.rules = dict.fromkeys(map(printable_path, rules.files), 0)
    secrets_shown = 0
    for path in _apply_rules(paths, rules, listing) if rules else paths:
        if secrets.hides(path):
            if printable_path(path) not in listing.unignored:
                listing.skipped.append(Skipped(printable_path(path), SECRET_NAME))
                continue
            secrets_shown += 1
        if path.isascii() and path.isprintable():
            listing.paths.append(path)
        else:
            _add_printable(listing, path)
    if secrets_shown:
        files = pluralize(secrets_shown, "file with the name of a secret", "files with names of secrets")
        listing.notes.append(f"{IGNORE_FILE} takes back {files}, in {root}.")
    return listing


def _without_git(root: Path, folders: Sequence[str]) -> list[str]:
    """What is to be said of folders that git does not list."""
    how = ".gitignore files and a list of usual folders were applied."
    more = len(folders) - _NAMED_FOLDERS
    return [
        *(f"No git view of {root / folder}: {how}" for folder in folders[:_NAMED_FOLDERS]),
        *([f"No git view of {more:,} more repositories in {root}: {how}"] if more > 0 else []),
    ]


def _walked(
    root: Path, unlisted: Sequence[str], listing: FileListing, *, with_folders: bool
) -> tuple[list[str], set[str]]:
    """The files of folders that git does not list, and the folders in them that are usually no source."""
    paths: list[str] = []
    usual: list[str] = []
    for folder in unlisted:
        within, folders = walk(root, folder, listing.skipped, listing.notes, usual)
        paths += within
        listing.folders |= folders if with_folders else set()
    return paths, set(usual)


def _usual_left_out(root: Path, folders: set[str]) -> list[str]:
    names = comma_list([printable_path(folder) for folder in sorted(folders)], _NAMED_FOLDERS)
    return [f"Of the usual folders, left out in {root}: {names}."] if folders else []


def _without_gits_own(paths: list[str], root: Path, notes: list[str]) -> list[str]:
    """The paths that are not in a folder of git's own; git lists none, but a forged index may name some."""
    own = {path for path in paths if is_gits_own(path)}
    if not own:
        return paths
    notes.append(f"{pluralize(len(own), 'file')} of git's own, in {root}, can be no part of it; left out.")
    return [path for path in paths if path not in own]


def _git_view(root: Path, git: GitRunner, notes: list[str], *, with_folders: bool) -> GitListing | None:
    """Git's view of a root; None where it has none, or took too long to give it lately."""
    if why := git.paused(root):
        notes.append(why)
        return None
    try:
        return gitview.list_files(git.request(LISTING_SECONDS), root, notes, with_folders=with_folders)
    except GitLimitError as error:
        minutes = f"{PAUSE_SECONDS / 60:.0f} minutes"
        why = f"{error} in {root}, which is all that it may, so git is not asked about it for {minutes}."
        git.pause(root, why)
        notes.append(why)
        return None


def _unignored_files(
    root: Path,
    git: GitRunner,
    paths: Sequence[str],
    unlisted: Sequence[str],
    rules: IgnoreFiles,
    notes: list[str],
) -> list[str]:
    """The ignored files that the rules take back, if the ignore files beside them do not leave them out."""
    known = set(paths)
    ignored: list[str] = []
    if "" not in unlisted:
        try:
            ignored += gitview.list_ignored(git.request(LISTING_SECONDS), root)
        except GitLimitError as error:
            notes.append(f"{error} in {root}, so {IGNORE_FILE} takes nothing back that git ignores there.")
    for folder in unlisted:
        ignored += [path for path in walk_all(root, folder) if path not in known]
    if any(map(is_too_deep, ignored)):
        notes.append(f"{IGNORE_FILE} takes no file back that is {TOO_DEEP}.")
        ignored = [path for path in ignored if not is_too_deep(path)]
    taken: set[str] = set()
    while True:
        taken |= {path for path in ignored if rules.decide(path)[0] is False}
        if not rules.read(ignore_files.parent_folders(taken)):
            return sorted(taken)


def _apply_rules(paths: Sequence[str], rules: IgnoreFiles, listing: FileListing) -> Iterator[str]:
    for path in paths:
        verdict, file = rules.decide(path)
        if verdict:
            listing.skipped.append(Skipped(printable_path(path), f"named in {IGNORE_FILE}"))
            listing.rules[printable_path(file)] += 1
            continue
        if verdict is False:
            listing.unignored.add(printable_path(path))
        yield path


def _add_printable(listing: FileListing, path: str) -> None:
    shown = printable_path(path)
    listing.paths.append(shown)
    if shown != path:
        listing.disk_names[shown] = path


def list_new_files(
    root: Path, paths: Sequence[str], git: GitRunner, secrets: SecretFilter
) -> FileListing | None:
    """Those of the given new files (relative) that belong, where `Listing.by_name` holds.

    Returns None when only a full listing can tell: a folder, a repository within, an odd name, too deep,
    too many, git at its limits.
    """
    if len(paths) > _NAMED_FILES or any(
        is_too_deep(path) or _is_tree(root, path) or printable_path(path) != path for path in paths
    ):
        return None
    listing = FileListing()
    try:
        found = gitview.filter_listed(git.request(LISTING_SECONDS), root, paths) if paths else []
    except GitLimitError:
        return None
    for path in found:
        if secrets.hides(path):
            listing.skipped.append(Skipped(path, SECRET_NAME))
        elif not is_gits_own(path):
            listing.paths.append(path)
    return listing


def would_be_listed(root: Path, path: str, git: GitRunner, secrets: SecretFilter) -> bool:
    """Whether a file (relative) that is not on disk would belong if it were."""
    out = _excluded_by_name(root, path, secrets)
    if out is None:
        out = None if git.paused(root) else gitview.is_ignored(git.request(LISTING_SECONDS), root, path)
    if out is None:
        out = _ignore_verdict(root, path, ".gitignore")
    if out is None:
        out = ignore_files.names(DEFAULT_IGNORES, path)
    return not out


def is_excluded(root: Path, path: str, secrets: SecretFilter) -> bool:
    """Whether a file that git knows does not belong by its name: a secret, or named in `.rlmignore`."""
    return bool(_excluded_by_name(root, path, secrets))


def _excluded_by_name(root: Path, path: str, secrets: SecretFilter) -> bool | None:
    if is_gits_own(path) or is_too_deep(path):
        return True
    verdict = _ignore_verdict(root, path, IGNORE_FILE)
    return True if verdict is None and secrets.hides(path) else verdict


def _ignore_verdict(root: Path, path: str, name: str) -> bool | None:
    rules = IgnoreFiles(root, name)
    rules.read(ignore_files.parent_folders([path]))
    return rules.decide(path)[0]


def _is_tree(root: Path, path: str) -> bool:
    """Whether it is a folder, or lies in a repository within the root's."""
    folders = (root / path).parents[: path.count("/")]
    return (root / path).is_dir() or any((folder / ".git").exists() for folder in folders)
