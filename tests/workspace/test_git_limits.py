"""Git reads what a repository brings, and must neither stall the server nor fill its memory by that."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import QueryError, WorkspaceError
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git, git_repository, write_tree
from tests.support.processes import ended, generation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rlm_core.workspace.history import History

pytestmark = [
    pytest.mark.timeout(90),
    pytest.mark.skipif(sys.platform == "win32", reason="what is brought here Windows does not have"),
]
SECONDS = 2.0


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlm_core.workspace.discovery.LISTING_SECONDS", SECONDS)
    monkeypatch.setattr("rlm_core.workspace.history.HISTORY_SECONDS", SECONDS)


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Workspace]]:
    workspaces: list[Workspace] = []

    def opened(root: Path) -> Workspace:
        workspaces.append(Workspace([root], WorkspaceSettings(max_file_kb=64)))
        return workspaces[-1]

    yield opened
    for workspace in workspaces:
        workspace.close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return git_repository(tmp_path / "repo", {"a.py": "a\n", "sub/b.py": "b\n"})


def past(workspace: Workspace) -> History:
    snapshot = workspace.snapshot()
    workspace.remember(snapshot)
    assert snapshot.history is not None
    return snapshot.history


def given(root: Path, text: str, *arguments: str) -> str:
    """What git prints when it reads a text."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, input=text, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def committed(root: Path, tree: str) -> str:
    return git(root, "commit-tree", tree, "-m", "bomb").strip()


def long_paths(root: Path) -> None:
    """An index of some kilobytes (version 4: a path is what differs from the one before) that names 90 MB."""
    blob = given(root, "", "hash-object", "-w", "--stdin")
    prefix = "/".join(["p" * 100] * 300)
    entries = "".join(f"100644 {blob}\t{prefix}/{number:05}\n" for number in range(3000))
    git(root, "update-index", "--index-version", "4")
    given(root, entries, "update-index", "--index-info")
    assert (root / ".git/index").stat().st_size < 400_000


def test_patterns_that_git_matches_for_hours(tmp_path: Path, opened: Callable[[Path], Workspace]) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a\n"})
    write_tree(root, {".gitignore": "/**" * 12 + "/b\n", "aaaa/" * 40 + "deep.py": "d\n"})
    workspace = opened(root)
    assert {"a.py", "aaaa/" * 40 + "deep.py"} <= set(workspace.snapshot())
    if workspace.notes:  # since version 2.41 git is quick with these
        assert f"git ls-files took longer than {SECONDS:g} s" in workspace.notes[0]


def test_a_folder_in_which_git_took_too_long_is_listed_without_it(
    repository: Path, opened: Callable[[Path], Workspace]
) -> None:
    os.mkfifo(repository / "sub/.gitignore")
    write_tree(repository, {".gitignore": "*.log\n", "new.py": "n\n", "x.log": "x\n"})
    workspace = opened(repository)
    assert list(workspace.snapshot()) == [".gitignore", "a.py", "new.py"]
    slow, *_, unread = workspace.notes
    assert slow.startswith(f"git ls-files took longer than {SECONDS:g} s in {repository}")
    assert "not asked about it for 10 minutes" in slow
    assert unread.startswith(
        f"{repository}/sub/.gitignore is no regular file, so all files of {repository}/sub"
    )

    write_tree(repository, {"newer.py": "n\n"})
    started = time.monotonic()
    assert "newer.py" in workspace.snapshot()
    assert time.monotonic() - started < SECONDS, "git was not asked again"


@pytest.mark.parametrize(
    "name",
    [
        *("config", "HEAD", "index", "info/exclude", "packed-refs", "info/grafts", "refs/heads/main"),
        *("objects/info/alternates", "objects/info/commit-graph"),
    ],
)
def test_a_pipe_in_the_place_of_a_file_of_gits(
    repository: Path, opened: Callable[[Path], Workspace], name: str
) -> None:
    (repository / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repository / ".git" / name)
    workspace = opened(repository)
    files = set(workspace.snapshot())
    assert files == (set() if name == "info/exclude" else {"a.py", "sub/b.py"})
    assert workspace.notes[0].startswith(f"{repository}/.git/{name} is no regular file")
    with pytest.raises(QueryError, match="is no regular file"):
        past(workspace).changes("HEAD")


