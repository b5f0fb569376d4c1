"""A `.git` that an archive brought along must not open another of the user's repositories."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import QueryError
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git, git_repository, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rlm_core.workspace.history import History


@pytest.fixture
def private(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "private", {"plan.txt": "the plan\n", "deep/plan.txt": "the plan\n"})


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Workspace]]:
    workspaces: list[Workspace] = []

    def opened(root: Path) -> Workspace:
        workspaces.append(Workspace([root], WorkspaceSettings()))
        return workspaces[-1]

    yield opened
    for workspace in workspaces:
        workspace.close()


def history_of(workspace: Workspace) -> History:
    snapshot = workspace.snapshot()
    workspace.remember(snapshot)
    assert snapshot.history is not None
    return snapshot.history


def relative(lure: Path, private: Path) -> None:
    write_tree(lure, {".git": "gitdir: ../private/.git\n"})


def absolute(lure: Path, private: Path) -> None:
    write_tree(lure, {".git": f"gitdir: {private}/.git"})


def cut_short(lure: Path, private: Path) -> None:
    write_tree(lure, {".git": "gitdir: ../private/.git\0/own"})


def over_a_link(lure: Path, private: Path) -> None:
    write_tree(lure, {".git": "gitdir: own"})
    (lure / "own").symlink_to("../private/.git")


def link(lure: Path, private: Path) -> None:
    (lure / ".git").symlink_to("../private/.git")


def link_to_a_file(lure: Path, private: Path) -> None:
    git(private, "worktree", "add", "--quiet", "../tree", "-b", "other")
    (lure / ".git").symlink_to("../tree/.git")


def work_tree_of_another(lure: Path, private: Path) -> None:
    git(private, "worktree", "add", "--quiet", "../tree", "-b", "other")
    write_tree(lure, {".git": "gitdir: ../private/.git/worktrees/tree"})


def shared_by_a_folder(lure: Path, private: Path) -> None:
    write_tree(lure, {".git/HEAD": "ref: refs/heads/main\n", ".git/commondir": "../../private/.git\n"})


def shared_by_a_file(lure: Path, private: Path) -> None:
    write_tree(lure, {"own/HEAD": "ref: refs/heads/main\n", "own/commondir": "../../private/.git\n"})
    write_tree(lure, {".git": "gitdir: own", "own/gitdir": f"{lure}/.git\n"})


def shared_without_a_work_tree(lure: Path, private: Path) -> None:
    write_tree(lure, {"HEAD": "ref: refs/heads/main\n", "commondir": "../private/.git\n"})


def without_a_work_tree(lure: Path, private: Path) -> None:
    write_tree(lure, {"HEAD": "ref: refs/heads/main\n"})
    for name in ("objects", "refs"):
        (lure / name).symlink_to(f"../private/.git/{name}")


LURES = [
    relative, absolute, cut_short, over_a_link, link, link_to_a_file, work_tree_of_another,
    shared_by_a_folder, shared_by_a_file, shared_without_a_work_tree, without_a_work_tree,
]  # fmt: skip


@pytest.mark.parametrize("lay", LURES)
@pytest.mark.parametrize("inner", ["", "deep"])
def test_the_repository_of_somebody_else_is_not_read(
    tmp_path: Path,
    private: Path,
    opened: Callable[[Path], Workspace],
    lay: Callable[[Path, Path], None],
    inner: str,
) -> None:
    lure = write_tree(tmp_path / "lure", {"deep/a.py": "a", "deep/b.log": "b", "deep/.gitignore": "*.log\n"})
    lay(lure, private)
    if inner:  # what is no repository does not keep git from looking further up
        write_tree(lure, {"deep/.git/HEAD": "nothing\n"})
    workspace = opened(lure / inner)
    history = history_of(workspace)
    shown = {path.rpartition("/")[2] for path in history.present}
    assert "a.py" in shown
    assert not {"b.log", "plan.txt"} & shown
    assert "git is not asked about" in " ".join(workspace.notes)
    for since in ("HEAD", "main"):
        with pytest.raises(QueryError, match="git is not asked about"):
            history.text("plan.txt", since)
        with pytest.raises(QueryError, match="git is not asked about"):
            history.changes(since)


def test_a_lure_within_a_repository_is_a_folder_like_any_other(
    tmp_path: Path, private: Path, opened: Callable[[Path], Workspace]
) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a"})
    write_tree(root, {"lib/b.py": "b", "lib/b.log": "b", "lib/.gitignore": "*.log\n"})
    write_tree(root, {"lib/.git": f"gitdir: {private}/.git\n"})
    workspace = opened(root)
    assert list(workspace.snapshot()) == ["a.py", "lib/.gitignore", "lib/b.py"]
    assert f"{root}/lib/.git leads to a repository elsewhere" in " ".join(workspace.notes)


def alternates(objects: Path, private: Path) -> None:
    write_tree(objects, {"info/alternates": f"{private}/.git/objects\n"})


def linked_objects(objects: Path, private: Path) -> None:
    objects.rename(objects.parent / "unused")
    objects.symlink_to(private / ".git/objects")


def linked_folders(objects: Path, private: Path) -> None:
    for folder in (private / ".git/objects").iterdir():
        if not (objects / folder.name).exists():
            (objects / folder.name).symlink_to(folder)


def linked_packs(objects: Path, private: Path) -> None:
    git(private, "repack", "-a", "-d", "--quiet")
    for file in (private / ".git/objects/pack").iterdir():
        (objects / "pack" / file.name).symlink_to(file)


def linked_loose_objects(objects: Path, private: Path) -> None:
    theirs = private / ".git/objects"
    for file in theirs.glob("??/*"):
        ours = objects / file.relative_to(theirs)
        ours.parent.mkdir(exist_ok=True)
        ours.symlink_to(file)


def one_linked_object(objects: Path, private: Path) -> None:
    """All are copies but the text."""
    blob = git(private, "rev-parse", "HEAD:plan.txt").strip()
    shutil.copytree(private / ".git/objects", objects, dirs_exist_ok=True)
    (objects / blob[:2] / blob[2:]).unlink()
    (objects / blob[:2] / blob[2:]).symlink_to(private / ".git/objects" / blob[:2] / blob[2:])


@pytest.mark.parametrize(
    "lend",
    [alternates, linked_objects, linked_folders, linked_packs, linked_loose_objects, one_linked_object],
)
def test_objects_of_somebody_else_are_no_past(
    tmp_path: Path,
    private: Path,
    opened: Callable[[Path], Workspace],
    lend: Callable[[Path, Path], None],
) -> None:
    lure = write_tree(tmp_path / "lure", {"a.py": "a", "b.log": "b"})
    git(lure, "init", "--quiet")
    write_tree(lure, {".git/info/exclude": "*.log\n"})
    commit = git(private, "rev-parse", "HEAD").strip()
    lend(lure / ".git/objects", private)
    workspace = opened(lure)
    history = history_of(workspace)
    assert list(history.present) == ["a.py"], "the listing reads no objects"
    for since in (commit, commit[:4]):
        with pytest.raises(QueryError, match="takes objects from another one"):
            history.text("plan.txt", since)


def test_a_clone_that_shared_its_objects_has_a_past_once_it_is_whole(
    tmp_path: Path, private: Path, opened: Callable[[Path], Workspace]
) -> None:
    git(tmp_path, "clone", "--quiet", "--shared", "private", "clone")
    clone = tmp_path / "clone"
    with pytest.raises(QueryError, match="git repack -a -d"):
        history_of(opened(clone)).changes("HEAD")
    git(clone, "repack", "-a", "-d", "--quiet")
    (clone / ".git/objects/info/alternates").unlink()
    assert history_of(opened(clone)).changes("HEAD") == []


def test_work_trees_have_the_past_of_their_repository(
    tmp_path: Path, private: Path, opened: Callable[[Path], Workspace]
) -> None:
    git(private, "worktree", "add", "--quiet", "../tree", "-b", "other")
    write_tree(tmp_path / "tree", {"plan.txt": "another\n"})
    workspace = opened(tmp_path / "tree")
    assert history_of(workspace).changes("main") == [("plan.txt", "modified")]
    assert workspace.notes == ()
    (tmp_path / "tree").rename(tmp_path / "moved")
    assert "git worktree repair" in str(past_error(opened(tmp_path / "moved")))
    git(tmp_path / "moved", "worktree", "repair")
    assert history_of(opened(tmp_path / "moved")).text("plan.txt", "main") == "the plan\n"


def test_work_trees_within_a_bare_repository(
    tmp_path: Path, private: Path, opened: Callable[[Path], Workspace]
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", "private", "project")
    git(tmp_path / "project", "worktree", "add", "--quiet", "tree", "main")
    assert history_of(opened(tmp_path / "project/tree")).changes("HEAD") == []


def test_submodules_have_a_past_wherever_their_settings_are(
    tmp_path: Path, private: Path, opened: Callable[[Path], Workspace]
) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a"})
    git(
        root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(private), 'lib/"odd" one'
    )
    library = root / 'lib/"odd" one'
    assert history_of(opened(library)).changes("HEAD") == []
    git(library, "sparse-checkout", "set", "deep")  # moves core.worktree into config.worktree
    assert history_of(opened(library)).text("plan.txt", "HEAD") == "the plan\n"
    assert 'lib/"odd" one/deep/plan.txt' in opened(root).snapshot()


def test_a_separate_git_directory_has_to_name_its_work_tree(
    tmp_path: Path, private: Path, opened: Callable[[Path], Workspace]
) -> None:
    git(private, "init", "--quiet", "--separate-git-dir", "../elsewhere.git")
    assert "git config core.worktree" in str(past_error(opened(private)))
    git(private, "config", "core.worktree", str(private))
    workspace = opened(private)
    assert history_of(workspace).changes("HEAD") == []
    assert workspace.notes == ()


def past_error(workspace: Workspace) -> QueryError:
    with pytest.raises(QueryError) as raised:
        history_of(workspace).changes("HEAD")
    return raised.value


def test_a_server_that_git_started_reads_its_own_workspace(
    tmp_path: Path, private: Path, opened: Callable[[Path], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a"})
    monkeypatch.setenv("GIT_DIR", str(private / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(private))
    monkeypatch.setenv("GIT_INDEX_FILE", str(private / ".git/index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(private / ".git/objects"))
    history = history_of(opened(root))
    assert list(history.present) == ["a.py"]
    assert history.changes("HEAD") == []
