from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import QueryError
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git, git_repository, write_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rlm_core.workspace.history import History


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    root = git_repository(
        tmp_path / "repo",
        {
            "kept.py": "kept\n",
            "edited.py": "before\n",
            "deleted.py": "gone soon\n",
            "latin.txt": "Überraschung für größere Männer\n".encode("latin-1"),
            "picture.png": b"\0",
            "sub/deep.py": "deep\n",
        },
    )
    opened = Workspace([root], WorkspaceSettings())
    yield opened
    opened.close()


def test_line_ends_of_the_work_tree_are_no_change(tmp_path: Path) -> None:
    root = git_repository(
        tmp_path / "repo", {"run.bat": "one\ntwo\n", "latin.bat": "größere Männer\n".encode("latin-1")}
    )
    for name in ("run.bat", "latin.bat"):
        (root / name).write_bytes((root / name).read_bytes().replace(b"\n", b"\r\n"))
    opened = Workspace([root], WorkspaceSettings())
    assert history_of(opened).changes("HEAD") == []
    write_tree(root, {"run.bat": "one\r\nthree\r\n"})
    assert history_of(opened).changes("HEAD") == [("run.bat", "modified")]
    opened.close()


def test_what_does_not_belong_in_a_context_is_not_in_its_past_either(tmp_path: Path) -> None:
    hidden = {
        ".env": "KEY=1\n",
        "deep/.env.local": "KEY=2\n",
        "own/notes.md": "mine\n",
        "deep/own.md": "mine\n",
    }
    root = git_repository(
        tmp_path / "repo",
        {
            **hidden,
            "key.txt": "-----BEGIN PRIVATE KEY-----\nx\n",
            "shown.py": "shown\n",
            "deep/shown.py": "shown\n",
        },
    )
    write_tree(root, {".rlmignore": "own/\n", "deep/.rlmignore": "own.md\n", "shown.py": "changed\n"})
    for name in ("own/notes.md", ".env", "deep/shown.py"):  # nor when they are gone from the work tree
        (root / name).unlink()
    opened = Workspace([root], WorkspaceSettings())
    history = history_of(opened)
    assert {name: history.text(name, "HEAD") for name in (*hidden, "key.txt")} == dict.fromkeys(
        (*hidden, "key.txt")
    )
    assert history.text("shown.py", "HEAD") == history.text("deep/shown.py", "HEAD") == "shown\n"
    opened.close()


def history_of(workspace: Workspace) -> History:
    snapshot = workspace.snapshot()
    workspace.remember(snapshot)
    assert snapshot.history is not None
    return snapshot.history


def listed(history: History, since: str) -> dict[str, str]:
    return dict(history.changes(since))


def test_nothing_differs_from_what_was_just_committed(workspace: Workspace) -> None:
    assert listed(history_of(workspace), "HEAD") == {}


def test_changes_since_a_revision_unsaved_text_included(workspace: Workspace) -> None:
    root = workspace.roots[0]
    write_tree(root, {"edited.py": "after\n", "new.py": "new\n", "kept.py": "kept\n"})
    (root / "deleted.py").unlink()
    workspace.set_overlay(root / "sub/deep.py", "typed\n", 1)
    history = history_of(workspace)
    assert listed(history, "HEAD") == {
        "deleted.py": "deleted",
        "edited.py": "modified",
        "new.py": "added",
        "sub/deep.py": "modified",
    }
    assert history.text("edited.py", "HEAD") == "before\n"
    assert history.text("latin.txt", "HEAD") == "Überraschung für größere Männer\n"
    assert history.text("new.py", "HEAD") is None
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=second")
    assert listed(history_of(workspace), "HEAD") == {"sub/deep.py": "modified"}
    assert listed(history_of(workspace), "HEAD~1").keys() == {
        "deleted.py",
        "edited.py",
        "new.py",
        "sub/deep.py",
    }


def test_changes_since_an_earlier_snapshot(workspace: Workspace) -> None:
    first = workspace.snapshot()
    workspace.remember(first)
    write_tree(workspace.roots[0], {"edited.py": "after\n", "new.py": "new\n"})
    (workspace.roots[0] / "deleted.py").unlink()
    history = history_of(workspace)
    assert listed(history, first.id) == {"deleted.py": "deleted", "edited.py": "modified", "new.py": "added"}
    assert history.text("deleted.py", first.id) == "gone soon\n"


