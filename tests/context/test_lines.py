from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rlm_core.workspace.line_endings import split_lines, unix_lines

TEXT = st.text(st.sampled_from("ab\r\n\x0b\x0c\x1c\u2028\u0085é"))


def test_lines_end_at_line_ends_only() -> None:
    assert split_lines("a\r\nb\rc\nd\x0ce\u2028f\x85g") == ["a", "b", "c", "d\x0ce\u2028f\x85g"]
    assert split_lines("a\n\n", keepends=True) == ["a\n", "\n"]
    assert split_lines("") == []


@given(TEXT)
def test_lines_with_their_ends_are_the_text(text: str) -> None:
    assert "".join(split_lines(text, keepends=True)) == text
    assert split_lines(text) == [line.rstrip("\r\n") for line in split_lines(text, keepends=True)]


@given(TEXT)
def test_unix_lines_are_the_same_lines(text: str) -> None:
    plain = unix_lines(text.encode()).decode()
    assert "\r" not in plain
    assert split_lines(plain) == split_lines(text)
