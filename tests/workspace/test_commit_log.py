from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rlm_core.config import WorkspaceSettings
from rlm_core.context.context import Context
from rlm_core.errors import QueryError
from rlm_core.workspace.workspace import Workspace
from tests.support.files import git, git_repository, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "ghp_" + "a1B2" * 9


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With three commits: of `Ada`, `Grace` and somebody whose name is in Latin-1."""
    root = git_repository(
        tmp_path / "repo", {"old.py": "one\ntwo\nthree\n", "sub/b.py": "b\n", ".env": "K=1\n"}
    )
    git(root, "mv", "old.py", "a.py")
    commit(root, f"Rename it\n\nBecause of {KEY}.\n\nCo-authored-by: Bob <bob@example.org>", "Ada")
    write_tree(root, {"a.py": "one\n2\nthree\n"})
    commit(root, "Count\nin digits", "Grace ada@example.org")
    return root


def commit(root: Path, message: str, author: str) -> str:
    git(root, "commit", "--quiet", "--all", f"--message={message}", f"--author={author} <x@example.org>")
    return git(root, "rev-parse", "HEAD").strip()


@pytest.fixture
def context_of() -> Iterator[Callable[..., Context]]:
    """Opens folders and gives the context of what they say then."""
    opened: list[Workspace] = []

    def context_of(*roots: Path) -> Context:
        opened.append(Workspace(roots, WorkspaceSettings()))
        snapshot = opened[-1].snapshot()
        opened[-1].remember(snapshot)
        return Context(snapshot, snapshot.history)

    yield context_of
    for workspace in opened:
        workspace.close()


def test_the_commits_of_all_files_and_of_one(repository: Path, context_of: Callable[..., Context]) -> None:
    context = context_of(repository)
    commits = context.log()
    head = git(repository, "rev-parse", "HEAD").strip()
    assert (commits[0].commit, commits[0].author, commits[0].subject) == (head, "Grace", "Count")
    assert (commits[0].body, commits[0].files) == ("in digits", ("a.py",))
    assert repr(commits[0]) == f"{head[:10]} {commits[0].date[:10]} Grace: Count"
    assert (len(commits), commits.total, commits.note) == (3, 3, "")
    assert commits[2].files == (".env", "old.py", "sub/b.py")
    assert [found.subject for found in context.log("sub/")] == ["first"]
    latest = context.log(limit=1)
    assert (len(latest), latest.total) == (1, None)
    assert [found.subject for found in context.log(rev="HEAD~1")] == ["Rename it", "first"]


def test_where_the_log_of_a_renamed_file_goes_on(
    repository: Path, context_of: Callable[..., Context]
) -> None:
    commits = context_of(repository).log("a.py")
    assert [found.subject for found in commits] == ["Count", "Rename it"]
    before = commits[-1].commit[:12]
    assert commits.note == f"Before {before} it was old.py: log('old.py', rev='{before}~1')."
    assert [found.subject for found in context_of(repository).log("old.py", rev=f"{before}~1")] == ["first"]


def test_what_a_merge_changed_itself(repository: Path, context_of: Callable[..., Context]) -> None:
    git(repository, "checkout", "--quiet", "-b", "side", "HEAD~1")
    write_tree(repository, {"a.py": "one\nII\nthree\n", "sub/b.py": "c\n"})
    commit(repository, "Count in Latin", "Ada")
    git(repository, "checkout", "--quiet", "main")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "side")
    write_tree(repository, {"a.py": "one\nboth\nthree\n"})
    commit(repository, "Merge", "Ada")
    merge, *_ = context_of(repository).log()
    assert (merge.subject, merge.files) == ("Merge", ("a.py",))


def test_secrets_and_addresses_are_not_in_messages(
    repository: Path, context_of: Callable[..., Context]
) -> None:
    _, rename, _ = context_of(repository).log()
    assert rename.body.startswith("Because of [secret: GitHub token]*")
    assert rename.body.endswith(".\n\nCo-authored-by: Bob")
    assert KEY not in rename.body
    assert "@" not in f"{context_of(repository).log()}{context_of(repository).blame('a.py')}"


def test_messages_in_other_encodings(repository: Path, context_of: Callable[..., Context]) -> None:
    tree = git(repository, "rev-parse", "HEAD^{tree}").strip()
    raw = f"tree {tree}\nauthor Zoë <z@z> 1 +0000\ncommitter Zoë <z@z> 1 +0000\nencoding UTF-7\n\nGrün\n"
    written = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=repository,
        input=raw.encode("latin-1"),
        check=True,
        capture_output=True,
    )
    [found] = context_of(repository).log(rev=written.stdout.decode().strip())
    assert repr(found).endswith("1970-01-01 Zoë: Grün")


@pytest.mark.parametrize("path", [".env", "own/notes.md", "../repo/a.py", ".git/config", "/etc/passwd"])
def test_what_does_not_belong_in_a_context_has_no_past_in_it(
    repository: Path, context_of: Callable[..., Context], path: str
) -> None:
    write_tree(repository, {".rlmignore": "own/\n", "own/notes.md": "mine\n"})
    git(repository, "add", "--all")
    commit(repository, "Add notes", "Ada")
    with pytest.raises(QueryError, match="is not part of the context, nor is its past"):
        context_of(repository).log(path)


def test_lines_and_who_wrote_them(repository: Path, context_of: Callable[..., Context]) -> None:
    context = context_of(repository)
    lines = context.blame("a.py")
    assert [(line.line, line.author, line.subject, line.text) for line in lines] == [
        (1, "Somebody", "first", "one"),
        (2, "Grace", "Count", "2"),
        (3, "Somebody", "first", "three"),
    ]
    assert (lines.total, lines.note) == (3, "")
    assert repr(lines[1]) == f"a.py:2 ({lines[1].commit[:10]} {lines[1].date[:10]} Grace): 2"
    assert list(context.blame("a.py", 2, 3)) == list(context.blame("a.py:2-3")) == lines[1:]
    assert list(context.blame("a.py", 2)) == [lines[1]]


def test_lines_that_are_not_committed(repository: Path, context_of: Callable[..., Context]) -> None:
    write_tree(repository, {"a.py": "zero\r\none\r\n2\r\nthree!\r\n", "new.py": "new\n"})
    lines = context_of(repository).blame("a.py")
    assert [line.author for line in lines] == ["", "Somebody", "Grace", ""]
    assert lines.note == "2 lines differ from HEAD: not committed."
    assert repr(lines[0]) == "a.py:1 (not committed): zero"
    new = context_of(repository).blame("new.py")
    assert (new[0].commit, new.note) == ("", "new.py is not in HEAD, so no line of it is committed there.")


def test_lines_that_git_counts_otherwise(repository: Path, context_of: Callable[..., Context]) -> None:
    write_tree(repository, {"sub/b.py": "b\rc\nd\n"})
    commit(repository, "More", "Ada")
    write_tree(repository, {"sub/b.py": "b\rc\nd\ne\n"})
    commit(repository, "Even more", "Grace")
    lines = context_of(repository).blame("sub/b.py")
    assert [(line.text, line.author) for line in lines] == [
        ("b", "Ada"), ("c", "Ada"), ("d", "Ada"), ("e", "Grace")
    ]  # fmt: skip


def test_a_folder_within_the_repository_and_several(
    repository: Path, context_of: Callable[..., Context]
) -> None:
    inner = context_of(repository / "sub")
    assert [(found.subject, found.files) for found in inner.log()] == [("first", ("b.py",))]
    assert inner.blame("b.py")[0].subject == "first"
    other = git_repository(repository.parent / "other", {"x.py": "x\n"})
    both = context_of(repository, other)
    assert both.log("other/")[0].files == ("other/x.py",)
    assert both.blame("repo/a.py", 2)[0].author == "Grace"
    with pytest.raises(QueryError, match="give one of repo/, other/"):
        both.log()


def test_a_shallow_clone_says_what_it_lacks(repository: Path, context_of: Callable[..., Context]) -> None:
    shallow = repository.parent / "shallow"
    git(repository, "clone", "--quiet", "--depth=1", repository.as_uri(), str(shallow))
    commits = context_of(shallow).log()
    assert (len(commits), commits.total) == (1, None)
    assert commits.note == "The clone is shallow: what came before is not in it."
    assert context_of(shallow).blame("a.py").note == commits.note


@pytest.mark.skipif(sys.platform == "win32", reason="the trap is a shell script")
def test_programs_of_the_repository_are_not_run(repository: Path, context_of: Callable[..., Context]) -> None:
    trap = write_tree(repository.parent, {"trap.sh": "#!/bin/sh\ntouch ../sprung\ncat\n"}) / "trap.sh"
    trap.chmod(0o755)
    write_tree(repository, {".gitattributes": "* diff=trap filter=trap\n"})
    settings = [
        "diff.trap.textconv",
        "diff.trap.command",
        "diff.external",
        "filter.trap.clean",
        "gpg.program",
    ]
    for name in (*settings, "core.pager", "pager.blame", "pager.rev-list"):
        git(repository, "config", name, str(trap))
    git(repository, "config", "log.showSignature", "true")
    context = context_of(repository)
    assert len(context.log()) == len(context.blame("a.py")) == 3
    assert not (repository.parent / "sprung").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes of that kind")
@pytest.mark.parametrize("setting", ["", "[mailmap] file = ../pipe", "[blame] ignoreRevsFile = ../pipe"])
def test_a_pipe_in_the_place_of_what_blame_reads(
    repository: Path, context_of: Callable[..., Context], monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setattr("rlm_core.workspace.commit_log.HISTORY_SECONDS", 2.0)
    os.mkfifo(repository.parent / "pipe" if setting else repository / ".mailmap")
    with (repository / ".git/config").open("a") as config:
        config.write(f"\n{setting}\n")
    context = context_of(repository)
    if "mailmap" in setting:
        assert len(context.blame("a.py")) == 3
    else:
        with pytest.raises(QueryError, match="is no regular file"):
            context.blame("a.py")


@pytest.mark.skipif(sys.platform == "win32", reason="the slow git is a shell script")
def test_what_was_found_in_time_is_given(
    repository: Path, context_of: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_of(repository)
    slow = '#!/bin/sh\nPATH=${PATH#*:}\ngit "$@"\ncase "$*" in *blame*|*max-count*) exec sleep 60;; esac\n'
    (write_tree(repository.parent, {"bin/git": slow}) / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{repository.parent}/bin:{os.environ['PATH']}")
    monkeypatch.setattr("rlm_core.workspace.commit_log.HISTORY_SECONDS", 2.0)
    commits = context.log()
    assert (len(commits), commits.total) == (3, None)
    assert commits.note == "git rev-list took longer than 1.5 s, so there may be older commits."
    lines = context.blame("a.py")
    assert (len(lines), lines.note) == (3, "git blame took longer than 1.5 s, so not all lines are told.")


def test_more_than_is_told_at_once(
    repository: Path, context_of: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlm_core.workspace.commit_log.MAX_LINES", 2)
    monkeypatch.setattr("rlm_core.workspace.commit_log.MAX_COMMITS", 2)
    monkeypatch.setattr("rlm_core.workspace.commit_log.MOST_FILES", 1)
    context = context_of(repository)
    lines = context.blame("a.py")
    assert (len(lines), lines.total) == (2, 3)
    assert lines.note == "So many lines are blamed at once; go on with start=3."
    assert (len(context.log(limit=1000)), context.log(limit=1000).total) == (2, None)
    first = context.log("sub/b.py")
    assert (first[0].files, first.note) == ((".env",), ".files has the first 1 of a commit.")
    monkeypatch.setattr("rlm_core.workspace.git_log.LOG_BYTES", 100)
    cut = context.log()
    assert (cut, cut.total) == ([], None)
    assert "git printed more than" in cut.note


def test_a_name_that_no_commit_has(repository: Path, context_of: Callable[..., Context]) -> None:
    assert context_of(repository).log("nothing.py").note == (
        "No commit up to HEAD changed nothing.py; is it called so, and committed?"
    )
    with pytest.raises(QueryError, match="is no git revision of repo/"):
        context_of(repository).log(rev="nothing")
