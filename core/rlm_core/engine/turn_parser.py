"""Parser of a model's turn: programs, a finishing statement, prose.

Fences follow CommonMark 0.31 §4.5 (three or more backticks or tildes, indented up to three spaces, closed
by at least as many). `FINAL(...)` and `FINAL_VAR(...)` count at the start of a line outside of code
(arXiv 2512.24601, appendix on the system prompt).
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

LANGUAGES = frozenset({"repl", "python", "py", "python3"})
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>.*)")
# Of what is longer, Python's parser is given only a plain literal: an f-string takes it quadratic time.
_PARSED_CHARS = 4_000
_PLAIN_LITERAL = re.compile(
    r"""[bru]{0,2}(?:'{3}(?:[^\\']|\\.|'(?!''))*+'{3}|"{3}(?:[^\\"]|\\.|"(?!""))*+"{3}"""
    r"""|'(?!'')(?:[^\\'\n]|\\.)*+'|"(?!"")(?:[^\\"\n]|\\.)*+")""",
    re.IGNORECASE | re.DOTALL,
)
_STRING_START = re.compile(r"[a-zA-Z]{0,2}['\"]")
# In a line of a program: a comment, a string that is whole or as good as that, or triple quotes.
_STRING_OR_COMMENT = re.compile(
    r"""#.*|(?P<quote>'{3}|"{3})|'(?:[^\\']|\\.)*+(?:'|\\?$)|"(?:[^\\"]|\\.)*+(?:"|\\?$)"""
)
_STRING_END = {
    quote: re.compile(rf"(?:[^\\{quote[0]}]|\\.|{quote[0]}(?!{quote[1:]}))*+{quote}")
    for quote in ("'''", '"""')
}
_FINAL = re.compile(r"[ \t]{0,3}(?P<kind>FINAL_VAR|FINAL)[ \t]*\(")


@dataclass(frozen=True, slots=True)
class Block:
    """A program; `closed` is False when the turn ended before its fence did."""

    code: str
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Final:
    """A finishing statement outside of code.

    Attributes:
        text: the answer, for `FINAL`.
        variable: the name whose value is the answer, for `FINAL_VAR`, and for a `FINAL` around what may
            be a name.
        closed: the statement has its closing parenthesis.
    """

    text: str
    variable: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """A model's turn.

    Attributes:
        blocks: programs in order.
        final: the finishing statement, if there is one.
        prose: the text around them.
        other_fences: fenced blocks that are not tagged as programs.
    """

    blocks: tuple[Block, ...]
    final: Final | None
    prose: str
    other_fences: int


def parse(text: str) -> Turn:
    """Splits a model's turn; accepts any text."""
    lines = re.split(r"\r\n|\n|\r", text)
    blocks: list[Block] = []
    prose: list[str] = []
    final: Final | None = None
    others = at = 0
    while at < len(lines):
        if fence := _opening(lines[at]):
            is_program = _language(fence) in LANGUAGES
            body, closed, end = _fenced(lines, at, fence, is_program=is_program)
            if is_program:
                blocks.append(Block("\n".join(body), closed))
            else:
                others += 1
                prose += lines[at:end]
            at = end
        elif statement := _FINAL.match(lines[at]):
            argument, closed, at = _argument(lines, at, statement.end())
            if statement["kind"] == "FINAL" and _is_for_python(argument):
                blocks.append(Block(f"FINAL({argument})"))
            else:
                final = _final(statement["kind"], argument, closed)
        else:
            prose.append(lines[at])
            at += 1
    return Turn(tuple(blocks), final, "\n".join(prose).strip(), others)


def _opening(line: str) -> re.Match[str] | None:
    fence = _FENCE.fullmatch(line)
    # An info string with backticks is inline code, not an opening fence.
    return None if fence and fence["fence"][0] == "`" and "`" in fence["info"] else fence


def _language(fence: re.Match[str]) -> str:
    words = re.findall(r"[\w+#-]+", fence["info"])
    return words[0].lower() if words else ""


def _fenced(
    lines: list[str], at: int, fence: re.Match[str], *, is_program: bool
) -> tuple[list[str], bool, int]:
    """The lines in a fence, whether it is closed, and the index after it.

    A fence in a string of a program is part of it, unless that string never ends.
    """
    mark = fence["fence"]
    closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
    indent = len(lines[at]) - len(lines[at].lstrip(" "))
    body: list[str] = []
    quote = ""
    first_end = 0
    for end in range(at + 1, len(lines)):
        if closing.fullmatch(lines[end]):
            if not quote:
                return body, True, end + 1
            first_end = first_end or end
        elif is_program:
            quote = _quote_after(lines[end], quote)
        spaces = len(lines[end]) - len(lines[end].lstrip(" "))
        body.append(lines[end][min(indent, spaces) :])
    if first_end:
        return body[: first_end - at - 1], True, first_end + 1
    return body, False, len(lines)


def _quote_after(line: str, quote: str) -> str:
    """The triple quotes of the string that is open behind a line of Python, given those before it."""
    at = 0
    while True:
        token = _STRING_END[quote].match(line, at) if quote else _STRING_OR_COMMENT.search(line, at)
        if token is None:
            return quote
        at = token.end()
        quote = "" if quote else token["quote"] or ""


def _argument(lines: list[str], at: int, column: int) -> tuple[str, bool, int]:
    """The text between a statement's parentheses, whether they close, and the index after it.

    An answer may hold code, lists such as `a)` and faces such as `:)`. So a parenthesis ends the
    statement only at the end of a line: the first that is balanced, else the last there is.
    """
    depth, last = 1, None
    for row in range(at, len(lines)):
        start = column if row == at else 0
        line = lines[row].rstrip()
        part = line[start:]
        depth += part.count("(") - part.count(")")
        if part.endswith(")"):
            last = row
            if depth == 0:
                break
    if last is None:
        return "\n".join([lines[at][column:], *lines[at + 1 :]]).strip(), False, len(lines)
    text = "\n".join([lines[at], *lines[at + 1 : last + 1]])[column:].rstrip()
    return text[:-1].strip(), True, last + 1


def _final(kind: str, argument: str, closed: bool) -> Final:
    literal = _literal(argument)
    if kind == "FINAL_VAR":
        return Final("", (literal if literal is not None else argument).strip(), closed)
    if literal is not None:
        return Final(literal.strip(), None, closed)
    return Final(argument, argument if argument.isidentifier() else None, closed)


def _literal(argument: str) -> str | None:
    """The value of a Python string literal; None when it is none."""
    expression = _expression(argument)
    match expression:
        case ast.Constant(value=str() as value):
            return value
        case _:
            return None


def _is_for_python(argument: str) -> bool:
    """Whether an argument is an f-string, or may be: then a program evaluates it, or says what is wrong."""
    if _may_be_parsed(argument):
        return isinstance(_expression(argument), ast.JoinedStr)
    return _STRING_START.match(argument) is not None and argument[-1] in "'\""


def _may_be_parsed(argument: str) -> bool:
    return len(argument) <= _PARSED_CHARS or _PLAIN_LITERAL.fullmatch(argument) is not None


def _expression(argument: str) -> ast.expr | None:
    if not _STRING_START.match(argument) or not _may_be_parsed(argument):
        return None
    try:
        with warnings.catch_warnings():
            # A backslash in an answer is nobody's programming error.
            warnings.simplefilter("ignore")
            return ast.parse(argument, mode="eval").body
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