@pytest.mark.parametrize(
    "setting",
    ["[core] excludesFile = {}", '[core]\n\tattributesFile = "{}"', "[include]\n\tpath = {} # more"],
)
@pytest.mark.parametrize("place", ["../pipe", "pipe"])
def test_a_pipe_that_a_repositorys_configuration_names(
    repository: Path, opened: Callable[[Path], Workspace], setting: str, place: str
) -> None:
    os.mkfifo(repository / ".git" / place)
    with (repository / ".git/config").open("a") as config:
        config.write(f"\n{setting.format(place)}\n")
    workspace = opened(repository)
    assert {"a.py", "sub/b.py"} <= set(workspace.snapshot())
    assert "pipe is no regular file, so git, which would wait for it" in workspace.notes[0]


def test_files_that_a_repositorys_configuration_names_are_gits_to_read(
    repository: Path, opened: Callable[[Path], Workspace]
) -> None:
    write_tree(repository, {".git/own": "b.py\n", "new/b.py": "b\n"})
    with (repository / ".git/config").open("a") as config:
        config.write("\n[core]\n\texcludesFile = .git/own\n\tattributesFile = /dev/null\n[x]\n\tpath = sub\n")
    workspace = opened(repository)
    assert set(workspace.snapshot()) == {"a.py", "sub/b.py"}
    assert not workspace.notes


@pytest.mark.parametrize("name", [".gitignore", "su[b]/.gitignore", "\udcff/.gitignore"])
def test_a_pipe_as_an_ignore_file_without_git(
    tmp_path: Path, opened: Callable[[Path], Workspace], name: str
) -> None:
    root = tmp_path / "plain"
    folder = name.rpartition("/")[0]
    write_tree(root, {"a.py": "a\n", "sub/b.py": "b\n", f"{folder or '.'}/c.py": "c\n"})
    os.mkfifo(root / name)
    workspace = opened(root)
    assert list(workspace.snapshot()) == (["a.py", "sub/b.py"] if folder.isascii() and folder else [])
    assert any("is no regular file, so all files of" in note for note in workspace.notes)


def test_a_huge_ignore_file_without_git(tmp_path: Path, opened: Callable[[Path], Workspace]) -> None:
    root = write_tree(tmp_path / "plain", {"a.py": "a\n", "sub/b.py": "b\n", "sub/.gitignore": ""})
    os.truncate(root / "sub/.gitignore", 1 << 40)
    workspace = opened(root)
    assert list(workspace.snapshot()) == ["a.py"]
    assert any("ignore files of more than 256 KB" in note for note in workspace.notes)


