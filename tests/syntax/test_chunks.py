from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.errors import QueryError
from rlm_core.syntax import LANGUAGES, Language, chunks, of_source

SAMPLES = {
    path.parent.name: path for path in Path(__file__).parent.glob("samples/*/*") if path.name != "outline.txt"
}
PYTHON = next(language for language in LANGUAGES if language.name == "Python")


def language_of(path: Path) -> Language | None:
    return of_source(path.name, path.read_bytes())


def broken(text: str) -> st.SearchStrategy[str]:
    """Pieces of a text, shuffled and glued with what breaks syntax and lines."""
    lines = text.splitlines(keepends=True)
    glue = st.sampled_from(["", "\r", "\r\n", "\n\n", "\x0c", "\u2028", "{", "}", "(", '"', "é", "\0", "\t"])
    return st.lists(st.one_of(st.sampled_from(lines), glue), max_size=60).map("".join)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_joined_chunks_are_the_text(name: str, data: st.DataObject) -> None:
    path = SAMPLES[name]
    text = data.draw(broken(path.read_text("utf-8")))
    max_chars = data.draw(st.integers(1, 400))
    pieces = chunks(text, language_of(path), max_chars)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= max_chars for piece in pieces)


@settings(max_examples=50, deadline=None)
@given(text=st.text(), max_chars=st.integers(1, 30))
def test_joined_chunks_of_prose_are_the_text(text: str, max_chars: int) -> None:
    pieces = chunks(text, None, max_chars)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= max_chars for piece in pieces)


def test_cuts_are_between_definitions() -> None:
    functions = [f"# About {n}.\n@wrap\ndef f{n}():\n    a = 1\n\n    return a\n\n\n" for n in range(20)]
    pieces = chunks("".join(functions), PYTHON, 200)
    assert len(pieces) > 5
    assert all(piece.startswith("# About") for piece in pieces)


def test_a_large_definition_is_cut_between_those_inside_it() -> None:
    methods = [f"    def m{n}(self):\n        a = 1\n\n        return a\n\n" for n in range(20)]
    pieces = chunks("class A:\n" + "".join(methods), PYTHON, 200)
    assert all(piece.lstrip().startswith(("class A", "def m")) for piece in pieces)


def test_prose_is_cut_between_paragraphs_before_lines() -> None:
    text = "".join(f"first line {n}\nsecond line {n}\n\n" for n in range(10))
    pieces = chunks(text, None, 60)
    assert all(piece.startswith("first") and piece.endswith("\n\n") for piece in pieces)


def test_what_fits_is_one_piece() -> None:
    assert chunks("a\n\nb\n", None, 100) == ["a\n\nb\n"]
    assert chunks("", None, 100) == []


def test_a_line_end_is_not_cut_in_two() -> None:
    assert chunks("abc\r\ndef", None, 4) == ["abc", "\r\n", "def"]


def test_hostile_text_is_cut_all_the_same() -> None:
    text = "(" * 100_000 + "\n" + "x=1;" * 100_000
    pieces = chunks(text, PYTHON, 10_000)
    assert "".join(pieces) == text


def test_deeply_nested_definitions_are_cut() -> None:
    text = "".join(f"{' ' * n}def f{n}():\n" for n in range(200))
    pieces = chunks(text, PYTHON, 300)
    assert "".join(pieces) == text


def test_a_chunk_has_at_least_one_character() -> None:
    with pytest.raises(QueryError, match="max_chars must be at least 1"):
        chunks("abc", None, 0)
