from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.engine.turn_parser import Block, Final, parse


def turn(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("```repl\nprint(1)\n```", [Block("print(1)")]),
        ("Plan.\n```python\na = 1\n```\nthen\n```py\nb = 2\n```\n", [Block("a = 1"), Block("b = 2")]),
        ("~~~repl\nprint('```')\n~~~", [Block("print('```')")]),
        ("````repl\nx = '''\n```\n'''\n````", [Block("x = '''\n```\n'''")]),
        ("```repl\nprint(1)\n`````", [Block("print(1)")]),
        ("  ```repl\n  if x:\n      y\n  ```", [Block("if x:\n    y")]),
        ("1. First\n   ```repl\n   a\n  b\n   ```", [Block("a\nb")]),
        ("    ```repl\n    code, says Markdown\n    ```", []),
        ("``` Repl title=x\na\n```", [Block("a")]),
        ("```{repl}\na\n```", [Block("a")]),
        ("```repl\r\na\r\nb\r\n```\r\n", [Block("a\nb")]),
        ("```repl\nprint(1)", [Block("print(1)", closed=False)]),
        ("```json\n{}\n```", []),
        ("```\nprint(1)\n```", []),
        ("```repl` is a tag\n", []),
        ("```repl\n```", [Block("")]),
        ("```repl\nFINAL('in code')\n```", [Block("FINAL('in code')")]),
        ("FINAL(f'{n} files')", [Block("FINAL(f'{n} files')")]),
        ("", []),
    ],
)
def test_programs(text: str, blocks: list[Block]) -> None:
    parsed = parse(text)
    assert list(parsed.blocks) == blocks
    assert parsed.final is None


@pytest.mark.parametrize(
    ("text", "final"),
    [
        ("FINAL(42)", Final("42", None, closed=True)),
        ("I am sure.\n  FINAL( 42 )  \n", Final("42", None, closed=True)),
        ('FINAL("two\\nlines")', Final("two\nlines", None, closed=True)),
        ("FINAL('''a\nb''')", Final("a\nb", None, closed=True)),
        ("FINAL(report)", Final("report", "report", closed=True)),
        ("FINAL_VAR(report)", Final("", "report", closed=True)),
        ("FINAL_VAR('report')", Final("", "report", closed=True)),
        ('FINAL_VAR( "report" )\nDone.', Final("", "report", closed=True)),
        ("FINAL(first\n\nsecond (see `f(x)`)\n)", Final("first\n\nsecond (see `f(x)`)", None, closed=True)),
        ("FINAL(1) first\n2) second (x)\n)", Final("1) first\n2) second (x)", None, closed=True)),
        ("FINAL(It works :)\nand more)", Final("It works :", None, closed=True)),
        (
            "FINAL(see\n```python\nf(g(1))\n```\nfor it)",
            Final("see\n```python\nf(g(1))\n```\nfor it", None, closed=True),
        ),
        ("FINAL(a)\nFINAL(b)", Final("b", "b", closed=True)),
        ("FINAL(cut off here", Final("cut off here", None, closed=False)),
        ("FINAL(C:\\dir\\new)", Final("C:\\dir\\new", None, closed=True)),
        ("I will call FINAL(x) soon.", None),
        ("`FINAL(x)`", None),
        ("FINALLY(x)", None),
        ("```\nFINAL(x)\n```", None),
    ],
)
def test_finishing_statements(text: str, final: Final | None) -> None:
    assert parse(text).final == final


@pytest.mark.parametrize(
    "argument", ['f"' + "{1}" * 1_000_000 + '"', "'a' " * 2000 + "'b'", 'f"{' + "x" * 5000 + '"']
)
def test_what_takes_long_to_parse_is_for_the_sandbox(argument: str) -> None:
    parsed = parse(f"FINAL({argument})")
    assert parsed.blocks == (Block(f"FINAL({argument})"),)
    assert parsed.final is None


