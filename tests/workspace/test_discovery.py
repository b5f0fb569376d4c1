from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.errors import QueryError, WorkspaceError
from rlm_core.workspace import watcher
from rlm_core.workspace.workspace import Workspace
from tests.support.files import forge_index, git, git_repository, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rlm_core.workspace.history import History
    from rlm_core.workspace.snapshot import Snapshot


def read(*roots: Path, max_file_kb: int = 64) -> Snapshot:
    return Workspace(roots, WorkspaceSettings(max_file_kb=max_file_kb)).snapshot()


def reasons(snapshot: Snapshot) -> dict[str, str]:
    return {item.path: item.reason for item in snapshot.skipped}


def past(workspace: Workspace) -> History:
    snapshot = workspace.snapshot()
    workspace.remember(snapshot)
    assert snapshot.history is not None
    return snapshot.history


def plain(root: Path, files: Mapping[str, str | bytes]) -> Path:
    root.mkdir()
    return write_tree(root, files)


def untracked(root: Path, files: Mapping[str, str | bytes]) -> Path:
    root.mkdir()
    git(root, "init", "--quiet")
    return write_tree(root, files)


@pytest.mark.parametrize("make", [plain, untracked], ids=["without git", "with git"])
def test_gitignore_rules(tmp_path: Path, make: Callable[[Path, Mapping[str, str]], Path]) -> None:
    root = make(
        tmp_path / "repo",
        {
            ".gitignore": "*.log\n/build/\n!keep.log\ndocs/*.html\n",
            "a.py": "a",
            "x.log": "x",
            "keep.log": "k",
            "build/out.py": "o",
            "src/build/in.py": "i",
            "docs/page.html": "p",
            "docs/deep/page.html": "p",
            "src/.gitignore": "secret_*\n!x.log\n",
            "src/secret_plan.txt": "s",
            "src/x.log": "x",
            ".github/workflow.yml": "w",
        },
    )
    assert list(read(root)) == [
        ".github/workflow.yml",
        ".gitignore",
        "a.py",
        "docs/deep/page.html",
        "keep.log",
        "src/.gitignore",
        "src/build/in.py",
        "src/x.log",
    ]


def test_tracked_files_stay_even_when_ignored(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {".gitignore": "*.gen\n", "kept.gen": "tracked"})
    write_tree(root, {"new.gen": "untracked", "new.py": "untracked"})
    assert list(read(root)) == [".gitignore", "kept.gen", "new.py"]


