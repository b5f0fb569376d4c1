"""`context.coverage`: how many files were searched, and of how many text was given out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rlm_core.context.context import Context
    from tests.support.contexts import ContextOf

FILES = {f"src/{name}.py": f"def {name}():\n    return {name}\n" for name in "abcdef"}
FILES |= {"README.md": "# a\n", "empty.py": ""}

OPENING: dict[str, Callable[[Context], object]] = {
    "getitem": lambda context: context["./src/a.py"],
    "lines": lambda context: context.lines("src/a.py", 1, 1),
    "slice": lambda context: context.slice("src/a.py::a"),
    "show": lambda context: context.show("src/a.py:2", "src/a.py:1-2"),
    "chunks": lambda context: context.chunks("src/a.py"),
}
SEARCHING: dict[str, Callable[[Context], object]] = {
    "grep": lambda context: context.grep("nothing"),
    "count": lambda context: context.count("nothing"),
    "find": lambda context: context.find("nothing"),
    "references": lambda context: context.references("nothing"),
}


@pytest.mark.parametrize("how", OPENING)
def test_text_that_is_given_out_is_opened(how: str, context_of: ContextOf) -> None:
    context = context_of(snapshot_of(FILES))
    OPENING[how](context)
    OPENING[how](context)
    assert context.coverage == (8, 0, 1)


@pytest.mark.parametrize("how", SEARCHING)
def test_what_is_searched_is_counted(how: str, context_of: ContextOf) -> None:
    context = context_of(snapshot_of(FILES))
    SEARCHING[how](context)
    assert context.coverage == (8, 7, 0), "an empty file has nothing to be searched"


def test_only_the_files_of_a_glob_are_searched(context_of: ContextOf) -> None:
    context = context_of(snapshot_of(FILES))
    context.grep("return", ["src/a.py", "src/c.py"])
    assert context.coverage == (8, 2, 0)
    context.grep("a", "*.md")
    assert context.coverage == (8, 3, 0)