def test_an_index_that_names_more_than_fits(
    repository: Path, opened: Callable[[Path], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlm_core.workspace.discovery.LISTING_SECONDS", 3600.0)
    long_paths(repository)
    workspace = opened(repository)
    assert list(workspace.snapshot()) == ["a.py", "sub/b.py"]
    assert workspace.notes[0].startswith("git ls-files wrote more than 64 MB")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process's memory")
def test_an_index_for_which_git_takes_too_much_memory(
    repository: Path, opened: Callable[[Path], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    long_paths(repository)
    monkeypatch.setattr("rlm_core.workspace.bounded_process.MEMORY_BYTES", 32 << 20)
    workspace = opened(repository)
    assert list(workspace.snapshot()) == ["a.py", "sub/b.py"]
    assert workspace.notes[0].startswith(f"git could not list {repository}")


def test_blobs_larger_than_files_may_be_are_not_read(
    repository: Path, opened: Callable[[Path], Workspace]
) -> None:
    write_tree(repository, {"a.py": b"\n" * (100 << 20)})
    git(repository, "commit", "--quiet", "--all", "--message=bomb")
    write_tree(repository, {"a.py": "a\n"})
    history = past(opened(repository))
    with pytest.raises(QueryError, match=r"a\.py was larger than 64 KB.*max_file_kb.* at HEAD"):
        history.text("a.py", "HEAD")
    assert history.text("sub/b.py", "HEAD") == "b\n"
    assert history.changes("HEAD") == [("a.py", "modified")]


def test_a_tree_with_more_paths_than_fit_on_any_disk(
    repository: Path, opened: Callable[[Path], Workspace]
) -> None:
    blob = given(repository, "b\n", "hash-object", "-w", "--stdin")
    tree = given(repository, f"100644 blob {blob}\tf\n", "mktree")
    for _ in range(10):
        tree = given(repository, "".join(f"040000 tree {tree}\td{n}\n" for n in range(10)), "mktree")
    bomb = committed(repository, tree)
    history = past(opened(repository))
    with pytest.raises(QueryError, match=r"git ls-tree (wrote more than 64 MB|took longer than 2 s)"):
        history.changes(bomb)
    assert history.text("d1/" * 10 + "f", bomb) == "b\n"
    assert history.text("../a.py", bomb) is None
    assert history.text("d1", bomb) is None


@pytest.mark.parametrize(
    "since", [":/a{1,9}{1,9}", "HEAD^{/a}", "HEAD^{/a{9}{9}}", "HEAD:a.py", "a\0b", "\ud800"]
)
def test_commit_messages_are_not_searched(
    repository: Path, opened: Callable[[Path], Workspace], since: str
) -> None:
    with pytest.raises(QueryError, match="no git revision as it can be given here"):
        past(opened(repository)).changes(since)


@pytest.mark.parametrize("since", ["HEAD", "HEAD~0", "main@{0}", "v1.0+build#2", "feature/x_y-z", "@{0}^0"])
def test_revisions_as_people_give_them(
    repository: Path, opened: Callable[[Path], Workspace], since: str
) -> None:
    git(repository, "tag", "v1.0+build#2")
    git(repository, "branch", "feature/x_y-z")
    assert past(opened(repository)).changes(since) == []


def test_a_revision_that_git_cannot_read_is_not_an_empty_one(
    repository: Path, opened: Callable[[Path], Workspace]
) -> None:
    tree = git(repository, "rev-parse", "HEAD^{tree}").strip()
    (repository / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(QueryError, match="git could not read that revision"):
        past(opened(repository)).changes("HEAD")


def test_git_gets_no_keys(
    repository: Path, opened: Callable[[Path], Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("git")
    spy = (
        write_tree(tmp_path, {"bin/git": f'#!/bin/sh\nenv >> "{tmp_path}/seen"\nexec {real} "$@"\n'})
        / "bin/git"
    )
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("OPENAI_API_KEY", "RLM_MCP_TOKEN", "GIT_DIR", "MY_OWN"):
        monkeypatch.setenv(name, "kept back")
    assert past(opened(repository)).changes("HEAD") == []
    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "kept back" not in seen


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that another has ended")
async def test_git_ends_with_the_process_that_has_asked(repository: Path) -> None:
    os.mkfifo(repository / "sub/.gitignore")
    code = (
        "import sys; from pathlib import Path; from rlm_core.config import WorkspaceSettings;"
        "from rlm_core.workspace.workspace import Workspace;"
        "Workspace([Path(sys.argv[1])], WorkspaceSettings()).snapshot()"
    )
    asking = subprocess.Popen(  # noqa: ASYNC220 - as quick as forking
        [sys.executable, "-c", code, str(repository)]
    )
    waiting = await asyncio.to_thread(hanging, asking.pid)
    asking.send_signal(signal.SIGKILL)
    asking.wait()
    assert await ended(waiting)


def hanging(pid: int) -> set[int]:
    """The git of a process that waits for a pipe."""
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        for child in generation(pid, 1):
            try:
                if "wait_for_partner" in Path(f"/proc/{child}/wchan").read_text():
                    return {child}
            except OSError:
                continue
        time.sleep(0.01)
    raise AssertionError("no git waits")


@pytest.mark.skipif(sys.platform != "linux", reason="it looks for the process in /proc")
async def test_git_ends_with_the_workspace(
    repository: Path, opened: Callable[[Path], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlm_core.workspace.discovery.LISTING_SECONDS", 3600.0)
    os.mkfifo(repository / "sub/.gitignore")
    workspace = opened(repository)
    reading = asyncio.create_task(asyncio.to_thread(workspace.snapshot))
    waiting = await asyncio.to_thread(hanging, os.getpid())
    workspace.stop_reading()
    assert await ended(waiting)
    with pytest.raises(WorkspaceError, match="closed"):
        await reading
