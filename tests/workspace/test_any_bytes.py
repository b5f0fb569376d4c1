"""Whatever an ignore file says or git prints, a workspace opens or says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import QueryError
from rlm_core.workspace.ignore_files import IgnoreFiles
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git, git_repository, write_tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

bounded = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

FILES = [
    "a", "b", "ab", "a.b", "a/a", "a/b", "b/a", "a/b/a", "a/b/ab", "b/a.b/b", "ab/a/b", "a.b/a", "ba/ab",
]  # fmt: skip

SIGNS = ["a", "b", ".", "*", "?", "/", "**", "[ab]", "[!a]", "\\", "!", "#", " ", "[", "]", "{", "}"]


def pieces(parts: Sequence[bytes], most: int) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(parts) | st.binary(max_size=3), max_size=most).map(b"".join)


@bounded
@given(pieces([*(sign.encode() for sign in SIGNS), b"\n", b"\r\n", b"\0", b"(", b"+", b"\xff"], 40))
def test_any_rlmignore(tmp_path: Path, rules: bytes) -> None:
    write_tree(tmp_path, {"a/b.py": "b\n", "a.py": "a\n", ".rlmignore": rules})
    workspace = Workspace([tmp_path], WorkspaceSettings())
    snapshot = workspace.snapshot()
    left_out = {item.path for item in snapshot.skipped}
    assert {*snapshot, *left_out} == {"a/b.py", "a.py", ".rlmignore"}
    workspace.close()


# What both document, but for `[!a]`: pathspec has it match a `/` too, and so leaves out more than git would.
RULE = st.lists(st.sampled_from(["a", "b", ".", "*", "?", "/", "[ab]"]), min_size=1, max_size=5)


@bounded
@given(st.lists(RULE.map("".join), min_size=1, max_size=5))
def test_rlmignore_leaves_out_what_git_would(tmp_path: Path, rules: list[str]) -> None:
    text = "\n".join(rules) + "\n"
    write_tree(tmp_path, {".rlmignore": text, ".gitignore": text})
    if not (tmp_path / ".git").exists():
        git(tmp_path, "init", "--quiet")
    printed = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=tmp_path,
        input="".join(f"{path}\0" for path in FILES),
        capture_output=True,
        text=True,
        check=False,
    )
    ours = IgnoreFiles(tmp_path, ".rlmignore")
    ours.read([""])
    assert [path for path in FILES if ours.decide(path)[0]] == printed.stdout.split("\0")[:-1]


STAND_IN = """#!/bin/sh
for said in "$@"; do
    case "$said" in
        ls-files|ls-tree|rev-parse|check-ignore) name=$said;;
        --others|--batch|--batch-check) name=$said;;
    esac
done
cat "$(dirname "$0")/../said/$name"
"""
OID = b"0123456789" * 4
SAID = [
    b"100644 ", b"160000 ", b"040000 ", b"blob ", b"tree ", OID, b" 0\t", b"\t", b" ", b"\0", b"\n", b"a.py",
    b"sub/", b"../x", b"/etc/passwd", b" missing", b"-1", b"9" * 5000, b"1", b"\xff", b"\xc2\xb2", b".git",
]  # fmt: skip
COMMANDS = ["ls-files", "--others", "check-ignore", "rev-parse", "ls-tree", "--batch-check", "--batch"]
USUAL = {
    "ls-files": b"100644 " + OID + b" 0\ta.py\0",
    "rev-parse": b".git/objects\n" + OID + b"\n",
    "ls-tree": b"100644 blob " + OID + b"\ta.py\0",
    "--batch-check": OID + b" blob 2\n",
    "--batch": OID + b" blob 2\nb\n\n",
}


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell's")
@bounded
@given(st.sampled_from(COMMANDS), pieces(SAID, 12))
@example("ls-tree", b"100644\0")
@example("--batch-check", b"9" * 5000)
def test_anything_that_git_could_print(
    tmp_path_factory: pytest.TempPathFactory, command: str, said: bytes
) -> None:
    top = tmp_path_factory.mktemp("stand-in")
    root = git_repository(top / "repo", {"a.py": "a\n", "sub/b.py": "b\n"})
    write_tree(top, {f"said/{name}": USUAL.get(name, b"") for name in COMMANDS})
    write_tree(top, {"bin/git": STAND_IN, f"said/{command}": said})
    (top / "bin/git").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{top}/bin{os.pathsep}{os.environ['PATH']}")
        workspace = Workspace([root], WorkspaceSettings())
        snapshot = workspace.snapshot()
        assert set(snapshot) <= {"a.py", "sub/b.py"}
        workspace.remember(snapshot)
        assert snapshot.history is not None
        try:
            snapshot.history.changes("HEAD")
            assert snapshot.history.text("a.py", "HEAD") in {"b\n", None} or command == "--batch"
        except QueryError:
            pass
    workspace.close()
