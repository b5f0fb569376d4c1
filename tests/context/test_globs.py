from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
        (".", PATHS),
        ("**", PATHS),
        (None, PATHS),
    ],
)
def test_globs(files: Context, glob: str | list[str] | None, expected: list[str]) -> None:
    found = files.files(glob)
    assert found == expected
    assert found.note == ""


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