def test_deleted_but_tracked_file_is_simply_gone(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a", "b.py": "b"})
    (root / "a.py").unlink()
    assert list(read(root)) == ["b.py"]


def test_exclude_file_and_worktree(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a"})
    (root / ".git/info/exclude").write_text("scratch*\n")
    git(root, "worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "other")
    for folder in (root, tmp_path / "tree"):
        write_tree(folder, {"scratch.py": "s", "new.py": "n"})
        assert list(read(folder)) == ["a.py", "new.py"]


def test_submodules_and_embedded_repositories(tmp_path: Path) -> None:
    library = git_repository(tmp_path / "library", {"lib.c": "int x;", ".gitignore": "*.o\n"})
    root = git_repository(tmp_path / "repo", {"main.c": "int main;"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "vendor/lib")
    write_tree(root, {"vendor/lib/lib.o": "object"})
    git_repository(root / "embedded", {"e.c": "int e;"})
    assert list(read(root)) == [
        ".gitmodules",
        "embedded/e.c",
        "main.c",
        "vendor/lib/.gitignore",
        "vendor/lib/lib.c",
    ]


def test_root_inside_a_repository(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {".gitignore": "out/\n", "sub/a.py": "a", "b.py": "b"})
    write_tree(root, {"out/made.py": "m"})
    assert list(read(root / "sub")) == ["a.py"]
    assert list(read(root / "out")) == ["made.py"], "a root that is itself ignored was meant"


def test_git_configuration_of_the_repository_runs_nothing(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a"})
    trap = write_tree(tmp_path, {"trap.sh": f"#!/bin/sh\ntouch {tmp_path}/sprung\n"}) / "trap.sh"
    trap.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(trap))
    subprocess.run(["git", "ls-files", "--others"], cwd=root, check=True, capture_output=True)
    assert (tmp_path / "sprung").exists(), "the trap works"
    (tmp_path / "sprung").unlink()
    assert list(read(root)) == ["a.py"]
    assert not (tmp_path / "sprung").exists()


def test_rlmignore_is_applied_on_top(tmp_path: Path) -> None:
    root = git_repository(
        tmp_path / "repo",
        {
            ".rlmignore": "generated/\n*.min.js\n",
            "generated/.rlmignore": "!keep.py\n",
            "generated/keep.py": "k",
            "generated/a.py": "a",
            ".gitignore": "*.pb.go\n",
            "api/.rlmignore": "!*.pb.go\n",
            "web/app.min.js": "m",
            "web/app.js": "j",
        },
    )
    write_tree(root, {"api/service.pb.go": "package api", "other/service.pb.go": "package other"})
    snapshot = read(root)
    assert [path for path in snapshot if "ignore" not in path] == [
        "api/service.pb.go", "generated/keep.py", "web/app.js",
    ]  # fmt: skip
    assert reasons(snapshot)["generated/a.py"] == "named in .rlmignore"


def exclude(root: Path, home: Path) -> None:
    (root / ".git/info/exclude").write_text(".rlmignore\n")


def exclude_everywhere(root: Path, home: Path) -> None:
    write_tree(home, {"git/ignore": ".rlmignore\n"})


def exclude_in_the_repository(root: Path, home: Path) -> None:
    (root / ".gitignore").write_text("/*\n.rlmignore\n")


@pytest.mark.parametrize("hide", [exclude, exclude_everywhere, exclude_in_the_repository])
def test_rlmignore_counts_whatever_git_thinks_of_it(
    tmp_path: Path, own_home: Path, hide: Callable[[Path, Path], None]
) -> None:
    root = git_repository(
        tmp_path / "repo", {"src/a.py": "SECRET=1", "lib/b.py": "b", "lib/own/c.py": "SECRET=2"}
    )
    write_tree(root, {".rlmignore": "src/\n", "lib/.rlmignore": "own\n"})
    hide(root, own_home)
    workspace = Workspace([root], WorkspaceSettings())
    snapshot = workspace.snapshot()
    assert "lib/b.py" in snapshot
    assert {"src/a.py", "lib/own/c.py"}.isdisjoint(snapshot)
    assert reasons(snapshot) == dict.fromkeys(["src/a.py", "lib/own/c.py"], "named in .rlmignore")
    assert workspace.rules == {".rlmignore": 1, "lib/.rlmignore": 1}


def tracked_gitignore(root: Path, files: Mapping[str, str | bytes]) -> Path:
    git_repository(root, {".gitignore": files[".gitignore"]})
    return write_tree(root, files)


@pytest.mark.parametrize("make", [plain, untracked, tracked_gitignore])
def test_an_ignored_rlmignore_takes_back(
    tmp_path: Path, make: Callable[[Path, Mapping[str, str]], Path]
) -> None:
    root = make(
        tmp_path / "repo",
        {
            ".gitignore": "/*\n",
            ".rlmignore": "!src/\n",
            "src/a.py": "a",
            "src/.rlmignore": "own.py\n",
            "src/own.py": "SECRET=1",
            "lib/b.py": "b",
        },
    )
    snapshot = read(root)
    assert [path for path in snapshot if path.endswith(".py")] == ["src/a.py"]
    assert reasons(snapshot) == {"src/own.py": "named in .rlmignore"}


def test_rlmignore_of_a_folder_without_git_is_counted(tmp_path: Path) -> None:
    root = plain(
        tmp_path / "repo",
        {"a.py": "a", ".rlmignore": "data/\n!node_modules/own/\n", "data/b.py": "b", ".git": "no repository"}
        | {"node_modules/own/c.js": "c", "node_modules/dep/d.js": "d"},
    )
    snapshot = read(root)
    assert list(snapshot) == [".rlmignore", "a.py", "node_modules/own/c.js"]
    assert reasons(snapshot) == {"data/b.py": "named in .rlmignore"}


@pytest.mark.parametrize("make", [plain, untracked], ids=["without git", "with git"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "large", "many rules"])
def test_what_an_unreadable_rlmignore_may_have_named_is_left_out(
    tmp_path: Path, make: Callable[[Path, Mapping[str, str]], Path], kind: str
) -> None:
    root = make(tmp_path / "repo", {"a.py": "a", "own/b.py": "b", "own/deep/c.py": "c"})
    file = root / "own/.rlmignore"
    if kind == "link":
        file.symlink_to(write_tree(tmp_path, {"elsewhere": "b.py\n"}) / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "large":
        file.write_text("#\n" * 200_000)
    else:
        file.write_text("".join(f"*a{number}*b*c*d*\n" for number in range(5000)))
    workspace = Workspace([root], WorkspaceSettings())
    assert list(workspace.snapshot()) == ["a.py"]
    assert "own/.rlmignore" in workspace.notes[-1]
    assert "all files of own/ are left out" in workspace.notes[-1]


def test_a_rule_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {".rlmignore": "own.py\n!\n[z-a]\n", "a.py": "a", "own.py": "b"})
    workspace = Workspace([root], WorkspaceSettings())
    assert list(workspace.snapshot()) == [".rlmignore", "a.py"]
    assert workspace.notes == (
        ".rlmignore has a rule that cannot be used: '!'.",
        ".rlmignore has a rule that cannot be used: '[z-a]'.",
    )


def test_ignore_files_of_a_repository_have_a_bound_together(tmp_path: Path) -> None:
    files = {f"{number:03}/.rlmignore": "own.py\n" for number in range(300)}
    root = git_repository(tmp_path / "repo", files | {f"{number:03}/a.py": "a" for number in range(300)})
    workspace = Workspace([root], WorkspaceSettings())
    assert [path for path in workspace.snapshot() if path.endswith("a.py")] == [
        f"{number:03}/a.py" for number in range(256)
    ]
    assert "files of more than 256 KB are there" in workspace.notes[0]
    assert workspace.notes[-1] == "The same goes for 39 more."


def test_folders_that_are_never_source_without_git(tmp_path: Path) -> None:
    root = plain(
        tmp_path / "repo",
        {"a.js": "a", "node_modules/dep/index.js": "d", "src/__pycache__/x.pyc": "x", ".hg/store": "s"},
    )
    workspace = Workspace([root], WorkspaceSettings())
    assert list(workspace.snapshot()) == ["a.js"]
    assert "usual folders" in workspace.notes[0]


def test_what_is_skipped_is_listed_with_the_reason(tmp_path: Path) -> None:
    root = plain(
        tmp_path / "repo",
        {
            "a.py": "a",
            ".env": "TOKEN=1",
            ".env.example": "TOKEN=",
            "deploy/id_rsa": "key",
            "cert.pem": "-----BEGIN RSA PRIVATE KEY-----\nMII\n",
            "public.pem": "-----BEGIN CERTIFICATE-----\nMII\n",
            "image.png": b"\x89PNG\0\0",
            "big.json": "word\n" * 13_108,
            "fits.json": "word\n" * 13_107,
            "app.min.js": "x" * 40_000,
        },
    )
    (root / "inside").symlink_to(root / "a.py")
    (root / "outside").symlink_to("/etc/passwd")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "pipe")
    snapshot = read(root)
    assert list(snapshot) == [".env.example", "a.py", "fits.json", "public.pem"]
    assert reasons(snapshot) == {
        ".env": "secret: file name",
        "app.min.js": "minified or generated: very long lines",
        "big.json": "larger than 64 KB",
        "cert.pem": "secret: private key",
        "deploy/id_rsa": "secret: file name",
        "image.png": "binary",
        "inside": "symbolic link",
        "loop": "symbolic link",
        "outside": "symbolic link",
        "pipe": "not a regular file",
    }


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        ("naïve €".encode(), "naïve €"),
        (b"\xef\xbb\xbfbom", "bom"),
        ("wide é\r\n".encode("utf-16"), "wide é\r\n"),
        ("wide é".encode("utf-32"), "wide é"),
        ("Überraschung für größere Männer\n".encode("latin-1"), "Überraschung für größere Männer\n"),
        ("größer später\n".encode() * 2 + b"bad \xff byte\n", "größer später\n" * 2 + "bad \ufffd byte\n"),
        (
            "日本語のコメントです。これは長い文章です。\n".encode("shift-jis"),
            "日本語のコメントです。これは長い文章です。\n",
        ),
        (b"mixed\rold\r\nline\nends", "mixed\rold\r\nline\nends"),
        (b"a" * 9000 + b"\0late", "a" * 9000 + "\0late"),
    ],
    ids=["empty", "utf8", "bom", "utf16", "utf32", "latin1", "damaged", "shift-jis", "line ends", "late nul"],
)
def test_encodings(tmp_path: Path, raw: bytes, text: str) -> None:
    assert read(write_tree(tmp_path, {"file.txt": raw})).text("file.txt") == text


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
    snapshot = read(tmp_path)
    assert list(snapshot) == [r"caf\xe9.py"]
    assert snapshot.text(r"caf\xe9.py") == "x = 1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="names there are Unicode")
@pytest.mark.parametrize("with_git", [True, False])
def test_roots_whose_names_are_not_utf8(tmp_path: Path, *, with_git: bool) -> None:
    root, other = tmp_path / "r\udcff\n", write_tree(tmp_path / "other", {"c.py": "c"})
    write_tree(root, {"a.py": "a", "su[b]/b.py": "b", "x.log": "x", ".gitignore": "*.log\n", "no/n.py": "n"})
    write_tree(root, {"lib/.git": "gitdir: nowhere", "lib/\udcfe.py": "l"})
    if with_git:
        git(root, "init", "--quiet")
    else:
        os.mkfifo(root / "no/.gitignore")
    workspace = Workspace([root, other], WorkspaceSettings())
    inside = [".gitignore", "a.py", "lib/\\xfe.py", *(["no/n.py"] if with_git else []), "su[b]/b.py"]
    assert list(workspace.snapshot()) == ["other/c.py", *(f"r\\xff\\n/{path}" for path in inside)]
    assert all(note.isprintable() for note in workspace.notes)
    with pytest.raises(QueryError, match=r"r\\xff\\n/"):
        past(workspace).changes("nothing")
    workspace.close()


def test_several_roots(tmp_path: Path) -> None:
    for name in ("one/app", "two/app", "lib"):
        write_tree(tmp_path / name, {"a.py": name})
    snapshot = read(tmp_path / "one/app", tmp_path / "two/app", tmp_path / "lib", tmp_path / "lib")
    assert {path: snapshot.text(path) for path in snapshot} == {
        "app/a.py": "one/app",
        "app-2/a.py": "two/app",
        "lib/a.py": "lib",
    }


def test_roots_that_nobody_can_have_meant(tmp_path: Path, own_home: Path) -> None:
    (tmp_path / "file").write_text("x")
    for root, words in [
        (tmp_path / "missing", "no folder"),
        (tmp_path / "file", "not a folder"),
        (tmp_path.__class__("/"), "whole file system"),
        (own_home, "home folder"),
    ]:
        with pytest.raises(WorkspaceError, match=words):
            read(root)


@pytest.mark.parametrize("watched", [False, True])
def test_an_index_cannot_name_files_outside(tmp_path: Path, *, watched: bool) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a", "x..y/b.": "b"})
    write_tree(tmp_path, {"outside.txt": "secret", "other/c.txt": "secret"})
    outside = ["../outside.txt", "a/../../outside.txt", "./../other/c.txt", f"{tmp_path}/outside.txt"]
    aliases = ["./a.py", "x..y//b.", "x..y/./b."]  # under which `.rlmignore` would not know a file
    forge_index(root, [*outside, *aliases, "a.py", "x..y/b."])
    assert git(root, "ls-files").count("outside") == 3
    workspace = Workspace([root], WorkspaceSettings())
    following, _ = watcher.start(workspace)
    workspace.watch(following if watched else None)
    assert list(workspace.snapshot()) == ["a.py", "x..y/b."]
    assert "names 7 files by paths that could lead out; left out" in " ".join(workspace.notes)
    assert following is not None
    following.close()
    workspace.close()


def test_links_in_the_place_of_folders_lead_nowhere(tmp_path: Path) -> None:
    write_tree(tmp_path / "outside", {"passwd": "root:x", "deep/key": "k", "deep/.git/config": ""})
    root = git_repository(tmp_path / "repo", {"a.py": "a", "x/passwd": "mine", "y/deep/key": "mine"})
    for name in ("x", "y"):
        shutil.rmtree(root / name)
        (root / name).symlink_to(tmp_path / "outside")
    snapshot = read(root)
    assert {path: snapshot.text(path) for path in snapshot} == {"a.py": "a"}
    assert reasons(snapshot) == {"x": "symbolic link", "y": "symbolic link"}


def test_a_sparse_checkout_is_what_is_there(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {"here/a.py": "a", "there/b.py": "b", "top.py": "t"})
    git(root, "sparse-checkout", "set", "here")
    assert list(read(root)) == ["here/a.py", "top.py"]


def test_global_excludes(tmp_path: Path, own_home: Path) -> None:
    write_tree(own_home, {"git/ignore": "*.swp\n"})
    root = git_repository(tmp_path / "repo", {"a.py": "a", "kept.swp": "tracked"})
    write_tree(root, {"b.swp": "b", "c.py": "c"})
    assert list(read(root)) == ["a.py", "c.py", "kept.swp"]


def test_ignore_files_of_other_tools_say_nothing(tmp_path: Path) -> None:
    files = {".ignore": "*.md\n", ".dockerignore": "*\n", "a.py": "a", "b.md": "b"}
    assert list(read(plain(tmp_path / "one", files))) == list(read(untracked(tmp_path / "two", files)))


GENERATED = "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage api\n"


@pytest.mark.parametrize("make", [plain, untracked], ids=["without git", "with git"])
def test_generated_files_are_left_out_and_can_be_taken_back(
    tmp_path: Path, make: Callable[[Path, Mapping[str, str]], Path]
) -> None:
    root = make(
        tmp_path / "repo",
        {
            "api.pb.go": GENERATED,
            "web/api.pb.go": GENERATED,
            "parser.c": "/* A Bison parser.\n * @generated\n */\nint x;\n",
            "auto.h": "/************\n ** auto-generated file\n **   DO NOT EDIT BELOW **\n",
            "gen.awk": 'BEGIN {\n  print "/* Generated file - do not edit */"\n}\n',
            "notes.md": "How files are generated.\n\nAnd later: do not edit them.\n",
            "late.py": "x = 1\n" * 300 + "# generated, do not edit\n",
        },
    )
    workspace = Workspace([root], WorkspaceSettings())
    snapshot = workspace.snapshot()
    assert list(snapshot) == ["gen.awk", "late.py", "notes.md"]
    assert reasons(snapshot) == dict.fromkeys(
        ["api.pb.go", "auto.h", "parser.c", "web/api.pb.go"], "generated: its head says so"
    )
    write_tree(root, {".rlmignore": "!/api.pb.go\n"})
    assert workspace.snapshot().text("api.pb.go") == GENERATED
    assert "web/api.pb.go" not in workspace.snapshot()
    (root / ".rlmignore").unlink()
    assert "api.pb.go" not in workspace.snapshot()
    workspace.close()


@pytest.mark.parametrize("with_git", [False, True])
def test_nothing_of_gits_own_is_in_the_context(tmp_path: Path, *, with_git: bool) -> None:
    names = [".git/config", ".GIT/config", "sub/.git/config", "sub/.Git/HEAD", "git~1/config", ".git./config"]
    root = tmp_path / "repo"
    if with_git:
        git_repository(root, {"a.py": "a", ".github/x.yml": "x", ".gitignore": "y"})
        forge_index(root, ["a.py", ".github/x.yml", ".gitignore", *names])
        assert git(root, "ls-files").count("config") == 5
    write_tree(
        root, {"a.py": "a", ".github/x.yml": "x", ".gitignore": "y", **dict.fromkeys(names[1:], "url = x")}
    )
    workspace = Workspace([root], WorkspaceSettings())
    snapshot = workspace.snapshot()
    assert list(snapshot) == [".github/x.yml", ".gitignore", "a.py"]
    if with_git:
        assert "of git's own" in " ".join(workspace.notes)
    workspace.set_overlay(root / "new/.GIT/config", "typed", 1)
    assert list(workspace.snapshot()) == [".github/x.yml", ".gitignore", "a.py"]
    workspace.remember(snapshot)
    assert snapshot.history is not None
    if with_git:
        assert snapshot.history.text(".GIT/config", "HEAD") is None
    else:
        with pytest.raises(QueryError):
            snapshot.history.text(".GIT/config", "HEAD")
    workspace.close()


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("own.py\n".encode("utf-8-sig"), {"a.py", "d/b.py"}),
        (b"own.py\rd/\r", {"a.py"}),
        (b"own.py\r\nd/\r\n", {"a.py"}),
        ("own.py\n".encode("utf-16"), set()),
        ("own.py\n".encode("utf-16-le"), set()),
        (b"own.py\n\xff\n", set()),
        (b"own.py\n[[:alpha:]*\n", {"a.py", "d/b.py"}),
        (b"[[:lower:][:digit:]]wn.py\n[![:punct:]].txt\n[z-a]*\n!\n\\\nd\\\n", {"a.py", "d/b.py"}),
    ],
    ids=[
        "byte order mark",
        "CR",
        "CRLF",
        "UTF-16",
        "UTF-16 without a mark",
        "Latin-1",
        "a class without an end",
        "classes of characters, and lines that are no rules",
    ],
)
@pytest.mark.filterwarnings("default")
def test_rlmignore_as_editors_write_it(
    tmp_path: Path, content: bytes, left: set[str], recwarn: pytest.WarningsRecorder
) -> None:
    root = plain(tmp_path / "repo", {".rlmignore": content, "own.py": "o", "a.py": "a", "d/b.py": "b"})
    workspace = Workspace([root], WorkspaceSettings())
    assert set(workspace.snapshot()) - {".rlmignore"} == left
    told = " ".join(workspace.notes)
    assert ("is no UTF-8 text, so all files of its folder are left out" in told) == (not left)
    assert ("has a rule that cannot be used: '[[:alpha:]*'" in told) == (b"alpha" in content)
    assert not list(recwarn)


def test_a_folder_that_is_not_read_is_told_and_not_called_deleted(tmp_path: Path) -> None:
    root = git_repository(tmp_path / "repo", {"a.py": "a", "d/e/c.py": "c", "gone.py": "g"})
    (root / "gone.py").unlink()
    (root / ".git/index").write_text("torn")  # so git, which would wait for the pipe, lists nothing
    os.mkfifo(root / "d/.gitignore")
    workspace = Workspace([root], WorkspaceSettings())
    history = past(workspace)
    assert reasons(history.present) == {"d": "folder whose ignore file cannot be read"}
    assert [tuple(change) for change in history.changes("HEAD")] == [("gone.py", "deleted")]


def test_usual_folders_that_are_left_out_are_named(tmp_path: Path) -> None:
    root = plain(
        tmp_path / "repo",
        {
            "a.py": "a",
            "web/node_modules/b.js": "b",
            ".venv/c.py": "c",
            ".tox/d.py": "d",
            ".gitignore": "!.tox/",
        },
    )
    workspace = Workspace([root], WorkspaceSettings())
    assert ".tox/d.py" in workspace.snapshot()
    assert workspace.notes[-1] == f"Of the usual folders, left out in {root}: .venv, web/node_modules."