def test_what_a_sparse_checkout_leaves_out_is_not_deleted(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {"a/x.py": "x\n", "a/y.py": "y\n", "b/z.py": "z\n"})
    git(root, "sparse-checkout", "set", "a")
    (root / "a/x.py").unlink()
    for folder, prefix in ((root, "a/"), (root / "a", "")):
        opened = Workspace([folder], WorkspaceSettings())
        assert history_of(opened).changes("HEAD") == [(f"{prefix}x.py", "deleted")]
        opened.close()


def test_a_root_within_the_repository(workspace: Workspace) -> None:
    inner = Workspace([workspace.roots[0] / "sub"], WorkspaceSettings())
    write_tree(inner.roots[0], {"deep.py": "deeper\n"})
    assert listed(history_of(inner), "HEAD") == {"deep.py": "modified"}
    inner.close()


@pytest.mark.parametrize("since", ["nothing", "--output=stolen", "HEAD:kept.py", "", "-h", "HEAD~99"])
def test_what_is_no_revision_is_refused(workspace: Workspace, since: str) -> None:
    with pytest.raises(QueryError, match="is no git revision"):
        history_of(workspace).changes(since)
    assert not (workspace.roots[0] / "stolen").exists()


def test_without_git_there_are_only_snapshots(tmp_path: Path) -> None:
    plain = Workspace([write_tree(tmp_path / "plain", {"a.py": "a"})], WorkspaceSettings())
    with pytest.raises(QueryError, match="is no git revision"):
        history_of(plain).changes("HEAD")
    plain.close()


def test_filters_of_the_repository_are_not_run(workspace: Workspace, tmp_path: Path) -> None:
    root = workspace.roots[0]
    trap = write_tree(tmp_path, {"trap.sh": f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n"}) / "trap.sh"
    trap.chmod(0o755)
    git(root, "config", "filter.trap.clean", str(trap))
    git(root, "config", "diff.trap.textconv", str(trap))
    write_tree(root, {".gitattributes": "* filter=trap diff=trap\n", "edited.py": "after\n"})
    history = history_of(workspace)
    assert listed(history, "HEAD").keys() == {".gitattributes", "edited.py"}
    history.text("edited.py", "HEAD")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("ours", ["", "unset GIT_NO_LAZY_FETCH"], ids=["this git", "an old git"])
def test_nothing_is_fetched(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: str
) -> None:
    trap, old = tmp_path / "trap.sh", tmp_path / "bin/git"
    write_tree(tmp_path, {"trap.sh": f"#!/bin/sh\ntouch {tmp_path}/sprung\n"})
    write_tree(tmp_path, {"bin/git": f'#!/bin/sh\n{ours}\nexec {shutil.which("git")} "$@"\n'})
    trap.chmod(0o755)
    old.chmod(0o755)
    root = workspace.roots[0]
    blob = git(root, "rev-parse", "HEAD:kept.py").strip()
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with (root / ".git/config").open("a") as config:
        config.write("[core]\nrepositoryFormatVersion = 1\n[extensions]\npartialClone = origin\n")
        config.write('[protocol]\nallow = always\n[protocol "file"]\nallow = always\n')
        config.write(f'[remote "origin"]\npromisor = true\nurl = {root}\nuploadpack = {trap}\n')
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    with pytest.raises(QueryError, match="lacks a file of that revision"):
        history_of(workspace).text("kept.py", "HEAD")
    assert not (tmp_path / "sprung").exists()


def test_files_that_changed_meanwhile_are_told(workspace: Workspace) -> None:
    root = workspace.roots[0]
    snapshot = workspace.snapshot()
    write_tree(root, {"edited.py": "after\n", "kept.py": "kept\n"})
    (root / "deleted.py").unlink()
    workspace.set_overlay(root / "sub/deep.py", "typed\n", 1)
    paths = ["kept.py", "edited.py", "deleted.py", "sub/deep.py"]
    assert workspace.changed_files(snapshot, paths) == ["edited.py", "deleted.py", "sub/deep.py"]
