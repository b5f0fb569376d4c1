from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from rlm_core.config import WorkspaceSettings
from rlm_core.workspace import watcher
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git, git_repository, write_tree
from tests.workspace.changes import CHANGES, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rlm_core.workspace.snapshot import Snapshot


@settings(max_examples=15, deadline=None)
@given(changes=CHANGES)
def test_a_watched_workspace_follows_any_order_of_changes(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str]]
) -> None:
    root = git_repository(tmp_path_factory.mktemp("watched"), {"base": "base", "a": "a", "b": "b"})
    workspace = Seen(root)
    following, problem = watcher.start(workspace)
    assert following is not None, problem
    workspace.watch(following)
    workspace.snapshot()
    seen: list[tuple[Snapshot, dict[str, str]]] = []
    for kind, name, value in changes:
        file = root / name
        match kind:
            case "write":
                file.write_text(value, "utf-8", "replace")
            case "delete":
                file.unlink(missing_ok=True)
            case "rename" if file.exists():
                (root / "folder").mkdir(exist_ok=True)
                file.rename(root / "folder" / value)
            case "look":
                snapshot = workspace.snapshot()
                seen.append((snapshot, texts(snapshot)))
    fresh = Workspace([root], WorkspaceSettings())
    assert texts(workspace.snapshot()) == texts(fresh.snapshot())
    for snapshot, then in seen:
        assert texts(snapshot) == then
    following.close()
    workspace.close()
    fresh.close()


class Seen(Workspace):
    """A workspace that lets a test wait for the watcher's word instead of for a while."""

    def __init__(self, root: Path) -> None:
        super().__init__([root], WorkspaceSettings())
        self._told = threading.Condition()
        self._files: set[str] = set()

    def invalidate(self, files: Iterable[str]) -> None:
        files = list(files)
        super().invalidate(files)
        self._tell(files)

    def invalidate_all(self) -> None:
        super().invalidate_all()
        self._tell(["all"])

    def _tell(self, files: list[str]) -> None:
        with self._told:
            self._files.update(files)
            self._told.notify_all()

    def wait_for(self, file: str) -> None:
        with self._told:
            assert self._told.wait_for(lambda: file in self._files, timeout=10), self._files
            self._files.clear()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Seen]:
    root = git_repository(tmp_path / "repo", {"a.py": "one", ".gitignore": "out/\n"})
    (root / "empty").mkdir()
    workspace = Seen(root)
    following, problem = watcher.start(workspace)
    assert following is not None, problem
    workspace.watch(following)
    workspace.snapshot()
    yield workspace
    following.close()
    workspace.close()


def test_watcher_reports_writes_creations_deletions_and_moves(watched: Seen) -> None:
    root = watched.roots[0]
    (root / "a.py").write_text("two")
    watched.wait_for(f"{root}/a.py")
    assert watched.snapshot().text("a.py") == "two"
    write_tree(root, {"new/deep/b.py": "b"})
    watched.wait_for(f"{root}/new")
    assert watched.snapshot().text("new/deep/b.py") == "b"
    write_tree(root, {"new/deep/c.py": "c"})
    watched.wait_for(f"{root}/new/deep/c.py")
    assert watched.snapshot().text("new/deep/c.py") == "c"
    write_tree(root, {"empty/d.py": "d"})
    watched.wait_for(f"{root}/empty/d.py")
    assert watched.snapshot().text("empty/d.py") == "d"
    (root / "new").rename(root / "moved")
    watched.wait_for(f"{root}/moved")
    write_tree(root, {"moved/deep/b.py": "after the move"})
    assert list(watched.snapshot()) == [
        ".gitignore", "a.py", "empty/d.py", "moved/deep/b.py", "moved/deep/c.py",
    ]  # fmt: skip
    write_tree(root, {"moved/deep/b.py": "and later"})
    watched.wait_for(f"{root}/moved/deep/b.py")
    assert watched.snapshot().text("moved/deep/b.py") == "and later"
    (root / "a.py").unlink()
    watched.wait_for(f"{root}/a.py")
    assert "a.py" not in watched.snapshot()


def test_a_snapshot_has_what_was_written_a_moment_before(watched: Seen) -> None:
    root = watched.roots[0]
    for number in range(200):
        (root / "a.py").write_text(str(number))
        (root / f"{number}.py").touch()
        snapshot = watched.snapshot()
        assert snapshot.text("a.py") == str(number)
        assert f"{number}.py" in snapshot


