from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import QueryError
from rlm_core.workspace.arena import Arena
from rlm_core.workspace.snapshot import Snapshot
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git_repository, write_tree
from tests.workspace.changes import CHANGES, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace([tmp_path], WorkspaceSettings())
    yield opened
    opened.close()


def test_snapshots_are_frozen_and_named_by_content(tmp_path: Path, workspace: Workspace) -> None:
    write_tree(tmp_path, {"a.py": "one", "b.py": "two"})
    first = workspace.snapshot()
    assert workspace.snapshot() is first, "nothing changed, so nothing new"
    write_tree(tmp_path, {"a.py": "three", "c.py": "four"})
    (tmp_path / "b.py").unlink()
    second = workspace.snapshot()
    assert texts(first) == {"a.py": "one", "b.py": "two"}
    assert texts(second) == {"a.py": "three", "c.py": "four"}
    write_tree(tmp_path, {"a.py": "one", "b.py": "two"})
    (tmp_path / "c.py").unlink()
    assert workspace.snapshot().id == first.id != second.id


SWAPPING = """
import os
while True:
    for text in ("short\\n", "long\\n" * 1000):
        with open("new", "w") as file:
            file.write(text)
        os.replace("new", "a.py")
"""


def test_a_file_that_is_replaced_while_it_is_read_is_never_read_in_part(
    tmp_path: Path, workspace: Workspace
) -> None:
    write_tree(tmp_path, {"a.py": "short\n", ".gitignore": "new\n"})
    seen = set()
    with subprocess.Popen([sys.executable, "-c", SWAPPING], cwd=tmp_path) as swapping:
        for _ in range(40):
            snapshot = workspace.snapshot()
            seen.add(snapshot.text("a.py") if "a.py" in snapshot else snapshot.skipped[0].reason)
        swapping.kill()
    assert seen <= {"short\n", "long\n" * 1000, "unreadable: it changes while it is read"}
    write_tree(tmp_path, {"a.py": "done\n"})
    assert texts(workspace.snapshot())["a.py"] == "done\n"


def test_snapshot_lookups(tmp_path: Path, workspace: Workspace) -> None:
    write_tree(tmp_path, {"a.py": "x", "sub/b.py": "é"})
    snapshot = workspace.snapshot()
    assert len(snapshot) == 2
    assert "a.py" in snapshot
    assert "sub" not in snapshot
    assert 3 not in snapshot
    assert snapshot.entry("sub/b.py").length == 2
    assert snapshot.total_bytes == 3
    with pytest.raises(QueryError, match=r"'nope\.py'"):
        snapshot.text("nope.py")


def test_overlays_shadow_the_disk(tmp_path: Path, workspace: Workspace) -> None:
    write_tree(tmp_path, {"a.py": "disk", ".gitignore": "ignored.py\n", "ignored.py": "ignored"})
    before = workspace.snapshot()
    workspace.set_overlay(tmp_path / "a.py", "typed", version=2)
    workspace.set_overlay(tmp_path / "a.py", "late", version=1)
    workspace.set_overlay(tmp_path / "ignored.py", "typed", version=1)
    workspace.set_overlay(tmp_path.parent / "outside.py", "typed", version=1)
    assert texts(workspace.snapshot()) == {".gitignore": "ignored.py\n", "a.py": "typed"}
    workspace.drop_overlay(tmp_path / "a.py")
    workspace.drop_overlay(tmp_path / "never-opened.py")
    assert texts(workspace.snapshot()) == texts(before)


