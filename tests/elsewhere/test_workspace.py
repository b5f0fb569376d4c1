"""Workspaces on what pretends to be macOS or Windows (tests/support/elsewhere.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.files import forge_index, git, git_repository, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEGIN = """
import json
import sys
from pathlib import Path

from rlm_core.config import WorkspaceSettings
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

root, base = map(Path, sys.argv[1:])

def opened(cached=True):
    return Workspace([root], WorkspaceSettings(), Cache(base, [root], 10**12) if cached else None)

def tell(workspace):
    snapshot = workspace.snapshot()
    print(json.dumps({path: snapshot.text(path) for path in snapshot}))
"""
FILES = {"a.py": "a = 1\r\n", "deep/er/b.py": "b = 2\n", "deep/er/ü.txt": "\x1a\n"}


def test_what_is_read_is_kept_for_the_next_process(run: Callable[..., str], tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {**FILES, ".gitignore": "*.log\n"})
    write_tree(root, {"new.py": "n\n", "x.log": "ignored"})
    texts = {**FILES, ".gitignore": "*.log\n", "new.py": "n\n"}
    first = run(BEGIN + "w = opened(); tell(w); w.save(); w.save(); w.close()", root, tmp_path / "cache")
    assert json.loads(first) == texts
    write_tree(root, {"a.py": "changed\n"})
    (root / "new.py").unlink()
    again = """
w = opened()
tell(w)
print(w.snapshot().arena.used, w.notes)
w.save()
w.close()
"""
    told, kept = run(BEGIN + again, root, tmp_path / "cache").splitlines()
    before = dict(texts)
    del texts["new.py"]
    assert json.loads(told) == {**texts, "a.py": "changed\n"}
    # Only what has changed was read, and git listed the files.
    read = "".join([*before.values(), "changed\n"])
    assert kept == f"{len(read.encode())} ()"


def test_edits_drafts_and_a_second_process_of_the_same_workspace(
    run: Callable[..., str], tmp_path: Path
) -> None:
    root = git_repository(tmp_path / "repo", FILES)
    program = """
from rlm_core.workspace import store

store._DEAD_BYTES = 20_000  # so that the arena is rewritten while snapshots and others have the old one
owner = opened()
tell(owner)
owner.save()
guest = opened()
assert not Cache(base, [root], 10**12).owner
before = guest.snapshot()
for number in range(30):
    (root / "a.py").write_text(f"round {number} " * 500)
    owner.set_overlay(root / "draft.py", "draft", 1)
    assert owner.snapshot().text("a.py").startswith(f"round {number} ")
    owner.save()
assert before.text("a.py") == "a = 1\\r\\n"
tell(owner)
owner.save()
owner.close()
heir = opened()
tell(guest)
tell(heir)
guest.close()
heir.close()
unkept = opened(cached=False)
tell(unkept)
unkept.close()
"""
    told = [json.loads(line) for line in run(BEGIN + program, root, tmp_path / "cache").splitlines()]
    last = {**FILES, "a.py": "round 29 " * 500}
    assert told == [FILES, {**last, "draft.py": "draft"}, last, last, last]


def test_changes_are_announced_and_never_missed(run: Callable[..., str], tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", FILES)
    program = """
import threading
from rlm_core.workspace import watcher

w = opened()
w.snapshot()
following, problem = watcher.start(w)
assert following is not None, problem
w.watch(following)
w.snapshot()
told = threading.Event()
w.on_report = told.set
(root / "deep" / "er" / "b.py").write_text("changed")
(root / "fresh.py").write_text("fresh")
tell(w)  # at once, whether it was announced already or not
assert told.wait(20)
(root / "deep").rename(root.parent / "gone")
tell(w)
following.close()
w.close()
"""
    told = [json.loads(line) for line in run(BEGIN + program, root, tmp_path / "cache").splitlines()]
    now = {**FILES, "deep/er/b.py": "changed", "fresh.py": "fresh"}
    assert told == [now, {"a.py": FILES["a.py"], "fresh.py": "fresh"}]


def test_links_lead_nowhere(run: Callable[..., str], tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", FILES)
    write_tree(tmp_path / "outside", {"er/b.py": "secret\n"})
    (root / "link.py").symlink_to(tmp_path / "outside/er/b.py")
    git(root, "add", "--all")
    (root / "deep/er/b.py").unlink()
    (root / "deep/er/ü.txt").unlink()
    (root / "deep/er").rmdir()
    (root / "deep/er").symlink_to(tmp_path / "outside/er")
    told = run(BEGIN + "w = opened(); tell(w); w.close()", root, tmp_path / "cache")
    assert json.loads(told) == {"a.py": FILES["a.py"]}


def test_names_in_an_index_are_plain(run: Callable[..., str], system: str, tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", FILES)
    write_tree(root, {"a.py:stream": "s", "b\\c": "c"})
    write_tree(tmp_path, {"outside.txt": "secret"})
    forge_index(root, ["../outside.txt", "C:/outside.txt", "a.py", "a.py:stream", "b\\c"])
    (root / ".gitignore").write_text("*\n")
    program = "w = opened(False)\ntell(w)\nprint(*w.notes)\nw.close()"
    told, notes = run(BEGIN + program, root, tmp_path / "cache").splitlines()
    elsewhere = {} if system == "win32" else {"a.py:stream": "s", "b\\c": "c"}
    assert json.loads(told) == {"a.py": FILES["a.py"], **elsewhere}
    assert f"names {'4 files' if system == 'win32' else '1 file'} by paths that could lead out" in notes


def test_many_files_are_read_by_processes(run: Callable[..., str], tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", FILES)
    program = """
from rlm_core.workspace import store

store.MIN_FILES = 2
w = opened()
tell(w)
w.save()
w.close()
w = opened()
tell(w)
w.close()
"""
    told = run(BEGIN + program, root, tmp_path / "cache").splitlines()
    assert [json.loads(line) for line in told] == [FILES, FILES]


def test_without_git_the_folders_are_walked(run: Callable[..., str], tmp_path: Path) -> None:
    root = write_tree(tmp_path / "plain", {**FILES, "node_modules/x.js": "x"})
    told = run(BEGIN + "w = opened(); tell(w); w.close()", root, tmp_path / "cache")
    assert json.loads(told) == FILES


def test_a_program_that_is_not_read_to_its_end_is_ended(run: Callable[..., str], tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path

from rlm_core.workspace.bounded_process import BoundedProcess

endless = "while True: print('on and on')"
with BoundedProcess([sys.executable, "-c", endless], Path(sys.argv[1]), 40) as process:
    print(process.read(9).decode())
"""
    assert run(program, tmp_path) == "on and on\n"
