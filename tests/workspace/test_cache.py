from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import WorkspaceError
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace
from tests.support.files import write_tree
from tests.workspace.changes import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from rlm_core.workspace.snapshot import Snapshot

LARGE = 10**12


def opened(tmp_path: Path, name: str = "repo") -> Workspace:
    root = tmp_path / name
    return Workspace([root], WorkspaceSettings(), Cache(tmp_path / "cache", [root], LARGE))


def appended(snapshot: Snapshot) -> int:
    """Bytes of text that the arena of a snapshot has ever taken."""
    assert snapshot.arena is not None
    return snapshot.arena.used


@pytest.fixture
def tree(tmp_path: Path) -> dict[str, str]:
    files = {f"src/{number}.py": f"x = {number}\n" * 20 for number in range(50)}
    write_tree(tmp_path / "repo", {**files, "binary.dat": b"\0"})
    return files


def test_a_second_start_reads_only_what_changed(tmp_path: Path, tree: dict[str, str]) -> None:
    first = opened(tmp_path)
    before = first.snapshot()
    used = appended(before)
    first.save()
    first.close()
    write_tree(tmp_path / "repo", {"src/7.py": "changed\n"})
    (tmp_path / "repo/src/8.py").unlink()
    second = opened(tmp_path)
    after = second.snapshot()
    del tree["src/8.py"]
    assert texts(after) == {**tree, "src/7.py": "changed\n"}
    assert appended(after) - used == len("changed\n")
    assert after.skipped == before.skipped
    second.close()


def test_another_limit_counts_at_once(tmp_path: Path) -> None:
    write_tree(tmp_path / "repo", {"a.txt": "small\n", "b.txt": "large\n" * 1000})
    root = tmp_path / "repo"
    for max_file_kb, expected in [(4, ["a.txt"]), (64, ["a.txt", "b.txt"]), (4, ["a.txt"])]:
        cache = Cache(tmp_path / "cache", [root], LARGE)
        workspace = Workspace([root], WorkspaceSettings(max_file_kb=max_file_kb), cache)
        assert list(workspace.snapshot()) == expected
        workspace.save()
        workspace.close()


def test_files_are_private(tmp_path: Path, tree: dict[str, str]) -> None:
    workspace = opened(tmp_path)
    workspace.snapshot()
    workspace.save()
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "cache").glob("*/*")}
    assert modes == {0o600}
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert {folder.stat().st_mode & 0o777 for folder in (tmp_path / "cache").iterdir()} == {0o700}
    workspace.close()


def flip(file: Path, at: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte[0] ^ 1]))


def index_of(folder: Path) -> Path:
    return folder / "index"


def shard_of(folder: Path) -> Path:
    return next(folder.glob("*.shard"))


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: index_of(folder).unlink(),
        lambda folder: index_of(folder).write_bytes(b""),
        lambda folder: index_of(folder).write_bytes(index_of(folder).read_bytes()[:-1]),
        lambda folder: flip(index_of(folder), 40),
        lambda folder: flip(index_of(folder), index_of(folder).stat().st_size - 1),
        lambda folder: shard_of(folder).unlink(),
        lambda folder: os.truncate(shard_of(folder), 100),
    ],
    ids=["no index", "empty", "cut", "flipped head", "flipped tail", "no shard", "cut shard"],
)
def test_harm_is_noticed_and_mended(
    tmp_path: Path, tree: dict[str, str], harm: Callable[[Path], None]
) -> None:
    first = opened(tmp_path)
    first.snapshot()
    first.save()
    first.close()
    harm(next((tmp_path / "cache").iterdir()))
    for _ in range(2):
        again = opened(tmp_path)
        assert texts(again.snapshot()) == tree
        again.save()
        again.close()


def fill_disk_of_cache() -> None:
    """Has each write to a shard that is open here fail as on a disk without room."""
    for link in Path("/proc/self/fd").iterdir():
        if os.path.lexists(link) and link.readlink().suffix == ".shard":
            descriptor = int(link.name)
            if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_RDWR:
                full = os.open("/dev/full", os.O_RDWR)
                os.dup2(full, descriptor, inheritable=False)
                os.close(full)