def test_unsaved_text_has_the_limit_of_files(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.py": "disk", "b.py": "disk"})
    workspace = Workspace([tmp_path], WorkspaceSettings(max_file_kb=1))
    before = workspace.snapshot()
    for text, known in [("é" * 512, {"a.py": "é" * 512, "b.py": "disk"}), ("é" * 513, {"b.py": "disk"})]:
        workspace.set_overlay(tmp_path / "a.py", text, version=1)
        snapshot = workspace.snapshot()
        assert texts(snapshot) == known
    assert [(item.path, item.reason) for item in snapshot.skipped] == [("a.py", "unsaved, larger than 1 KB")]
    assert workspace.changed_files(before, ["a.py", "b.py"]) == ["a.py"]
    workspace.drop_overlay(tmp_path / "a.py")
    assert texts(workspace.snapshot()) == texts(before)
    assert workspace.snapshot().skipped == ()
    workspace.close()


def test_what_an_editor_shows_is_made_well_formed(tmp_path: Path, workspace: Workspace) -> None:
    write_tree(tmp_path, {"a.py": "one"})
    workspace.set_overlay(tmp_path / "a.py", "\ud83d \ude00 🎉", version=1)
    assert workspace.snapshot().text("a.py") == "\ufffd \ufffd 🎉"


@pytest.mark.parametrize("with_git", [True, False])
def test_new_files_of_an_editor_belong_if_they_would_once_saved(tmp_path: Path, with_git: bool) -> None:
    ignores = {".gitignore": "out/\n*.log\n", "sub/.gitignore": "!kept.log\n", ".rlmignore": "draft_*\n"}
    root = tmp_path / "repo"
    git_repository(root, ignores) if with_git else write_tree(root, ignores)
    write_tree(root, {"binary.dat": b"\0"})
    workspace = Workspace([root], WorkspaceSettings())
    for name in (
        "new.py", "sub/deep/new.py", "sub/kept.log",
        "a.log", "out/a.py", "draft_1.py", ".env", "node_modules/a.js", "binary.dat",
    ):  # fmt: skip
        workspace.set_overlay(root / name, f"typed in {name}", version=1)
    typed = {path: text for path, text in texts(workspace.snapshot()).items() if "ignore" not in path}
    assert typed.pop("node_modules/a.js", "") == ("typed in node_modules/a.js" if with_git else "")
    assert list(typed) == ["new.py", "sub/deep/new.py", "sub/kept.log"]
    assert workspace.snapshot().text("new.py") == "typed in new.py"
    write_tree(root, {"new.py": "saved"})
    workspace.drop_overlay(root / "new.py")
    workspace.drop_overlay(root / "sub/deep/new.py")
    after = texts(workspace.snapshot())
    assert after["new.py"] == "saved"
    assert "sub/deep/new.py" not in after
    workspace.close()


@settings(max_examples=60, deadline=None)
@given(changes=CHANGES)
def test_any_order_of_changes_gives_what_a_fresh_scan_gives(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str, str]]
) -> None:
    root = tmp_path_factory.mktemp("root")
    (root / "base").write_text("base")
    workspace = Workspace([root], WorkspaceSettings())
    seen: list[tuple[Snapshot, dict[str, str]]] = []
    typed: dict[str, str] = {}
    for number, (kind, name, value) in enumerate(changes):
        file = root / name
        match kind:
            case "write":
                file.write_bytes(b"d" + value.encode())
            case "delete":
                file.unlink(missing_ok=True)
            case "rename" if file.exists():
                file.rename(root / value)
            case "type":
                workspace.set_overlay(file, value, version=number)
                typed[name] = value
            case "close":
                workspace.drop_overlay(file)
                typed.pop(name, None)
            case "look":
                snapshot = workspace.snapshot()
                seen.append((snapshot, texts(snapshot)))
    fresh = Workspace([root], WorkspaceSettings())
    expected = texts(fresh.snapshot())
    # What is on disk and left out stays so; what is not on disk yet is there.
    expected |= {name: text for name, text in typed.items() if name in expected or not (root / name).exists()}
    assert texts(workspace.snapshot()) == expected
    for snapshot, then in seen:
        assert texts(snapshot) == then
    workspace.close()
    fresh.close()


@given(blobs=st.lists(st.binary(max_size=40), max_size=30))
def test_arena_gives_back_what_was_put_in(blobs: list[bytes]) -> None:
    arena = Arena(shard_bytes=4096)
    spans = [arena.append(blob) for blob in blobs for _ in range(20)]
    maps = arena.maps
    for number, span in enumerate(spans):
        assert maps[span.shard][span.offset : span.offset + span.length] == blobs[number // 20]
    del maps
    arena.close()


def test_mapped_shards_show_what_is_appended_later() -> None:
    arena = Arena(shard_bytes=4096)
    arena.append(b"first")
    early = arena.maps[0]
    span = arena.append(b"second")
    assert early[span.offset : span.offset + span.length] == b"second"
    large = arena.append(b"x" * 10_000)
    assert (large.shard, large.length) == (1, 10_000)
    arena.close()


def test_dumped_tables_read_the_same(tmp_path: Path, workspace: Workspace) -> None:
    write_tree(tmp_path, {"a.py": "one", "sub/é.py": "two", "x.bin": b"\0"})
    snapshot = workspace.snapshot()
    loaded = Snapshot.load(snapshot.dump(), snapshot.maps)
    assert (texts(loaded), loaded.id, loaded.skipped) == (texts(snapshot), snapshot.id, snapshot.skipped)
    assert len(Snapshot.load(snapshot.restricted([]).dump(), snapshot.maps)) == 0
    assert texts(snapshot.restricted([1])) == {"sub/é.py": "two"}
