from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

from rlm_core.context import globs
from rlm_core.context.globs import Globs
from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from rlm_core.context.context import Context
    from tests.support.contexts import ContextOf

PATHS = ["Makefile", "docs/a.md", "src/a.py", "src/a.ts", "src/deep/b.py", "src/deep/src/c.tsx", "test/a.py"]


@pytest.fixture
def files(context_of: ContextOf) -> Context:
    return context_of(snapshot_of(dict.fromkeys(PATHS, "x\n")))


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.py", ["src/a.py", "src/deep/b.py", "test/a.py"]),
        ("**/*.py", ["src/a.py", "src/deep/b.py", "test/a.py"]),
        ("src/*.py", ["src/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/deep/b.py"]),
        ("src/deep/", ["src/deep/b.py", "src/deep/src/c.tsx"]),
        ("src/deep", ["src/deep/b.py", "src/deep/src/c.tsx"]),
        ("/src/deep/**", ["src/deep/b.py", "src/deep/src/c.tsx"]),
        ("./src/a.py", ["src/a.py"]),
        ("src/a.py", ["src/a.py"]),
        ("a.py", ["src/a.py", "test/a.py"]),
        ("*.{ts,tsx}", ["src/a.ts", "src/deep/src/c.tsx"]),
        ("{docs,test}/a.{md,py}", ["docs/a.md", "test/a.py"]),
        (["src/", "!*.ts"], ["src/a.py", "src/deep/b.py", "src/deep/src/c.tsx"]),
        (["src/", "!deep/", "src/deep/b.py"], ["src/a.py", "src/a.ts", "src/deep/b.py"]),
        ("!src/", ["Makefile", "docs/a.md", "test/a.py"]),
        (["*.md", "Makefile"], ["Makefile", "docs/a.md"]),
        ("*/", PATHS[1:]),
        (".", PATHS),
        ("**", PATHS),
        (None, PATHS),
    ],
)
def test_globs(files: Context, glob: str | list[str] | None, expected: list[str]) -> None:
    found = files.files(glob)
    assert found == expected
    assert found.note == ""


def test_classes_of_characters(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(dict.fromkeys(["1.txt", "[.txt", "a b.txt", "~.txt"], "x\n")))
    assert list(context.files("[[:alpha:]]*.txt")) == ["a b.txt"]
    assert list(context.files("[![:alpha:][:digit:]].txt")) == ["[.txt", "~.txt"]
    assert list(context.files("[[:punct:]].txt")) == ["[.txt", "~.txt"]
    assert list(context.files("?[[:space:]]*")) == ["a b.txt"]


@pytest.mark.parametrize(
    ("glob", "note"),
    [
        ("scr/*.py", "No file matches 'scr/*.py'. Did you mean src?"),
        ("*.pyy", "No file matches '*.pyy'. Did you mean *.py?"),
        (["zzz", "yyy"], "No file matches 'zzz', 'yyy'."),
        ("src/*.go", "No file matches 'src/*.go'."),
    ],
)
def test_a_glob_that_matches_nothing_suggests_names(files: Context, glob: str, note: str) -> None:
    found = files.files(glob)
    assert found == []
    assert found.note == note
    assert repr(found) == f"(nothing)\n({note})"


def test_a_bad_glob_is_explained(files: Context) -> None:
    with pytest.raises(QueryError, match="more than 64 alternatives"):
        files.files("{a,b}" * 8)
    with pytest.raises(QueryError, match="A glob is a string or a list of strings, not int"):
        files.files([1])  # type: ignore[list-item]  # what a program may well do
    for glob in ("[z-a]", "*[z-a]*", "src\\"):
        with pytest.raises(QueryError, match="is not a pattern: "):
            files.files(glob)


# What a backtracking matcher takes hours for, and names that such a matcher meets in a hostile repository.
STALLING = ["*a" * 20 + "z", "**/*a" * 12 + "z", "**/" + "a*" * 30 + "[z]", "a/**/" * 12 + "z"]
LONG = ["a" * 200, "/".join(["a" * 60] * 12), "a/" * 400 + "b"]


@pytest.mark.parametrize("glob", STALLING)
def test_a_glob_takes_linear_time(context_of: ContextOf, glob: str) -> None:
    context = context_of(snapshot_of(dict.fromkeys([*LONG, "src/a.py"], "x\n")))
    assert context.files([glob, "*.py"]) == ["src/a.py"]


def test_globs_have_a_size_and_a_number(files: Context) -> None:
    with pytest.raises(QueryError, match=r"A glob of 1,001 characters is too long \('aaaa.*…\): 1,000 are"):
        files.files("a" * 1001)
    many = [f"*.x{number}" for number in range(257)]
    with pytest.raises(
        QueryError, match=r"257 globs are more than 256 patterns.*each file by its whole path"
    ):
        files.files(many)
    with pytest.raises(
        QueryError, match="5 globs are more than 256 patterns, alternatives in braces counted"
    ):
        files.files(["{a,b}" * 6] * 5)
    assert files.files([*many[:255], "*.md"]) == ["docs/a.md"]


def test_files_may_be_named_in_any_number(context_of: ContextOf) -> None:
    paths = sorted(["Makefile", "src/Makefile", "app/[id]/page.tsx", *(f"src/{n}.py" for n in range(1000))])
    context = context_of(snapshot_of(dict.fromkeys(paths, "x\n")))
    named = [path for path in paths if path != "src/Makefile"]
    assert context.files(named) == named
    assert context.files([*named, "!src/", "src/7.py"]) == ["Makefile", "app/[id]/page.tsx", "src/7.py"]


def test_matching_has_a_deadline(files: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(globs, "MAX_SECONDS", 0.0)
    with pytest.raises(
        QueryError, match=r"To match '\*.py' took longer than 0 s, for 1 of 7 files; use fewer"
    ):
        files.files("*.py")


SEGMENTS = st.text("ab-]^![\\*?.é#{ ", min_size=1, max_size=6) | st.sampled_from(["**", "*", "[a-b]", "[!a]"])


@given(
    st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join),
    st.lists(st.lists(st.text("ab-]^![\\.é#", min_size=1, max_size=4), min_size=1, max_size=4), min_size=1),
)
def test_globs_mean_what_gitignore_says(glob: str, parts: list[list[str]]) -> None:
    """The same as with the expressions that `pathspec` compiles itself, for `re`."""
    paths = sorted({"/".join(part) for part in parts})
    glob = f"/{glob}*"  # neither a path of these, nor a comment, a negation or a name at any depth
    if glob in paths:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[` is kept for what RE2 takes it for
        try:
            regex = GitIgnoreBasicPattern(glob).regex
        except (ValueError, re.error):
            with pytest.raises(QueryError, match="is not a pattern"):
                Globs(snapshot_of(dict.fromkeys(paths, "x\n"))).rows(glob)
            return
    assert regex is not None
    found = Globs(snapshot_of(dict.fromkeys(paths, "x\n"))).rows(glob)
    assert [paths[row] for row in found] == [path for path in paths if regex.search(path)]