def test_without_room_for_the_cache_text_is_kept_in_temporary_files(
    tmp_path: Path, tree: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    workspace = opened(tmp_path)
    before = workspace.snapshot()
    workspace.save()
    fill_disk_of_cache()
    write_tree(tmp_path / "repo", {"src/7.py": "new\n"})
    assert texts(workspace.snapshot()) == {**tree, "src/7.py": "new\n"}
    assert texts(before) == tree
    folder = next((tmp_path / "cache").iterdir())
    assert f"New text is not kept in {folder}, but in temporary files: No space left on device" in caplog.text
    workspace.save()
    workspace.close()
    again = opened(tmp_path)
    assert texts(again.snapshot()) == {**tree, "src/7.py": "new\n"}
    again.close()


def test_without_room_anywhere_the_folder_is_named(
    tmp_path: Path, tree: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened(tmp_path)
    before = workspace.snapshot()
    fill_disk_of_cache()
    write_tree(tmp_path / "repo", {"src/7.py": "new\n"})
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(WorkspaceError) as refusal:
            workspace.snapshot()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(refusal.value) == (
        f"The workspace's text cannot be kept in {tmp_path / 'temporary'}: File too large; make room there."
    )
    assert texts(workspace.snapshot()) == {**tree, "src/7.py": "new\n"}
    assert texts(before) == tree
    workspace.close()


def test_what_else_lies_in_the_folder_is_no_error(tmp_path: Path, tree: dict[str, str]) -> None:
    opened(tmp_path).close()
    folder = next((tmp_path / "cache").iterdir())
    write_tree(folder, {"mine/note.txt": "kept\n", "left.new": "left by a killed writer\n"})
    workspace = opened(tmp_path)
    assert texts(workspace.snapshot()) == tree
    workspace.save()
    workspace.close()
    assert (folder / "mine/note.txt").exists()
    assert not (folder / "left.new").exists()


def test_text_lost_in_a_crash_of_the_machine_is_noticed(
    tmp_path: Path, tree: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(tmp_path)
    first.snapshot()
    first.save()
    first.close()
    flip(shard_of(next((tmp_path / "cache").iterdir())), 30)
    monkeypatch.setattr("rlm_core.workspace.cache._boot_id", lambda: "another boot")
    again = opened(tmp_path)
    assert texts(again.snapshot()) == tree
    again.close()


def test_two_processes_on_one_workspace(tmp_path: Path, tree: dict[str, str]) -> None:
    owner = opened(tmp_path)
    owner.snapshot()
    owner.save()
    guest = opened(tmp_path)
    assert texts(guest.snapshot()) == tree
    write_tree(tmp_path / "repo", {"src/1.py": "one\n"})
    assert guest.snapshot().text("src/1.py") == "one\n"
    guest.save()
    write_tree(tmp_path / "repo", {"src/2.py": "two\n"})
    assert owner.snapshot().text("src/2.py") == "two\n"
    owner.save()
    owner.close()
    expected = {**tree, "src/1.py": "one\n", "src/2.py": "two\n"}
    assert texts(guest.snapshot()) == expected
    heir = opened(tmp_path)
    assert texts(heir.snapshot()) == texts(guest.snapshot()) == expected
    heir.close()
    guest.close()


# Dies by SIGKILL in the middle of its n-th write, rename or deletion; a write is torn before.
WRITER = """
import os
import signal
import sys
from pathlib import Path
from rlm_core.config import WorkspaceSettings
from rlm_core.errors import WorkspaceError
from rlm_core.workspace.cache import Cache
from rlm_core.workspace.workspace import Workspace

left = int(sys.argv[3])

def dying(function, torn=None):
    def call(*arguments, **named):
        global left
        left -= 1
        if not left:
            if torn is not None:
                torn(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)
    return call

os.write = dying(os.write, lambda to, data, write=os.write: write(to, data[: len(data) // 2]))
os.ftruncate = dying(os.ftruncate)
Path.replace = dying(Path.replace)
Path.unlink = dying(Path.unlink)
root, cache = Path(sys.argv[1]), Path(sys.argv[2])
workspace = Workspace([root], WorkspaceSettings(), Cache(cache, [root], 10**12))
for number in range(50):
    for file in range(3):
        (root / "src" / f"{file}.py").write_text(f"round {number}\\n" * 200)
    workspace.snapshot()
    workspace.save()
"""


@pytest.mark.parametrize("moment", [1, 2, 3, 20, 51, 52, 53, 54, 55, 56, 57, 58, 77])
def test_a_writer_killed_at_any_moment_leaves_a_cache_that_opens(
    tmp_path: Path, tree: dict[str, str], moment: int
) -> None:
    write_tree(tmp_path, {"writer.py": WRITER})
    arguments: list[str | Path] = [tmp_path / "repo", tmp_path / "cache", str(moment)]
    writer = subprocess.run([sys.executable, tmp_path / "writer.py", *arguments], check=False)
    assert writer.returncode == -signal.SIGKILL
    workspace = opened(tmp_path)
    fresh = Workspace([tmp_path / "repo"], WorkspaceSettings())
    assert texts(workspace.snapshot()) == texts(fresh.snapshot())
    assert workspace.snapshot().id == fresh.snapshot().id
    workspace.save()
    left = {file.name for file in (tmp_path / "cache").glob("*/*")}
    assert len(left) == 3, "index, lock and one shard: what the writer left over is swept away"
    workspace.close()
    fresh.close()


def test_least_recently_used_workspaces_make_room(tmp_path: Path) -> None:
    for age, name in enumerate(["newest", "older", "oldest"]):
        write_tree(tmp_path / name, {"a.txt": "some words\n" * 9000})
        workspace = opened(tmp_path, name)
        workspace.snapshot()
        workspace.save()
        workspace.close()
        folder = max((tmp_path / "cache").iterdir(), key=lambda path: path.stat().st_ctime_ns)
        os.utime(folder, (1e9 - age, 1e9 - age))
    write_tree(tmp_path / "now", {"a.txt": "a"})
    Cache(tmp_path / "cache", [tmp_path / "now"], 250_000).close()
    left = [folder.stat().st_mtime for folder in (tmp_path / "cache").iterdir()]
    assert sorted(left)[:-1] == [1e9 - 1, 1e9]


def test_dead_text_is_reclaimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlm_core.workspace.store._DEAD_BYTES", 1000)
    write_tree(tmp_path / "repo", {"a.py": "0\n" * 100, "kept.py": "kept\n"})
    workspace = opened(tmp_path)
    old = workspace.snapshot()
    for number in range(1, 40):
        write_tree(tmp_path / "repo", {"a.py": f"{number}\n" * 100})
        assert workspace.snapshot().text("a.py") == f"{number}\n" * 100
        assert appended(workspace.snapshot()) < 3000
    assert texts(old) == {"a.py": "0\n" * 100, "kept.py": "kept\n"}
    workspace.save()
    assert len(list((tmp_path / "cache").glob("*/*.shard"))) == 1
    workspace.close()


def replaced_by_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def replaced_by_link(file: Path) -> None:
    file.rename(file.with_name("moved"))
    file.symlink_to("moved")


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: replaced_by_pipe(index_of(folder)),
        lambda folder: replaced_by_pipe(shard_of(folder)),
        lambda folder: replaced_by_link(index_of(folder)),
        lambda folder: replaced_by_link(shard_of(folder)),
    ],
    ids=["pipe for the index", "pipe for a shard", "link for the index", "link for a shard"],
)
def test_what_is_no_file_of_a_caches_own_is_not_opened(
    tmp_path: Path, tree: dict[str, str], harm: Callable[[Path], None]
) -> None:
    first = opened(tmp_path)
    first.snapshot()
    first.save()
    first.close()
    folder = next((tmp_path / "cache").iterdir())
    known = shard_of(folder).name
    harm(folder)
    write_tree(tmp_path / "other", {"a.txt": "a\n"})
    opened(tmp_path, "other").close()  # looks at what the others take, and which version wrote it
    again = opened(tmp_path)
    assert texts(again.snapshot()) == tree
    again.save()
    again.close()
    assert [file.name for file in folder.glob("*.shard")] != [known]


def test_an_index_that_is_too_large_is_not_read(
    tmp_path: Path, tree: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(tmp_path)
    first.snapshot()
    first.save()
    first.close()
    known = shard_of(next((tmp_path / "cache").iterdir()))
    monkeypatch.setattr("rlm_core.workspace.cache.MAX_INDEX_BYTES", 100)
    again = opened(tmp_path)
    assert texts(again.snapshot()) == tree
    again.close()
    assert not known.exists()


def test_a_folder_that_is_a_link_is_not_used(tmp_path: Path, tree: dict[str, str]) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache").symlink_to("elsewhere")
    with pytest.raises(OSError, match="it is a link"):
        opened(tmp_path)
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_used(tmp_path: Path, tree: dict[str, str]) -> None:
    (tmp_path / "cache").mkdir()
    os.chown(tmp_path / "cache", 12345, -1)
    with pytest.raises(PermissionError, match="it belongs to another user"):
        opened(tmp_path)
