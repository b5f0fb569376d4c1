from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.errors import QueryError
from rlm_core.syntax.chunks import Chunk, chunks
from rlm_core.syntax.registry import LANGUAGES, of_source
from rlm_core.workspace.line_endings import split_lines

if TYPE_CHECKING:
    from rlm_core.syntax.language import Language

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


def cut(text: str, language: Language | None, max_chars: int) -> list[str]:
    return [piece.text for piece in chunks(text, language, max_chars)]


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_joined_chunks_are_the_text(name: str, data: st.DataObject) -> None:
    path = SAMPLES[name]
    text = data.draw(broken(path.read_text("utf-8")))
    max_chars = data.draw(st.integers(1, 400))
    pieces = cut(text, language_of(path), max_chars)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= max_chars for piece in pieces)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), max_chars=st.integers(1, 30))
def test_chunks_know_their_lines_and_overlap(data: st.DataObject, max_chars: int) -> None:
    text = data.draw(st.text("ab\n\r\u2028", max_size=100))
    overlap = data.draw(st.integers(0, max_chars - 1))
    pieces = chunks(text, None, max_chars, overlap)
    assert "".join(piece.text[piece.overlap :] for piece in pieces) == text
    lines = split_lines(text, keepends=True)
    for before, piece in pairwise([Chunk("", 1, 1), *pieces]):
        repeated = piece.text[: piece.overlap]
        assert len(piece.text) <= max_chars
        assert piece.overlap <= overlap
        assert before.text.endswith(repeated)
        assert "".join(lines[piece.start_line - 1 : piece.end_line]).find(piece.text) >= 0
        assert repeated == "" or repeated.endswith(("\n", "\r"))


def test_overlap_is_whole_lines_of_the_piece_before() -> None:
    text = "one\ntwo\nthree\nfour\n"
    pieces = [(piece.text, piece.start_line, piece.end_line) for piece in chunks(text, None, 14, 5)]
    assert pieces == [("one\ntwo\n", 1, 2), ("two\nthree\n", 2, 3), ("four\n", 4, 4)]


@pytest.mark.parametrize("overlap", [-1, 10])
def test_an_overlap_that_cannot_be_is_refused(overlap: int) -> None:
    with pytest.raises(QueryError, match=r"overlap must be at least 0 and below max_chars=10, not -?\d+"):
        chunks("abc", None, 10, overlap)


def test_cuts_are_between_definitions() -> None:
    functions = [f"# About {n}.\n@wrap\ndef f{n}():\n    a = 1\n\n    return a\n\n\n" for n in range(20)]
    pieces = cut("".join(functions), PYTHON, 200)
    assert len(pieces) > 5
    assert all(piece.startswith("# About") for piece in pieces)


def test_a_large_definition_is_cut_between_those_inside_it() -> None:
    methods = [f"    def m{n}(self):\n        a = 1\n\n        return a\n\n" for n in range(20)]
    pieces = cut("class A:\n" + "".join(methods), PYTHON, 200)
    assert all(piece.lstrip().startswith(("class A", "def m")) for piece in pieces)


def test_prose_is_cut_between_paragraphs_before_lines() -> None:
    text = "".join(f"first line {n}\nsecond line {n}\n\n" for n in range(10))
    pieces = cut(text, None, 60)
    assert all(piece.startswith("first") and piece.endswith("\n\n") for piece in pieces)


def test_what_fits_is_one_piece() -> None:
    assert cut("a\n\nb\n", None, 100) == ["a\n\nb\n"]
    assert cut("", None, 100) == []


def test_a_line_end_is_not_cut_in_two() -> None:
    assert cut("abc\r\ndef", None, 4) == ["abc", "\r\n", "def"]
    # … unless nothing larger than a character may be; then neither half is a line to start the next with.
    pieces = [(piece.text, piece.start_line, piece.overlap) for piece in chunks("\r\na", None, 2, 1)]
    assert pieces == [("\r", 1, 0), ("\n", 1, 0), ("a", 2, 0)]


def test_hostile_text_is_cut_all_the_same() -> None:
    text = "(" * 100_000 + "\n" + "x=1;" * 100_000
    pieces = cut(text, PYTHON, 10_000)
    assert "".join(pieces) == text


def test_deeply_nested_definitions_are_cut() -> None:
    text = "".join(f"{' ' * n}def f{n}():\n" for n in range(200))
    pieces = cut(text, PYTHON, 300)
    assert "".join(pieces) == text


def test_a_chunk_has_at_least_one_character() -> None:
    with pytest.raises(QueryError, match="max_chars must be at least 1"):
        chunks("abc", None, 0)
