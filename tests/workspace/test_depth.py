"""Folders and repositories within each other have a bound, and what lies deeper is told."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.workspace import watcher
from rlm_core.workspace.gitview import MAX_LEVELS
from rlm_core.workspace.roots import MAX_DEPTH, TOO_DEEP
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git, git_repository, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rlm_core.workspace.workspace import Watcher

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths there end at 260 characters")


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    root = write_tree(tmp_path / "tree", {"a.py": "a\n"})
    yield root
    shutil.rmtree(root)  # as pytest, with its whole path, could not


@pytest.fixture
def opened() -> Iterator[Callable[..., Workspace]]:
    workspaces: list[Workspace] = []
    watchers: list[Watcher] = []

    def opened(root: Path, *, watched: bool = False) -> Workspace:
        workspaces.append(Workspace([root], WorkspaceSettings()))
        if watched:
            following, _ = watcher.start(workspaces[-1])
            assert following is not None
            workspaces[-1].watch(following)
            watchers.append(following)
        return workspaces[-1]

    yield opened
    for following in watchers:
        following.close()
    for workspace in workspaces:
        workspace.close()


def dig(root: Path, depth: int, name: str = "d") -> None:
    """Folders in one another, and a file in the last."""
    folder = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("deep.py", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
    os.close(folder)


@pytest.mark.parametrize("with_git", [True, False], ids=["with git", "without git"])
@pytest.mark.parametrize("watched", [True, False], ids=["watched", "unwatched"])
@pytest.mark.parametrize(
    ("depth", "name", "reason"),
    [
        (MAX_DEPTH, "d", ""),
        (MAX_DEPTH + 1, "d", TOO_DEEP),
        (300, "d" * 20, "unreadable folder"),  # longer than a path can be
    ],
)
def test_files_far_down(
    tree: Path,
    opened: Callable[..., Workspace],
    depth: int,
    name: str,
    reason: str,
    *,
    with_git: bool,
    watched: bool,
) -> None:
    dig(tree, depth, name)
    if with_git:
        git(tree, "init", "--quiet")
    snapshot = opened(tree, watched=watched).snapshot()
    assert list(snapshot) == ["a.py", *([] if reason else [f"{name}/" * depth + "deep.py"])]
    if reason:
        (skipped,) = snapshot.skipped
        assert skipped.path.startswith(f"{name}/" * (MAX_DEPTH - 1) + name)
        assert skipped.reason == (reason if with_git else TOO_DEEP)


@pytest.mark.skipif(sys.platform == "darwin", reason="git's message there is not known")
def test_folders_that_git_cannot_open_are_told(
    tree: Path, opened: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    dig(tree, 100)
    git(tree, "init", "--quiet")
    write_tree(
        tree.parent, {"bin/git": f'#!/bin/sh\nulimit -n 64\nPATH="{os.environ["PATH"]}" exec git "$@"\n'}
    )
    (tree.parent / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tree.parent}/bin{os.pathsep}{os.environ['PATH']}")
    snapshot = opened(tree).snapshot()
    assert list(snapshot) == ["a.py"]
    (skipped,) = snapshot.skipped
    assert skipped.reason == "unreadable folder"
    assert skipped.path.startswith("d/d/d/d/")


def test_repositories_within_each_other(tree: Path, opened: Callable[..., Workspace]) -> None:
    git_repository(tree, {"a.py": "a\n"})
    inner = tree
    for _ in range(MAX_LEVELS + 3):
        inner /= "r"
        write_tree(inner, {"b.py": "b\n", "c.log": "c\n", ".gitignore": "*.log\n"})
        git(inner, "init", "--quiet")
    workspace = opened(tree)
    files = list(workspace.snapshot())
    assert len(files) == 1 + 2 * (MAX_LEVELS + 3)
    assert not [path for path in files if path.endswith(".log")]
    (note,) = workspace.notes
    assert note.startswith(f"No git view of {tree}{'/r' * (MAX_LEVELS + 1)}: .gitignore files")


def test_repositories_beside_each_other(
    tree: Path, opened: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlm_core.workspace.gitview.MAX_REPOSITORIES", 3)
    git_repository(tree, {"a.py": "a\n"})
    for number in range(4):
        git_repository(tree / str(number), {"b.py": "b\n"})
    workspace = opened(tree)
    assert len(workspace.snapshot()) == 5
    assert workspace.notes[0].startswith(
        f"git found more than 3 repositories in {tree}, which is all that it may"
    )