@pytest.mark.parametrize("with_git", [True, False])
@pytest.mark.parametrize("before", ["a file", "a picture", "a link"])
def test_a_folder_in_the_place_of_what_was_none(tmp_path: Path, before: str, *, with_git: bool) -> None:
    root = write_tree(tmp_path / "repo", {"a.py": "a", "elsewhere/x.py": "x"})
    if with_git:
        git(root, "init", "--quiet")
    if before == "a link":
        (root / "run").symlink_to("elsewhere")
    else:
        (root / "run").write_bytes(b"text" if before == "a file" else b"\0")
    workspace = Seen(root)
    following, problem = watcher.start(workspace)
    assert following is not None, problem
    workspace.watch(following)
    assert ("run" in workspace.snapshot()) == (before == "a file")
    (root / "run").unlink()
    write_tree(root, {"run/n.py": "n"})
    assert list(workspace.snapshot()) == ["a.py", "elsewhere/x.py", "run/n.py"]
    write_tree(root, {"run/deep/o.py": "o"})
    assert "run/deep/o.py" in workspace.snapshot()
    shutil.rmtree(root / "run")
    (root / "run").write_text("again")
    assert list(workspace.snapshot()) == ["a.py", "elsewhere/x.py", "run"]
    following.close()
    workspace.close()


def test_what_is_written_to_one_name_of_a_file_is_in_all(watched: Seen) -> None:
    root = watched.roots[0]
    write_tree(root, {"sub/b.py": "old", "c.py": "c"})
    (root / "linked.py").hardlink_to(root / "sub/b.py")
    assert watched.snapshot().text("linked.py") == "old"
    (root / "sub/b.py").write_text("new")
    assert watched.snapshot().text("linked.py") == "new"
    (root / "linked.py").write_text("newer")
    assert watched.snapshot().text("sub/b.py") == "newer"


def test_a_repositorys_configuration_changes_what_is_listed(watched: Seen) -> None:
    root = watched.roots[0]
    write_tree(root, {"b.log": "b", ".git/own": "*.log\n"})
    assert "b.log" in watched.snapshot()
    git(root, "config", "core.excludesFile", ".git/own")
    assert "b.log" not in watched.snapshot()


def test_another_folder_in_the_place_of_one(watched: Seen) -> None:
    root = watched.roots[0]
    write_tree(root, {"sub/deep/b.py": "old", "out/sub/deep/b.py": "new"})
    assert watched.snapshot().text("sub/deep/b.py") == "old"
    (root / "sub").rename(root / "out/old")
    (root / "out/sub").rename(root / "sub")
    assert watched.snapshot().text("sub/deep/b.py") == "new"
    write_tree(root, {"sub/deep/b.py": "newer"})
    assert watched.snapshot().text("sub/deep/b.py") == "newer"


def test_another_folder_in_the_place_of_the_root(watched: Seen) -> None:
    root = watched.roots[0]
    root.rename(root.with_name("old"))
    assert list(watched.snapshot()) == []
    git_repository(root, {"b.py": "another"})
    assert texts(watched.snapshot()) == {"b.py": "another"}
    write_tree(root, {"b.py": "changed", "c.py": "new"})
    assert texts(watched.snapshot()) == {"b.py": "changed", "c.py": "new"}
    spare = git_repository(root.with_name("spare"), {"d.py": "restored"})
    root.rename(root.with_name("older"))
    spare.rename(root)
    assert texts(watched.snapshot()) == {"d.py": "restored"}