@pytest.mark.parametrize("quote", ["'", '"', "'''", '"""'])
def test_a_long_literal_is_read(quote: str) -> None:
    text = 'It\'s "so".\\n' * 1000
    escaped = text.replace("'", "\\'").replace('"', '\\"')
    assert parse(f"FINAL({quote}{escaped}{quote})").final == Final(
        text.replace("\\n", "\n").strip(), None, closed=True
    )
    assert parse(f"FINAL({quote}{escaped}{quote} or so)").final is not None


Q3 = "'" * 3
D3 = '"' * 3


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (f"```repl\nx = {Q3}\n```\nf()\n```\n{Q3}\n```\nSo.", [f"x = {Q3}\n```\nf()\n```\n{Q3}"]),
        (f"```repl\nx = f{D3}a\n```py\nb\n```\n{D3}; y\n```", [f"x = f{D3}a\n```py\nb\n```\n{D3}; y"]),
        (f"```repl\nx = {Q3}never ends\n```\nSo.\n```py\ny\n```", [f"x = {Q3}never ends", "y"]),
        (f'```repl\nx = "{Q3}" # {Q3} it\'s\n```\n{Q3}\n```', [f'x = "{Q3}" # {Q3} it\'s']),
        (f"```repl\nx = 'it\\'s' + {D3}\\{D3}\n```\n{D3}\n```", [f"x = 'it\\'s' + {D3}\\{D3}\n```\n{D3}"]),
        (f"```json\n{Q3}\n```\n{Q3}\n```repl\na\n```", ["a"]),
        (f"````repl\nx = {Q3}\n```\n{Q3}\n````", [f"x = {Q3}\n```\n{Q3}"]),
    ],
)
def test_a_fence_in_a_string_does_not_end_a_program(text: str, codes: list[str]) -> None:
    assert [block.code for block in parse(text).blocks] == codes


@pytest.mark.parametrize(
    "line",
    ["'" * 100_000, '"' * 99_999, "\\" * 99_999, Q3 + "\\''" * 50_000, "'a\\" * 30_000, Q3 + "''a" * 30_000],
)
def test_any_line_of_a_program_is_read_in_one_go(line: str) -> None:
    assert parse(f"```repl\n{line}\n```\n").blocks[0].code == line


def test_a_turn_with_everything() -> None:
    parsed = parse(
        turn(
            """
            First I look.

            ```repl
            print(context)
            ```
            As JSON:
            ```json
            {"a": 1}
            ```
            FINAL_VAR(x)
            """
        )
    )
    assert parsed.blocks == (Block("print(context)"),)
    assert parsed.final == Final("", "x", closed=True)
    assert parsed.other_fences == 1
    assert parsed.prose == 'First I look.\n\nAs JSON:\n```json\n{"a": 1}\n```'


def test_a_final_before_a_program_leaves_the_program() -> None:
    parsed = parse("FINAL(4)\n```repl\nprint(2)\n```")
    assert parsed.final == Final("4", None, closed=True)
    assert parsed.blocks == (Block("print(2)"),)


@given(st.text(alphabet=st.sampled_from("`~ \n\r()FINAL_VR'\"frepl{}ab\\"), max_size=300))
def test_any_text_is_parsed(text: str) -> None:
    parse(text)


code_lines = st.lists(
    st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=30), max_size=8
)


@given(st.lists(code_lines, min_size=1, max_size=4), st.sampled_from("`~"), st.data())
def test_fenced_code_comes_back_as_it_was(programs: list[list[str]], mark: str, data: st.DataObject) -> None:
    codes = ["\n".join(lines) for lines in programs]
    longest = max((len(run) for code in codes for run in [*_runs(code, mark)]), default=0)
    fence = mark * (max(3, longest + 1) + data.draw(st.integers(0, 2)))
    text = "\n".join(f"Then:\n{fence}repl\n{code}\n{fence}" for code in codes)
    assert [block.code for block in parse(text).blocks] == codes


def _runs(code: str, mark: str) -> list[str]:
    return "".join(char if char == mark else " " for char in code).split()


@given(st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_a_quoted_final_comes_back_as_it_was(answer: str) -> None:
    final = parse(f"FINAL({answer!r})").final
    assert final is not None
    assert final.text == answer.strip()