def test_a_server_whose_own_folder_is_gone_goes_on(
    watched: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = write_tree(tmp_path / "plain", {"a.py": "one"})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()
    workspace = Workspace([plain], WorkspaceSettings())
    assert texts(workspace.snapshot()) == {"a.py": "one"}
    assert watched.snapshot().text("a.py") == "one"
    workspace.close()


def test_editors_that_save_by_rename(watched: Seen) -> None:
    root = watched.roots[0]
    (root / "a.py.tmp").write_text("saved")
    (root / "a.py.tmp").replace(root / "a.py")
    watched.wait_for(f"{root}/a.py")
    assert texts(watched.snapshot()) == {".gitignore": "out/\n", "a.py": "saved"}


def test_ignored_folders_are_not_watched(watched: Seen) -> None:
    root = watched.roots[0]
    write_tree(root, {"out/deep/made.py": "m"})
    watched.wait_for(f"{root}/out")
    watched.snapshot()
    write_tree(root, {"out/deep/more.py": "m", "a.py": "last"})
    watched.wait_for(f"{root}/a.py")
    assert list(watched.snapshot()) == [".gitignore", "a.py"]
    assert not any("out/deep" in file for file in watched._files)


def test_watcher_follows_branches_and_ignore_files(watched: Seen) -> None:
    root = watched.roots[0]
    git(root, "checkout", "--quiet", "-b", "other")
    write_tree(root, {"only-here.py": "o", "out/built.py": "b"})
    git(root, "add", "only-here.py")
    git(root, "add", "--force", "out/built.py")
    git(root, "commit", "--quiet", "--message=second")
    watched.wait_for("all")
    assert list(watched.snapshot()) == [".gitignore", "a.py", "only-here.py", "out/built.py"]
    git(root, "checkout", "--quiet", "main")
    watched.wait_for("all")
    assert list(watched.snapshot()) == [".gitignore", "a.py"]
    write_tree(root, {"out/built.py": "b"})
    (root / ".gitignore").write_text("nothing\n")
    watched.wait_for(f"{root}/.gitignore")
    assert list(watched.snapshot()) == [".gitignore", "a.py", "out/built.py"]


def test_watcher_follows_an_rlmignore_that_git_ignores(watched: Seen) -> None:
    root = watched.roots[0]
    (root / ".git/info/exclude").write_text(".rlmignore\n")
    write_tree(root, {"sub/b.py": "b", "out/made.py": "m"})
    watched.wait_for(f"{root}/sub")
    assert list(watched.snapshot()) == [".gitignore", "a.py", "sub/b.py"]
    (root / "sub/.rlmignore").write_text("b.py\n")
    watched.wait_for(f"{root}/sub/.rlmignore")
    assert list(watched.snapshot()) == [".gitignore", "a.py"]
    (root / "sub/.rlmignore").write_text("c.py\n")
    assert list(watched.snapshot()) == [".gitignore", "a.py", "sub/b.py"]
    (root / ".rlmignore").write_text("a.py\n!out/\n")
    assert list(watched.snapshot()) == [".gitignore", "out/made.py", "sub/b.py"]
    (root / "out/made.py").write_text("changed")
    assert watched.snapshot().text("out/made.py") == "changed"
    (root / "out/more.py").write_text("new")
    assert "out/more.py" in watched.snapshot()
    (root / ".rlmignore").unlink()
    assert list(watched.snapshot()) == [".gitignore", "a.py", "sub/b.py"]


def test_stashing_and_moving_a_thousand_files(watched: Seen) -> None:
    root = watched.roots[0]
    write_tree(root, {f"many/{number}.py": str(number) for number in range(1000)} | {"a.py": "edited"})
    git(root, "add", "--all")
    watched.wait_for("all")
    assert watched.snapshot().text("a.py") == "edited"
    git(root, "stash", "--quiet")
    watched.wait_for("all")
    assert texts(watched.snapshot()) == {".gitignore": "out/\n", "a.py": "one"}
    git(root, "stash", "pop", "--quiet")
    watched.wait_for("all")
    assert len(watched.snapshot()) == 1002
    (root / "many").rename(root / "moved")
    watched.wait_for(f"{root}/moved")
    after = watched.snapshot()
    assert "many/7.py" not in after
    assert after.text("moved/999.py") == "999"


def test_when_the_queue_overflows_everything_is_looked_at(
    watched: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = watched.roots[0]
    write_tree(root, {"b.py": "b"})
    watched.wait_for(f"{root}/b.py")
    watched.snapshot()
    reading, go_on = threading.Event(), threading.Event()
    invalidate = watched.invalidate

    def slow(files: Iterable[str]) -> None:
        reading.set()
        go_on.wait(30)
        invalidate(files)

    monkeypatch.setattr(watched, "invalidate", slow)
    (root / "a.py").touch()
    assert reading.wait(10), "the thread that empties the queue is held up"
    room = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for number in range(room // 2 + 1000):  # in turn, since equal neighbours count as one event
        os.utime(root / "a.py", (number, number))
        os.utime(root / "b.py", (number, number))
    write_tree(root, {"a.py": "unseen", "c.py": "unseen"})
    go_on.set()
    watched.wait_for("all")
    assert texts(watched.snapshot()) == {
        ".gitignore": "out/\n", "a.py": "unseen", "b.py": "b", "c.py": "unseen",
    }  # fmt: skip


def test_without_watches_every_snapshot_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def follow(self, folders: set[str]) -> bool:
            raise OSError(28, "inotify watch limit reached")

        def forget(self, folder: str) -> None: ...

        def settle(self) -> bool:
            return True

        def close(self) -> None: ...

    write_tree(tmp_path, {"a.py": "one"})
    workspace = Workspace([tmp_path], WorkspaceSettings())
    workspace.watch(Refusing())
    assert texts(workspace.snapshot()) == {"a.py": "one"}
    assert "cannot watch" in workspace.notes[-1]
    assert not workspace.watched
    write_tree(tmp_path, {"a.py": "two"})
    assert texts(workspace.snapshot()) == {"a.py": "two"}
    workspace.close()


def test_where_no_event_ever_comes_every_snapshot_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = watcher._file_system(tmp_path)
    assert here, "the real table of mounts is read"
    monkeypatch.setattr(watcher, "_EVENTLESS", {here})
    write_tree(tmp_path, {"a.py": "one"})
    workspace = Workspace([tmp_path], WorkspaceSettings())
    following, why_not = watcher.start(workspace)
    assert following is None
    workspace.watch(following, why_not)
    assert texts(workspace.snapshot()) == {"a.py": "one"}
    assert f"is on {here}" in workspace.notes[-1]
    write_tree(tmp_path, {"a.py": "two"})
    assert texts(workspace.snapshot()) == {"a.py": "two"}
    workspace.close()
